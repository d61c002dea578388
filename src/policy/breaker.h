// Breaker is one connection's health: it opens after faults in a row, asks for probes with growing waits, and closes at
// the first good one. Pure state over given moments.
#pragma once

#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/timestamp.h"
#include "policy/classify.h"
#include "store/records.h"

namespace postroom::policy {

struct BreakerRule {
  std::uint32_t faults_to_open = 5;
  Duration first_probe = std::chrono::seconds(15);
  Duration longest_probe = std::chrono::minutes(5);
};

class Breaker {
 public:
  Breaker(BreakerRule rule, store::ConnectionHealth stored) : rule_(rule), health_(std::move(stored)) {}

  bool closed() const { return health_.state != store::HealthState::down; }
  // Down, and the moment of the next probe has come.
  bool wants_probe(Monotonic now) const { return !closed() && now >= probe_at_; }
  Monotonic probe_at() const { return probe_at_; }
  void probe_begins(Monotonic now) { probe_at_ = now + rule_.longest_probe; }  // not twice at once

  // A delivery or probe went well. True when the state changed.
  bool success();
  // A connection fault. A refused credential or certificate opens at once (permanent), a throttle only degrades.
  bool fault(const Verdict& verdict, std::string reason, Monotonic now, Timestamp wall, Random& random);
  // The operator changed the connection: probe at once.
  void probe_now() { probe_at_ = Monotonic{0}; }

  const store::ConnectionHealth& health() const { return health_; }

 private:
  BreakerRule rule_;
  store::ConnectionHealth health_;
  Monotonic probe_at_{0};
  std::uint32_t probes_failed_ = 0;
};

}  // namespace postroom::policy
