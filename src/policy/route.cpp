#include "policy/route.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/text.h"

namespace postroom::policy {
namespace {

using store::ConnectionId;
using store::ReasonClass;

constexpr Duration look_again = std::chrono::seconds(30);  // when nothing but an operator can change the matter

enum class Obstacle { none, not_meant, lacks, disabled, paused, tried, down, rests, full };

std::optional<ConnectionId> only_one(const RouteRequest& request) {
  return request.in_doubt_with ? request.in_doubt_with : request.pinned_to;
}

bool is_named(const RouteRequest& request, ConnectionId id) {
  return request.rule == nullptr || std::ranges::find(request.rule->connections, id) != request.rule->connections.end();
}

// `named` says whether the rule's word still holds: its `otherwise: any` lifts it.
bool is_meant(const Candidate& candidate, const RouteRequest& request, bool named) {
  const ConnectionId id = candidate.connection->id;
  const std::optional<ConnectionId> only = only_one(request);
  return only ? id == *only : (!named || is_named(request, id));
}

bool lacks(const Candidate& candidate, const Extensions& needs) {
  if (!candidate.offers) return false;
  const Extensions& offers = *candidate.offers;
  return (needs.eight_bit_mime && !offers.eight_bit_mime) || (needs.smtputf8 && !offers.smtputf8) ||
         (offers.size != 0 && needs.size > offers.size);
}

Obstacle obstacle_of(const Candidate& candidate, const RouteRequest& request, bool named, Monotonic now) {
  const store::ConnectionRecord& connection = *candidate.connection;
  if (!is_meant(candidate, request, named)) return Obstacle::not_meant;
  if (lacks(candidate, request.needs)) return Obstacle::lacks;
  if (!connection.enabled) return Obstacle::disabled;
  if (candidate.paused) return Obstacle::paused;
  if (request.tried.contains(connection.id)) return Obstacle::tried;
  if (!candidate.healthy) return Obstacle::down;
  if (candidate.rests_until && *candidate.rests_until > now) return Obstacle::rests;
  if (candidate.full_until && *candidate.full_until > now) return Obstacle::full;
  return Obstacle::none;
}

std::string named(const Candidate& candidate) {
  return "The connection \"" + candidate.connection->caption + "\"";
}

std::string sentence(const Candidate& candidate, const RouteRequest& request, Obstacle obstacle) {
  switch (obstacle) {
    case Obstacle::none:
      return named(candidate) + " may take it.";
    case Obstacle::not_meant:
      return only_one(request) ? "The email is tied to another connection." : "A routing rule names other connections.";
    case Obstacle::lacks:
      return request.needs.size > candidate.offers->size && candidate.offers->size != 0
                 ? named(candidate) + " takes messages of at most " + std::to_string(candidate.offers->size) + " bytes."
                 : named(candidate) + " does not offer an extension that the email needs.";
    case Obstacle::disabled:
      return named(candidate) + " is disabled.";
    case Obstacle::paused:
      return named(candidate) + " is paused by an operator.";
    case Obstacle::tried:
      return named(candidate) + " failed just now.";
    case Obstacle::down:
      return candidate.down_reason.empty() ? named(candidate) + " is down."
                                           : named(candidate) + " is down: " + std::string(candidate.down_reason);
    case Obstacle::rests:
      return named(candidate) + " rests, as its provider asked: " + std::string(candidate.rest_reason);
    case Obstacle::full:
      return std::string(candidate.full_reason);
  }
  return {};
}

// The moment that may change it, and whose matter it is.
std::pair<Monotonic, ReasonClass> outlook(const Candidate& candidate, const RouteRequest& request, Obstacle obstacle,
                                          Monotonic now) {
  const bool tied = only_one(request).has_value();
  switch (obstacle) {
    case Obstacle::tried:
      return {candidate.healthy ? std::max(now + request.next_round, candidate.rests_until.value_or(now))
                                : std::max(candidate.probe_at, now),
              ReasonClass::outage};
    case Obstacle::down:
      return {std::max(candidate.probe_at, now), tied ? ReasonClass::connection : ReasonClass::outage};
    case Obstacle::rests:
      return {*candidate.rests_until, candidate.rest_class};
    case Obstacle::full:
      return {*candidate.full_until, ReasonClass::quota};
    case Obstacle::paused:
      return {now + look_again, ReasonClass::op};
    default:
      return {now + look_again, ReasonClass::connection};
  }
}

// Those of one priority, as a range of `candidates`.
std::span<const Candidate> tier_at(std::span<const Candidate> candidates, std::size_t first) {
  std::size_t end = first + 1;
  while (end < candidates.size() && candidates[end].connection->priority == candidates[first].connection->priority)
    ++end;
  return candidates.subspan(first, end - first);
}

const Candidate* draw(std::span<const Candidate> tier, const RouteRequest& request, bool named_only, Monotonic now) {
  std::uint64_t weights = 0;
  for (const Candidate& candidate : tier)
    if (obstacle_of(candidate, request, named_only, now) == Obstacle::none) weights += candidate.connection->weight;
  if (weights == 0) return nullptr;
  auto drawn = static_cast<std::uint64_t>(request.chance * static_cast<double>(weights));
  for (const Candidate& candidate : tier) {
    if (obstacle_of(candidate, request, named_only, now) != Obstacle::none) continue;
    if (drawn < candidate.connection->weight) return &candidate;
    drawn -= candidate.connection->weight;
  }
  return nullptr;
}

// Tier by tier; null when mail has to wait.
const Candidate* pick(std::span<const Candidate> candidates, const RouteRequest& request, bool named_only,
                      Monotonic now) {
  for (std::size_t first = 0; first < candidates.size();) {
    const std::span<const Candidate> tier = tier_at(candidates, first);
    if (const Candidate* chosen = draw(tier, request, named_only, now)) return chosen;
    const bool keeps_its_mail = std::ranges::any_of(tier, [&](const Candidate& candidate) {
      return candidate.connection->over_limit == store::OverLimit::wait &&
             obstacle_of(candidate, request, named_only, now) == Obstacle::full;
    });
    if (keeps_its_mail) return nullptr;
    first += tier.size();
  }
  return nullptr;
}

struct Decision {
  const Candidate* chosen = nullptr;
  bool named_only = true;  // whether the rule's word held in the end
};

bool may_leave_rule(const RouteRequest& request) {
  return request.rule != nullptr && request.rule->otherwise == store::Otherwise::any && !only_one(request);
}

Decision decide(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now) {
  if (const Candidate* chosen = pick(candidates, request, true, now)) return {chosen, true};
  if (!may_leave_rule(request)) return {nullptr, true};
  return {pick(candidates, request, false, now), false};
}

// One that is down or not known yet may; one that an operator has taken out of service counts for what is tied to it.
bool nobody_offers(std::span<const Candidate> candidates, const RouteRequest& request) {
  return std::ranges::all_of(candidates, [&](const Candidate& candidate) {
    const bool in_service = candidate.connection->enabled || only_one(request);
    return !in_service || !is_meant(candidate, request, !may_leave_rule(request)) || lacks(candidate, request.needs);
  });
}

Route choose(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now) {
  Route route;
  const Decision decision = decide(candidates, request, now);
  if (decision.chosen != nullptr) {
    route.connection = decision.chosen->connection;
    return route;
  }
  // The reason that lets the email go soonest speaks for all.
  for (const Candidate& candidate : candidates) {
    const Obstacle obstacle = obstacle_of(candidate, request, decision.named_only, now);
    const bool speaks = obstacle != Obstacle::not_meant && obstacle != Obstacle::lacks &&
                        (obstacle != Obstacle::disabled || only_one(request));
    if (obstacle == Obstacle::none || !speaks) continue;
    const auto [until, reason_class] = outlook(candidate, request, obstacle, now);
    if (route.reason_class != ReasonClass::none && route.until <= until) continue;
    route.until = until;
    route.reason_class = reason_class;
    route.reason = sentence(candidate, request, obstacle);
  }
  if (route.reason_class != ReasonClass::none) return route;
  route.until = now + look_again;
  route.reason_class = ReasonClass::connection;
  route.reason = only_one(request)         ? "The connection it is tied to does not exist."
                 : request.rule != nullptr ? "No connection that its routing rule names may take it now."
                                           : "No enabled connection may take it now.";
  return route;
}

}  // namespace

bool fits(const store::RoutingRule& rule, const MailFacts& facts) {
  return (rule.sender_domain.empty() || rule.sender_domain == facts.sender_domain) &&
         (rule.recipient_domain.empty() || rule.recipient_domain == facts.recipient_domain) &&
         (rule.lane.empty() || rule.lane == facts.lane) &&
         (rule.tag.empty() || std::ranges::find(facts.tags, rule.tag) != facts.tags.end());
}

const store::RoutingRule* rule_for(std::span<const store::RoutingRule> rules, const MailFacts& facts) {
  const auto found = std::ranges::find_if(rules, [&](const store::RoutingRule& rule) { return fits(rule, facts); });
  return found == rules.end() ? nullptr : &*found;
}

Route choose_connection(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now) {
  if (!nobody_offers(candidates, request)) return choose(candidates, request, now);
  RouteRequest any = request;
  any.needs = {};
  Route route = choose(candidates, any, now);
  route.nobody_offers = true;
  return route;
}

std::vector<Consideration> explain_route(std::span<const Candidate> candidates, const RouteRequest& request,
                                         Monotonic now) {
  const Decision decision = decide(candidates, request, now);
  std::vector<Consideration> all;
  for (const Candidate& candidate : candidates) {
    const Obstacle obstacle = obstacle_of(candidate, request, decision.named_only, now);
    Consideration considered{candidate.connection,
                             obstacle != Obstacle::not_meant,
                             obstacle == Obstacle::none,
                             &candidate == decision.chosen,
                             {}};
    considered.why = sentence(candidate, request, obstacle);
    if (considered.usable && !considered.chosen)
      considered.why = decision.chosen == nullptr
                           ? named(candidate) + " would take it, but one before it is at its limit and keeps its mail."
                       : decision.chosen->connection->priority == candidate.connection->priority
                           ? named(candidate) + " may take it too; the draw by weight fell on another."
                           : named(candidate) + " comes after the chosen one.";
    all.push_back(std::move(considered));
  }
  return all;
}

}  // namespace postroom::policy
