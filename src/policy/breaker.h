// Breaker is one connection's health: it opens after faults in a row, asks for probes with growing waits, and closes at
// the first good one. A provider that says "too fast" or "quota used up" is given a rest instead. Pure state over given
// moments.
#pragma once

#include <cstdint>
#include <optional>
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

enum class Proof {
  probe,     // a session opened: the connection is up, but has not yet sent
  delivery,  // mail went out, or was refused for its own sake
};

class Breaker {
 public:
  Breaker(BreakerRule rule, store::ConnectionHealth stored) : rule_(rule), health_(std::move(stored)) {}

  bool closed() const { return health_.state != store::HealthState::down; }
  // Down, and the moment of the next probe has come.
  bool wants_probe(Monotonic now) const { return !closed() && !probing_ && now >= probe_at_; }
  // When the next probe is due, or the one under way may have an answer.
  Monotonic probe_at(Monotonic now) const { return probing_ ? now + answer_soon : probe_at_; }
  void probe_begins() { probing_ = true; }  // until fault() or success()

  // What the provider asked for with a throttling or quota reply; nullopt when it asked for none.
  struct Rest {
    Monotonic until;
    store::ReasonClass reason_class = store::ReasonClass::throttle;
    std::string reason;
  };
  const std::optional<Rest>& rest() const { return rest_; }

  // Both say whether the state changed. A probe does not forget how often probes were needed: a connection that opens
  // sessions but sends no mail is probed ever more seldom.
  bool success(Proof proof);
  // A connection fault. A refused credential or certificate opens at once (permanent), a throttle only degrades.
  bool fault(const Verdict& verdict, std::string reason, Monotonic now, Timestamp wall, Random& random);
  // The operator changed the connection, or asks for a retry: probe at once, and end a rest.
  void probe_now() {
    probe_at_ = Monotonic{0};
    rest_.reset();
  }

  const store::ConnectionHealth& health() const { return health_; }

 private:
  void take_rest(const Verdict& verdict, const std::string& reason, Monotonic now, Random& random);

  static constexpr Duration answer_soon = std::chrono::seconds(1);
  BreakerRule rule_;
  store::ConnectionHealth health_;
  Monotonic probe_at_{0};
  bool probing_ = false;
  std::uint32_t probes_failed_ = 0;
  std::optional<Rest> rest_;
  std::uint32_t rests_in_a_row_ = 0;
};

}  // namespace postroom::policy
