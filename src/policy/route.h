// Which connection an email goes over next. Pure: the candidates with what is known of each, in; the choice or the
// reason to wait, out. explain_route() tells the same for every connection.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "store/records.h"

namespace postroom::policy {

// What some mail needs and not every server offers (RFC 6152, RFC 6531, RFC 1870).
struct Extensions {
  bool eight_bit_mime = false, smtputf8 = false;
  std::uint64_t size = 0;  // bytes: of the mail; offered: of the largest that is taken, 0 when no limit is named
};

struct Candidate {
  const store::ConnectionRecord* connection = nullptr;
  bool healthy = true;                   // breaker closed
  Monotonic probe_at{};                  // when not
  std::string_view down_reason;          // when not: what was met last
  bool paused = false;                   // by an operator
  std::optional<Monotonic> rests_until;  // the provider asked for a rest: too fast, or its quota is used up
  std::string_view rest_reason;          // of rests_until
  store::ReasonClass rest_class = store::ReasonClass::throttle;
  std::optional<Monotonic> full_until;  // at one of our own limits until then
  std::string_view full_reason;         // of full_until
  std::optional<Extensions> offers;     // what its server said last; nullopt: not known yet
};

// What routing rules ask about.
struct MailFacts {
  std::string_view sender_domain, recipient_domain;  // lower case
  std::string_view lane;
  std::span<const std::string> tags;
};

bool fits(const store::RoutingRule& rule, const MailFacts& facts);
// The first rule that fits, or null.
const store::RoutingRule* rule_for(std::span<const store::RoutingRule> rules, const MailFacts& facts);

struct RouteRequest {
  std::optional<store::ConnectionId> pinned_to;
  std::optional<store::ConnectionId> in_doubt_with;  // then no other may ever get it
  const std::set<store::ConnectionId>& tried;        // in this round: a fault moved the email on
  const store::RoutingRule* rule = nullptr;
  Duration next_round = std::chrono::seconds(15);  // when all have been tried
  double chance = 0;                               // [0, 1): the draw among connections of the same priority
  Extensions needs = {};
};

struct Route {
  const store::ConnectionRecord* connection = nullptr;  // null: the email waits
  std::string reason;                                   // why it waits
  store::ReasonClass reason_class = store::ReasonClass::none;
  Monotonic until{};           // the earliest moment that may change it
  bool nobody_offers = false;  // what the email needs: known of every connection that it may go over
};

// `candidates` by priority, then id. Among usable ones of the best priority the draw follows their weights. A
// connection at its own limit keeps its mail, unless it says that it may spill to those of a lower priority. One that
// is known to lack an extension the mail needs is left out; where all do, it is tried over them, and their word of now
// decides.
Route choose_connection(std::span<const Candidate> candidates, const RouteRequest& request, Monotonic now);

struct Consideration {
  const store::ConnectionRecord* connection = nullptr;
  bool meant = false;  // rules and the email's own wishes allow it
  bool usable = false;
  bool chosen = false;
  std::string why;  // a sentence
};
std::vector<Consideration> explain_route(std::span<const Candidate> candidates, const RouteRequest& request,
                                         Monotonic now);

}  // namespace postroom::policy
