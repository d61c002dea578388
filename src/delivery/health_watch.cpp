#include "delivery/health_watch.h"

#include <utility>

namespace postroom::delivery {

using store::ConnectionId;

void HealthWatch::fault(ConnectionId id, const policy::Verdict& verdict, const std::string& reason) {
  Outlet* sick = outlets_.find(id);
  if (sick == nullptr) return;
  const std::uint32_t busy = sick->pool->busy();  // its own place included
  const bool too_many = policy::asks_for_fewer_sessions(verdict);
  if (too_many) sick->allowance.refused(busy, loop_.now());
  // The others go on, and mail finds a place among them. A probe's answer is heard in any case: the breaker waits for
  // it.
  if (too_many && busy > 1 && sick->breaker.closed()) return;
  const bool changed = sick->breaker.fault(verdict, reason, loop_.now(), loop_.wall(), random_);
  if (changed && !sick->breaker.closed())
    notices_.tell("connection.down", id, "The connection \"" + sick->connection.caption + "\" is down: " + reason);
  tasks_.spawn(save(id, sick->breaker.health()));
}

HealthWatch::Change HealthWatch::success(ConnectionId id, policy::Proof proof) {
  Outlet* well = outlets_.find(id);
  if (well == nullptr) return Change::none;
  const bool was_down = !well->breaker.closed();
  if (proof == policy::Proof::delivery) {
    well->failing_over = false;
    well->allowance.accepted(loop_.now());
  }
  if (!well->breaker.success(proof)) return Change::none;
  if (was_down)
    notices_.tell("connection.restored", id, "The connection \"" + well->connection.caption + "\" is up again.");
  tasks_.spawn(save(id, well->breaker.health()));
  return was_down ? Change::restored : Change::better;
}

async::Task<void> HealthWatch::save(ConnectionId id, store::ConnectionHealth health) {
  const Result<> saved = co_await store_.save_health(id, std::move(health));
  static_cast<void>(saved);  // a health not saved is found out again
}

}  // namespace postroom::delivery
