#include "policy/breaker.h"

#include <algorithm>
#include <utility>

namespace postroom::policy {
namespace {

using store::HealthState;

// How long a provider is left alone that names no time: a throttle passes soon, a quota with its hour or day.
constexpr Duration first_throttle_rest = std::chrono::seconds(10);
constexpr Duration longest_throttle_rest = std::chrono::minutes(5);
constexpr Duration first_quota_rest = std::chrono::minutes(5);
constexpr Duration longest_quota_rest = std::chrono::hours(1);

Duration doubled(Duration first, std::uint32_t times, Duration longest, Random& random) {
  const Duration wait = std::min<Duration>(longest, first * (1u << std::min(times, 10u)));
  return Duration(static_cast<Duration::rep>(static_cast<double>(wait.count()) * (0.9 + 0.2 * random.unit())));
}

bool asks_for_rest(Scope scope) {
  return scope == Scope::throttle || scope == Scope::quota;
}

}  // namespace

bool Breaker::success(Proof proof) {
  probing_ = false;
  if (proof == Proof::delivery) {
    probes_failed_ = 0;
    rests_in_a_row_ = 0;
    rest_.reset();
  }
  if (health_.state == HealthState::up && health_.faults_in_a_row == 0) return false;
  health_ = {};
  return true;
}

void Breaker::take_rest(const Verdict& verdict, const std::string& reason, Monotonic now, Random& random) {
  if (rest_ && now < rest_->until) return;  // the same trouble, met by several sessions at once
  const bool quota = verdict.scope == Scope::quota;
  const Duration wait = verdict.retry_after.value_or(
      quota ? doubled(first_quota_rest, rests_in_a_row_, longest_quota_rest, random)
            : doubled(first_throttle_rest, rests_in_a_row_, longest_throttle_rest, random));
  ++rests_in_a_row_;
  rest_ = Rest{now + wait, verdict.scope, reason};
}

bool Breaker::fault(const Verdict& verdict, std::string reason, Monotonic now, Timestamp wall, Random& random) {
  probing_ = false;
  const HealthState before = health_.state;
  const bool rests = asks_for_rest(verdict.scope);
  if (rests || verdict.retry_after) take_rest(verdict, reason, now, random);
  if (health_.faults_in_a_row == 0 && before == HealthState::up) {
    health_.since = wall;
    health_.reason = std::move(reason);
  }
  if (!rests) ++health_.faults_in_a_row;
  const bool hopeless = verdict.permanence == Permanence::permanent &&
                        (verdict.scope == Scope::credential || verdict.scope == Scope::tls);
  if (before == HealthState::down || hopeless || health_.faults_in_a_row >= rule_.faults_to_open) {
    health_.state = HealthState::down;
    probe_at_ = now + doubled(rule_.first_probe, probes_failed_, rule_.longest_probe, random);
    ++probes_failed_;
  } else {
    health_.state = HealthState::degraded;
  }
  return health_.state != before;
}

}  // namespace postroom::policy
