#include "store/news.h"

#include <utility>
#include <vector>

namespace postroom::store {

DueEmail due_email(const MessageRecord& message, EmailRecord email) {
  email.subject = message.subject;
  email.tags = message.tags;
  email.size_bytes = message.size_bytes;
  return {std::move(email), message.reverse_path, message.on_doubt, message.eight_bit, message.smtputf8};
}

void News::tell(const DueTimes& times) const {
  if (!due_) return;
  for (const auto& [lane, earliest] : times) due_(lane, earliest);
}

void News::tell_unsure(const AcceptRequest& request) const {
  DueTimes times;
  for (const NewMessage& added : request.messages)
    for (const EmailRecord& email : added.emails) times.note(email);
  tell(times);
}

void News::tell(const AcceptRequest& request, const AcceptResult& result) const {
  std::vector<DueEmail> at_once;
  DueTimes times;
  for (std::size_t i = 0; i < result.items.size(); ++i) {
    if (result.items[i].how != Acceptance::stored) continue;
    const NewMessage& added = request.messages[i];
    for (const EmailRecord& email : added.emails) {
      if (accepted_ && email.status == EmailStatus::queued) {
        at_once.push_back(due_email(added.message, email));
      } else {
        times.note(email);
      }
    }
  }
  tell(times);
  if (!at_once.empty()) accepted_(std::move(at_once));
}

}  // namespace postroom::store
