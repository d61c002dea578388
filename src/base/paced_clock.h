// PacedClock is the wall clock of one run: it never goes back and never leaps. When the system's clock is set, it runs
// faster or slower until it shows the same again, so that nothing waits for ever, falls due in a heap or expires at a
// blow (fine-print, "Times"). Pure state over given readings.
#pragma once

#include <algorithm>

#include "base/timestamp.h"

namespace postroom {

class PacedClock {
 public:
  // `passing` is a clock that only ever advances, and counts the time that the machine slept.
  PacedClock(Timestamp system, Monotonic passing) : shown_ns_(nanoseconds(system)), read_at_(passing) {}

  // What is stored already is past: the clock starts no earlier.
  void start_at_least(Timestamp stored) { shown_ns_ = std::max(shown_ns_, nanoseconds(stored)); }

  Timestamp read(Timestamp system, Monotonic passing) {
    const std::int64_t passed = std::max<std::int64_t>((passing - read_at_).count(), 0);
    const std::int64_t behind = nanoseconds(system) - (shown_ns_ + passed);
    shown_ns_ += passed + std::clamp(behind, -passed / 2, passed);  // half as fast to twice as fast
    read_at_ = read_at_ + Duration(passed);
    return {shown_ns_ / ns_per_ms};
  }

 private:
  static constexpr std::int64_t ns_per_ms = 1'000'000;
  static constexpr std::int64_t nanoseconds(Timestamp at) { return at.ms * ns_per_ms; }

  std::int64_t shown_ns_;  // since 1970
  Monotonic read_at_;
};

}  // namespace postroom
