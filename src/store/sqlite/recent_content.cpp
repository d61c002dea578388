#include "store/sqlite/recent_content.h"

#include <utility>

namespace postroom::store::sqlite {

void RecentContent::keep(MessageId id, Content content) {
  bytes_ += content->size();
  kept_.emplace(id, std::move(content));
  order_.push_back(id);
  while (!order_.empty() && (bytes_ > bytes_at_most_ || !kept_.contains(order_.front()))) drop_oldest();
}

Content RecentContent::take(MessageId id) {
  const auto found = kept_.find(id);
  if (found == kept_.end()) return nullptr;
  Content content = std::move(found->second);
  bytes_ -= content->size();
  kept_.erase(found);
  return content;
}

void RecentContent::clear() {
  kept_.clear();
  order_.clear();
  bytes_ = 0;
}

void RecentContent::drop_oldest() {
  take(order_.front());
  order_.pop_front();
}

}  // namespace postroom::store::sqlite
