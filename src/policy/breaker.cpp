#include "policy/breaker.h"

#include <algorithm>
#include <utility>

namespace postroom::policy {

using store::HealthState;

bool Breaker::success() {
  probes_failed_ = 0;
  if (health_.state == HealthState::up && health_.faults_in_a_row == 0) return false;
  health_ = {};
  return true;
}

bool Breaker::fault(const Verdict& verdict, std::string reason, Monotonic now, Timestamp wall, Random& random) {
  const HealthState before = health_.state;
  if (health_.faults_in_a_row == 0 && before == HealthState::up) {
    health_.since = wall;
    health_.reason = std::move(reason);
  }
  const bool throttled = verdict.scope == Scope::throttle || verdict.scope == Scope::quota;
  if (!throttled) ++health_.faults_in_a_row;
  const bool hopeless = verdict.permanence == Permanence::permanent &&
                        (verdict.scope == Scope::credential || verdict.scope == Scope::tls);
  if (before == HealthState::down || hopeless || health_.faults_in_a_row >= rule_.faults_to_open) {
    health_.state = HealthState::down;
    const Duration wait =
        std::min<Duration>(rule_.longest_probe, rule_.first_probe * (1u << std::min(probes_failed_, 10u)));
    ++probes_failed_;
    probe_at_ =
        now + Duration(static_cast<Duration::rep>(static_cast<double>(wait.count()) * (0.9 + 0.2 * random.unit())));
  } else {
    health_.state = HealthState::degraded;
  }
  return health_.state != before;
}

}  // namespace postroom::policy
