// Which connection mail takes, or why it waits: policy chooses among what the outlets say of themselves.
#include <algorithm>
#include <utility>

#include "delivery/outlets.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::DueEmail;

// Of an address as it is stored: its domain is in lower case.
std::string_view domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

}  // namespace

struct Outlets::Candidates {
  std::vector<std::optional<policy::Meter::Wait>> limits;  // what the views in `all` refer to
  std::vector<policy::Candidate> all;

  Candidates(Outlets& outlets, Monotonic now, Timestamp wall) {
    limits.reserve(outlets.by_priority_.size());
    all.reserve(outlets.by_priority_.size());
    for (const ConnectionId id : outlets.by_priority_) {
      Outlet& outlet = outlets.at(id);
      limits.push_back(outlet.long_wait(now, wall));
      all.push_back(outlet.candidate(limits.back(), now));
    }
  }
};

const store::RoutingRule* Outlets::rule_of(const DueEmail& due) const {
  if (routing_.rules.empty()) return nullptr;
  return policy::rule_for(routing_.rules,
                          {domain_of(due.reverse_path), domain_of(due.email.address), due.email.lane, due.email.tags});
}

// How long mail that has failed over all its connections waits until it tries them anew: longer each time, as probes of
// a sick connection do. One that is well but for this mail would be sent all of it every few seconds.
Duration Outlets::next_round_of(const store::EmailRecord& email) const {
  return rounds_.waits[policy::step_of(rounds_, email.tries, loop_.wall() - email.created_at()) - 1];
}

policy::Route Outlets::route(const DueEmail& due, const std::set<ConnectionId>& tried) {
  const Candidates candidates(*this, loop_.now(), loop_.wall());
  const Duration next_round = tried.empty() ? Duration{0} : next_round_of(due.email);
  policy::RouteRequest request{due.email.pinned_to, due.email.in_doubt_with, tried, rule_of(due),
                               next_round,          random_.unit()};
  request.needs = {due.eight_bit, due.smtputf8, due.email.size_bytes};
  return policy::choose_connection(candidates.all, request, loop_.now());
}

std::set<ConnectionId> Outlets::busy() {
  std::set<ConnectionId> busy;
  for (auto& [id, outlet] : by_id_)
    if (outlet.may_send(loop_.now()) && !outlet.is_idle(loop_.now(), loop_.wall()) &&
        !outlet.long_wait(loop_.now(), loop_.wall()))
      busy.insert(id);
  return busy;
}

RouteExplanation Outlets::explain(const RouteQuestion& question) {
  const policy::MailFacts facts{domain_of(question.from), domain_of(question.to), question.lane, question.tags};
  const store::RoutingRule* rule = policy::rule_for(routing_.rules, facts);
  const Candidates candidates(*this, loop_.now(), loop_.wall());
  const std::set<ConnectionId> tried;
  const policy::RouteRequest request{question.pinned_to, std::nullopt, tried, rule, options_.breaker.first_probe, 0};
  RouteExplanation explanation;
  explanation.connections = policy::explain_route(candidates.all, request, loop_.now());
  if (rule != nullptr) explanation.rule = static_cast<std::size_t>(rule - routing_.rules.data());
  explanation.reason = policy::choose_connection(candidates.all, request, loop_.now()).reason;
  if (std::optional<std::string> paused = store::why_paused(pauses_, question.lane))
    explanation.reason = std::move(*paused);
  return explanation;
}

std::optional<ConnectionId> Outlets::likely_connection(const RouteQuestion& question) {
  const RouteExplanation explanation = explain(question);
  const std::vector<policy::Consideration>& all = explanation.connections;
  auto found = std::ranges::find_if(all, &policy::Consideration::chosen);
  if (found == all.end())
    found = std::ranges::find_if(all, [](const auto& each) { return each.meant && each.connection->enabled; });
  return found == all.end() ? std::nullopt : std::optional(found->connection->id);
}

}  // namespace postroom::delivery
