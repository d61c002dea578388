// SessionAllowance learns how many sessions at once a provider bears: fewer as soon as it says "too many connections",
// slowly more again while it does not.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/timestamp.h"

namespace postroom::policy {

class SessionAllowance {
 public:
  explicit SessionAllowance(std::uint32_t configured = 1) : configured_(configured), allowed_(configured) {}

  std::uint32_t allowed() const { return allowed_; }

  // Refused while `busy` sessions were open, the refused one included.
  void refused(std::uint32_t busy, Monotonic now) {
    allowed_ = std::max(1u, std::min(allowed_, busy) - 1);
    try_more_at_ = now + patience;
  }
  // A transaction went well.
  void accepted(Monotonic now) {
    if (allowed_ >= configured_ || now < try_more_at_) return;
    ++allowed_;
    try_more_at_ = now + patience;
  }

 private:
  static constexpr Duration patience = std::chrono::minutes(1);
  std::uint32_t configured_, allowed_;
  Monotonic try_more_at_{};
};

}  // namespace postroom::policy
