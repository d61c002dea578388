// What was accepted last is sent next: its content is handed on in memory and not read back. Each content is taken
// once; what nobody takes is pushed out by what comes after.
#pragma once

#include <cstddef>
#include <deque>
#include <unordered_map>

#include "base/id.h"
#include "store/store.h"

namespace postroom::store::sqlite {

class RecentContent {
 public:
  explicit RecentContent(std::size_t bytes_at_most) : bytes_at_most_(bytes_at_most) {}
  void keep(MessageId id, Content content);
  Content take(MessageId id);  // null: it must be read
  void clear();

 private:
  void drop_oldest();

  std::size_t bytes_at_most_, bytes_ = 0;
  std::unordered_map<MessageId, Content> kept_;
  std::deque<MessageId> order_;  // oldest first; also of those taken meanwhile
};

}  // namespace postroom::store::sqlite
