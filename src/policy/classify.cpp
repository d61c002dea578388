#include "policy/classify.h"

#include <algorithm>
#include <cstddef>

#include "base/text.h"
#include "mail/reply_pattern.h"
#include "policy/hearing.h"
#include "policy/reply_table.h"

namespace postroom::policy {
namespace {

// A reply as the lines ask about it, read once.
struct Heard {
  const Event& event;
  const mail::Reply& reply;
  std::optional<mail::EnhancedStatusCode> enhanced;
  std::string text;
};

bool fits(const Line& line, const Heard& said) {
  if ((line.stages & at(said.event.stage)) == 0) return false;
  if (!mail::code_matches(line.code, said.reply.code)) return false;
  if (line.kind == Kind::transient && !said.reply.transient()) return false;
  if (line.kind == Kind::permanent && !said.reply.permanent()) return false;
  if (line.company != Company::any && line.company != said.event.company) return false;
  return mail::enhanced_matches(line.enhanced, said.enhanced) && says(said.text, line.text);
}

bool at_stage(store::ReplyStage wanted, Stage stage) {
  using store::ReplyStage;
  switch (wanted) {
    case ReplyStage::any:
      return true;
    case ReplyStage::greeting:
      return (opening & at(stage)) != 0;
    case ReplyStage::auth:
      return stage == Stage::auth;
    case ReplyStage::mail:
      return stage == Stage::mail;
    case ReplyStage::recipient:
      return stage == Stage::recipient;
    case ReplyStage::data:
      return stage == Stage::data;
    case ReplyStage::dot:
      return stage == Stage::dot;
  }
  return false;
}

// An operator's text is sought in the whole reply: they copy it from the log, links and addresses included.
bool fits(const store::ReplyRule& rule, const Heard& said) {
  return at_stage(rule.stage, said.event.stage) && mail::code_matches(rule.code, said.reply.code) &&
         mail::enhanced_matches(rule.enhanced, said.enhanced) &&
         (rule.text.empty() || contains_ignoring_case(said.reply.text(), rule.text));
}

std::optional<Verdict> by_own_rules(const Heard& said) {
  const auto& rules = said.event.own_rules;
  const auto found = std::ranges::find_if(rules, [&said](const store::ReplyRule& rule) { return fits(rule, said); });
  if (found == rules.end()) return std::nullopt;
  Verdict verdict{
      found->scope, found->permanence,
      "own rule " + std::to_string(found - rules.begin() + 1) + (found->name.empty() ? "" : ": " + found->name),
      requested_wait(said.reply.text())};
  if (found->wait_seconds > 0) verdict.retry_after = std::chrono::seconds(found->wait_seconds);
  return verdict;
}

std::optional<Verdict> by_lines(std::span<const Line> lines, const Heard& said) {
  const auto found = std::ranges::find_if(lines, [&said](const Line& line) { return fits(line, said); });
  if (found == lines.end()) return std::nullopt;
  Verdict verdict{found->scope, said.reply.permanent() ? Permanence::permanent : Permanence::transient,
                  std::string(found->name), requested_wait(said.reply.text())};
  verdict.advice = found->advice;
  // RFC 5321 §4.5.3.1.10: 552 for too many recipients is to be taken for 452.
  if (found->advice == Advice::next_transaction) verdict.permanence = Permanence::transient;
  return verdict;
}

// Something broke and no reply tells why.
Verdict classify_fault(const Event& event) {
  switch (event.fault) {
    case ErrorCode::tls:
      if (event.stage == Stage::starttls || event.stage == Stage::tls)
        return {Scope::tls, Permanence::permanent, "TLS: certificate or handshake"};
      return {Scope::outage, Permanence::transient, "connection failed"};  // an alert in mid-session
    case ErrorCode::denied:
      if (event.stage == Stage::starttls || event.stage == Stage::tls)
        return {Scope::tls, Permanence::permanent, "TLS: demanded and not offered"};
      if (event.stage == Stage::auth) return {Scope::credential, Permanence::permanent, "AUTH: no mechanism in common"};
      return {Scope::message, Permanence::permanent, "the connection lacks an extension the message needs"};
    case ErrorCode::too_large:
      if (event.stage == Stage::mail)
        return {Scope::message, Permanence::permanent, "message larger than the provider's SIZE"};
      return {Scope::protocol, Permanence::transient, "reply without end"};
    case ErrorCode::protocol:
      return {Scope::protocol, Permanence::transient, "malformed reply"};
    default:
      return {Scope::outage, Permanence::transient, "connection failed"};
  }
}

Verdict decide(const Event& event) {
  if (event.certainty == Certainty::doubt)
    return {Scope::unknown, Permanence::transient, "no clear reply to the final dot"};
  if (!event.reply) return classify_fault(event);
  const mail::Reply& reply = *event.reply;
  if (!reply.transient() && !reply.permanent()) return {Scope::protocol, Permanence::transient, "unexpected reply"};
  const Heard said{event, reply, enhanced_of(reply), heard(reply)};
  if (auto verdict = by_own_rules(said)) return *std::move(verdict);
  const auto profile = event.profile == store::ProviderProfile::automatic ? profile_of_host(event.host) : event.profile;
  if (auto verdict = by_lines(lines_of(profile), said)) return *std::move(verdict);
  if (auto verdict = by_lines(general_lines(), said)) return *std::move(verdict);
  return {Scope::outage, Permanence::transient, "unexpected reply"};
}

}  // namespace

Verdict classify(const Event& event) {
  Verdict verdict = decide(event);
  const bool lacks_extension = !event.reply && event.fault == ErrorCode::denied && verdict.scope == Scope::message;
  const bool over_size = !event.reply && event.fault == ErrorCode::too_large && verdict.scope == Scope::message;
  if (is_connection_fault(verdict.scope) || is_refusal_of_sender(verdict.scope))
    verdict.elsewhere = Elsewhere::worthwhile;
  if (lacks_extension || over_size) verdict.elsewhere = Elsewhere::needed;
  return verdict;
}

}  // namespace postroom::policy
