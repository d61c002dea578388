// PacedClock is the wall clock of one run: it never goes back and never leaps. When the system's clock is set, it runs
// faster or slower until it shows the same again, so that nothing waits for ever, falls due in a heap or expires at a
// blow (fine-print, "Times"). Pure state over given readings.
#pragma once

#include <algorithm>

#include "base/timestamp.h"

namespace postroom {

class PacedClock {
 public:
  // `system` is the time since 1970; `passing` a clock that only ever advances, and counts while the machine sleeps.
  PacedClock(Duration system, Monotonic passing) : shown_(system), read_at_(passing) {}

  // What is stored already is past: the clock starts no earlier.
  void start_at_least(Timestamp stored) { shown_ = std::max<Duration>(shown_, Milliseconds(stored.ms)); }

  Timestamp read(Duration system, Monotonic passing) {
    const Duration passed = std::max(passing - read_at_, Duration{0});
    const Duration behind = system - (shown_ + passed);
    shown_ += passed + std::clamp(behind, -passed / 2, passed);  // half as fast to twice as fast
    read_at_ = read_at_ + passed;
    return {std::chrono::duration_cast<Milliseconds>(shown_).count()};
  }

 private:
  Duration shown_;  // since 1970
  Monotonic read_at_;
};

}  // namespace postroom
