// When an email is tried again: the schedule of the configuration, with jitter, cut at the email's end.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "base/timestamp.h"

namespace postroom::policy {

struct RetrySchedule {
  // The n-th entry follows the n-th attempt; the last one repeats.
  std::vector<Duration> waits{std::chrono::minutes(1),  std::chrono::minutes(5), std::chrono::minutes(15),
                              std::chrono::minutes(30), std::chrono::hours(1),   std::chrono::hours(2),
                              std::chrono::hours(4),    std::chrono::hours(8)};
};

// The step of the schedule for what costs no attempt: how many of its waits the time that has gone would have held,
// plus one; no more than the tries made.
std::uint32_t step_of(const RetrySchedule& schedule, std::uint32_t tries, Duration gone);

// `attempts` made so far, this one included (≥ 1). Within ±10 % of the schedule; `requested` (the provider's wish) is a
// lower bound.
Duration retry_wait(const RetrySchedule& schedule, std::uint32_t attempts, std::optional<Duration> requested,
                    Random& random);

}  // namespace postroom::policy
