#include "policy/retry.h"

#include <algorithm>

#include "base/assert.h"

namespace postroom::policy {

std::uint32_t step_of(const RetrySchedule& schedule, std::uint32_t tries, Duration gone) {
  const std::size_t most = std::min<std::size_t>(tries, schedule.waits.size());
  std::uint32_t step = 1;
  while (step < most) {
    const Duration wait = schedule.waits[step - 1];
    gone -= wait - wait / 10;  // the shortest that jitter makes of it
    if (gone < Duration{0}) break;
    ++step;
  }
  return step;
}

Duration retry_wait(const RetrySchedule& schedule, std::uint32_t attempts, std::optional<Duration> requested,
                    Random& random) {
  POSTROOM_ASSERT(!schedule.waits.empty() && attempts > 0);
  const std::size_t step = std::min<std::size_t>(attempts, schedule.waits.size()) - 1;
  const auto base = static_cast<double>(schedule.waits[step].count());
  const Duration wait(static_cast<Duration::rep>(base * (0.9 + 0.2 * random.unit())));
  return requested ? std::max(wait, *requested) : wait;
}

}  // namespace postroom::policy
