// The one place that says what a reply or a fault means. Pure: the same event gives the same verdict, and the verdict
// names the rule that made it, so that the log can show why. Asked in order: doubt, the connection's own rules, its
// provider's profile, the table for all (docs/classifier.md).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"
#include "mail/reply.h"
#include "store/records.h"

namespace postroom::policy {

// Where in the SMTP session the event happened (smtp::Phase, seen from here).
enum class Stage { connect, tls, greeting, hello, starttls, auth, mail, recipient, data, dot };

enum class Certainty {
  definite,  // the provider has not taken the message
  doubt,     // it may have: the final dot was written and no clear answer came
};

// How the transaction's other recipients fared at RCPT.
enum class Company { any, beside_accepted };

struct Event {
  Stage stage = Stage::connect;
  std::optional<mail::Reply> reply;  // nullopt: something broke
  ErrorCode fault = ErrorCode::io;   // of what broke
  std::string_view detail;           // a sentence about what broke
  Certainty certainty = Certainty::definite;
  Company company = Company::any;
  std::string_view host;  // the provider's, for its profile when that is automatic
  store::ProviderProfile profile = store::ProviderProfile::automatic;
  std::span<const store::ReplyRule> own_rules = {};  // the connection's, asked first
};

// Whose fault it is. The first two stay with the email; a refusal of its sender or by policy tries the other allowed
// connections; the rest are the connection's and move the email on at no cost to it.
using Scope = store::ReasonClass;

using store::Permanence;

enum class Elsewhere {
  useless,     // the email's own fault: another connection would say the same
  worthwhile,  // another connection may take it
  needed       // only another can: it is worth waiting for one
};

// What the reply asks of us beside a wait.
enum class Advice {
  none,
  fewer_sessions,   // too many at once: the provider takes mail, but over fewer
  next_transaction  // this one is full: the recipient may go at once in another, which costs it no attempt
};

struct Verdict {
  Scope scope = Scope::outage;
  Permanence permanence = Permanence::transient;
  std::string rule;                                    // "recipient: user unknown"
  std::optional<Duration> retry_after = std::nullopt;  // what the provider asked for: "try again in 5 minutes"
  Elsewhere elsewhere = Elsewhere::useless;
  Advice advice = Advice::none;
};

Verdict classify(const Event& event);

constexpr bool is_email_fault(Scope scope) {
  return scope == Scope::recipient || scope == Scope::message;
}
// Refused here, perhaps not elsewhere; the connection itself is well.
constexpr bool is_refusal_of_sender(Scope scope) {
  return scope == Scope::sender || scope == Scope::policy;
}
constexpr bool is_connection_fault(Scope scope) {
  return !is_email_fault(scope) && !is_refusal_of_sender(scope) && scope != Scope::unknown;
}

constexpr bool asks_for_fewer_sessions(const Verdict& verdict) {
  return verdict.advice == Advice::fewer_sessions;
}

// "try again in 5 minutes", "retry after 30 seconds", "come back in 00:04:59"; nullopt when the text asks for no time.
// At most one day.
std::optional<Duration> requested_wait(std::string_view text);

}  // namespace postroom::policy
