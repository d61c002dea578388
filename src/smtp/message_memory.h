// MessageMemory bounds what all sessions together hold of messages that are not safe yet: each has its own limit, and
// thousands may be sent at once.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace postroom::smtp {

class MessageMemory {
 public:
  explicit MessageMemory(std::uint64_t most_bytes) : most_(most_bytes) {}

  bool has_room() const { return held_ < most_; }

  // What one message holds, given back when this ends.
  class Share {
   public:
    explicit Share(std::shared_ptr<MessageMemory> of) : of_(std::move(of)) {}
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() { give_back(); }

    // False when there is no room for that much more: then the message can't be held, and holds nothing any more.
    bool grow(std::uint64_t bytes) {
      mine_ += bytes;
      of_->held_ += bytes;
      if (of_->held_ <= of_->most_) return true;
      give_back();
      return false;
    }

   private:
    void give_back() { of_->held_ -= std::exchange(mine_, 0); }

    std::shared_ptr<MessageMemory> of_;
    std::uint64_t mine_ = 0;
  };

 private:
  std::uint64_t most_;
  std::uint64_t held_ = 0;
};

}  // namespace postroom::smtp
