#include "policy/route.h"

#include <algorithm>

namespace postroom::policy {
namespace {

using store::ReasonClass;

constexpr Duration look_again = std::chrono::seconds(30);  // when nothing but an operator can change the matter

// The reason that lets the email go soonest speaks for all.
void wait_for(Route& route, Monotonic until, ReasonClass reason_class, std::string reason) {
  if (route.reason_class != ReasonClass::none && route.until <= until) return;
  route.until = until;
  route.reason_class = reason_class;
  route.reason = std::move(reason);
}

}  // namespace

Route choose_connection(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now) {
  const std::optional<store::ConnectionId> only = request.in_doubt_with ? request.in_doubt_with : request.pinned_to;
  Route route;
  for (const Candidate& candidate : candidates) {
    const store::ConnectionRecord& connection = *candidate.connection;
    if (only && connection.id != *only) continue;
    if (!connection.enabled) {
      if (only)
        wait_for(route, now + look_again, ReasonClass::connection,
                 "The connection \"" + connection.caption + "\" is disabled.");
      continue;
    }
    if (request.tried.contains(connection.id)) {
      const Monotonic again = candidate.healthy ? now + request.next_round : std::max(candidate.probe_at, now);
      wait_for(route, again, ReasonClass::outage, "The connection \"" + connection.caption + "\" failed just now.");
      continue;
    }
    if (!candidate.healthy) {
      wait_for(route, std::max(candidate.probe_at, now), only ? ReasonClass::connection : ReasonClass::outage,
               "The connection \"" + connection.caption + "\" is down.");
      continue;
    }
    if (candidate.free_at && *candidate.free_at > now) {
      wait_for(route, *candidate.free_at, candidate.wait_class,
               "The connection \"" + connection.caption + "\" is at its sending limit.");
      continue;
    }
    route.connection = &connection;
    route.reason_class = ReasonClass::none;
    route.reason.clear();
    return route;
  }
  if (route.reason_class == ReasonClass::none)
    wait_for(route, now + look_again, ReasonClass::connection,
             only ? "The connection it is tied to does not exist." : "No enabled connection may take it now.");
  return route;
}

}  // namespace postroom::policy
