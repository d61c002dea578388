// What the engine is told of a commit: mail that came in, and when mail of a lane became due.
#pragma once

#include <utility>

#include "store/store.h"

namespace postroom::store {

// An email as due() gives it: with its message's part.
DueEmail due_email(const MessageRecord& message, EmailRecord email);

// The two listeners of a store (Store::on_due, Store::on_accepted).
class News {
 public:
  void on_due(DueListener listener) { due_ = std::move(listener); }
  void on_accepted(AcceptedListener listener) { accepted_ = std::move(listener); }

  void tell(const DueTimes& times) const;
  // Of an accept that may have been stored: nobody knows.
  void tell_unsure(const AcceptRequest& request) const;
  // Of one that was: of the messages that are new.
  void tell(const AcceptRequest& request, const AcceptResult& result) const;

 private:
  DueListener due_;
  AcceptedListener accepted_;
};

}  // namespace postroom::store
