// Which connection an email goes over next. Pure: the candidates with what is known of each, in; the choice or the
// reason to wait, out.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>

#include "base/timestamp.h"
#include "store/records.h"

namespace postroom::policy {

struct Candidate {
  const store::ConnectionRecord* connection = nullptr;
  bool healthy = true;                                        // breaker closed
  Monotonic probe_at{};                                       // when not
  std::optional<Monotonic> free_at;                           // over a limit until then
  store::ReasonClass wait_class = store::ReasonClass::quota;  // of free_at: quota or throttle
};

struct RouteRequest {
  std::optional<store::ConnectionId> pinned_to;
  std::optional<store::ConnectionId> in_doubt_with;  // then no other may ever get it
  const std::set<store::ConnectionId>& tried;        // in this round: a fault moved the email on
  Duration next_round = std::chrono::seconds(15);    // when all have been tried
};

struct Route {
  const store::ConnectionRecord* connection = nullptr;  // null: the email waits
  std::string reason;                                   // why it waits
  store::ReasonClass reason_class = store::ReasonClass::none;
  Monotonic until{};  // the earliest moment that may change it
};

// `candidates` by priority, then id.
Route choose_connection(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now);

}  // namespace postroom::policy
