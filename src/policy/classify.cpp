#include "policy/classify.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/text.h"

namespace postroom::policy {
namespace {

enum class Profile { any, gmail, microsoft, ses };
enum class Kind { transient, permanent, either };

// The stages a rule speaks of, as bits.
using Stages = std::uint16_t;
constexpr Stages at(Stage stage) {
  return static_cast<Stages>(1u << static_cast<unsigned>(stage));
}
constexpr Stages opening =
    at(Stage::connect) | at(Stage::tls) | at(Stage::greeting) | at(Stage::hello) | at(Stage::starttls);
constexpr Stages transaction = at(Stage::mail) | at(Stage::recipient) | at(Stage::data) | at(Stage::dot);
constexpr Stages anywhere = 0xffff;

// One line of the table: when all of it matches, it decides. The first match wins, so the special stands above the
// general. `code` 0 and empty strings match everything; `text` holds words separated by '|', any of which is enough.
struct Rule {
  Profile profile;
  Stages stages;
  int code;
  Kind kind;
  std::string_view enhanced;  // "5.1.1", or "5.1." for all of a subject; '?' stands for the class
  std::string_view text;
  Scope scope;
  std::string_view name;
};

using enum Kind;

constexpr auto rules = std::to_array<Rule>({
    // Providers that say one thing and mean another.
    {Profile::gmail, anywhere, 0, permanent, "5.4.5", "", Scope::quota, "Gmail: daily sending limit"},
    {Profile::gmail, anywhere, 0, either, "?.4.21", "", Scope::throttle, "Gmail: too many requests"},
    {Profile::gmail, anywhere, 0, either, "?.7.28", "", Scope::throttle, "Gmail: unusual rate"},
    {Profile::gmail, at(Stage::auth), 454, either, "", "too many login", Scope::throttle, "Gmail: too many logins"},
    {Profile::gmail, anywhere, 0, either, "?.2.1", "receiving mail at a rate", Scope::recipient,
     "Gmail: mailbox over its rate"},
    {Profile::microsoft, anywhere, 554, permanent, "5.2.0", "submissionquotaexceeded|quotaexceeded", Scope::quota,
     "Exchange: submission quota"},
    {Profile::microsoft, anywhere, 0, either, "?.7.708", "", Scope::quota, "Exchange: address is blocked from sending"},
    {Profile::microsoft, anywhere, 432, transient, "", "", Scope::throttle, "Exchange: concurrent connections"},
    {Profile::microsoft, anywhere, 0, either, "5.1.90", "", Scope::quota, "Exchange: recipients of the day"},
    {Profile::microsoft, anywhere, 0, either, "5.7.60", "", Scope::sender, "Exchange: may not send as this sender"},
    {Profile::microsoft, anywhere, 0, either, "5.2.252", "", Scope::sender, "Exchange: send-as denied"},
    {Profile::ses, anywhere, 454, transient, "", "daily message quota", Scope::quota, "SES: daily quota"},
    {Profile::ses, anywhere, 454, transient, "", "throttling", Scope::throttle, "SES: throttling"},
    {Profile::ses, anywhere, 0, either, "", "maximum sending rate", Scope::throttle, "SES: sending rate"},
    {Profile::ses, anywhere, 0, either, "", "address is not verified|not verified", Scope::sender,
     "SES: sender not verified"},

    // The credential: at AUTH, and whenever the account is named.
    {Profile::any, at(Stage::auth), 0, transient, "", "credits|quota", Scope::quota,
     "AUTH: the account is out of quota"},
    {Profile::any, at(Stage::auth), 0, transient, "", "", Scope::outage, "AUTH: temporary trouble"},
    {Profile::any, at(Stage::auth), 0, permanent, "", "", Scope::credential, "AUTH: refused"},
    {Profile::any, anywhere, 530, permanent, "", "", Scope::credential, "authentication required"},
    {Profile::any, anywhere, 535, permanent, "", "", Scope::credential, "authentication refused"},
    {Profile::any, anywhere, 0, either, "",
     "account suspended|account is suspended|account disabled|account has been disabled|sending paused|account is "
     "locked",
     Scope::credential, "account suspended"},

    // The connection's own limits, whatever the code.
    {Profile::any, anywhere, 0, either, "",
     "daily limit|daily sending|daily quota|sending quota|monthly limit|message limit exceeded|quota exceeded for "
     "sending|exceeded your quota|hourly limit|sending limit|messages per day|messages per hour|out of credits|not "
     "enough credits",
     Scope::quota, "the provider's quota"},
    {Profile::any, anywhere, 421, transient, "",
     "too many connections|too many concurrent|connection limit|max connections", Scope::throttle,
     "too many connections"},
    {Profile::any, transaction | opening, 0, transient, "", "greylist|graylist|greylisted|postgrey", Scope::recipient,
     "greylisting"},
    {Profile::any, anywhere, 0, transient, "",
     "rate limit|ratelimit|too many messages|too many mails|too fast|throttl|slow down|rate exceeded|try again more "
     "slowly",
     Scope::throttle, "throttling"},

    // Opening: everything before MAIL is the connection's.
    {Profile::any, at(Stage::starttls) | at(Stage::tls), 0, either, "", "", Scope::tls, "TLS refused"},
    {Profile::any, opening, 0, transient, "", "", Scope::outage, "service not available"},
    {Profile::any, opening, 0, permanent, "", "", Scope::policy, "refused by the provider's policy"},
    {Profile::any, anywhere, 421, transient, "", "", Scope::outage, "service not available, closing"},

    // The recipient.
    {Profile::any, transaction, 0, either, "?.1.1", "", Scope::recipient, "bad destination mailbox"},
    {Profile::any, transaction, 0, either, "?.1.2", "", Scope::recipient, "bad destination domain"},
    {Profile::any, transaction, 0, either, "?.1.3", "", Scope::recipient, "bad destination syntax"},
    {Profile::any, transaction, 0, either, "?.1.4", "", Scope::recipient, "destination ambiguous"},
    {Profile::any, transaction, 0, either, "?.1.6", "", Scope::recipient, "destination moved"},
    {Profile::any, transaction, 0, either, "?.1.10", "", Scope::recipient, "recipient domain takes no mail"},
    {Profile::any, transaction, 0, either, "?.2.", "", Scope::recipient, "mailbox status"},
    {Profile::any, transaction, 0, either, "?.4.1", "", Scope::recipient, "destination does not answer"},
    {Profile::any, transaction, 0, either, "?.4.4", "", Scope::recipient, "destination can't be routed"},

    // The sender.
    {Profile::any, transaction, 0, either, "?.1.7", "", Scope::sender, "bad sender syntax"},
    {Profile::any, transaction, 0, either, "?.1.8", "", Scope::sender, "bad sender domain"},
    {Profile::any, at(Stage::mail), 0, permanent, "", "sender|from address|not owned|not allowed to send",
     Scope::sender, "sender refused"},
    {Profile::any, transaction, 0, permanent, "",
     "sender address rejected|sender verify|not owned by user|sender not allowed|unverified sender|does not match a "
     "verified",
     Scope::sender, "sender refused"},

    // The message.
    {Profile::any, transaction, 552, permanent, "", "", Scope::message, "message too large"},
    {Profile::any, transaction, 0, either, "?.3.4", "", Scope::message, "message too large"},
    {Profile::any, transaction, 0, either, "?.3.", "", Scope::outage, "mail system status"},
    {Profile::any, transaction, 0, either, "?.6.", "", Scope::message, "content or media"},
    {Profile::any, transaction, 0, permanent, "5.7.1", "spam|virus|malware|content|phish", Scope::message,
     "content refused"},

    // Policy and protocol.
    {Profile::any, transaction, 0, either, "",
     "relay access denied|relaying denied|relay not permitted|unable to relay|not permitted to relay", Scope::policy,
     "relaying denied"},
    {Profile::any, at(Stage::recipient), 0, permanent, "?.7.1", "", Scope::recipient, "recipient's policy"},
    {Profile::any, transaction, 0, either, "?.7.", "", Scope::policy, "security or policy"},
    {Profile::any, transaction, 0, either, "?.5.3", "", Scope::throttle, "too many recipients"},
    {Profile::any, at(Stage::recipient), 452, transient, "", "", Scope::recipient, "not this recipient now"},
    {Profile::any, transaction, 452, transient, "", "", Scope::outage, "provider out of storage"},
    {Profile::any, transaction, 0, either, "?.5.", "", Scope::protocol, "protocol"},
    {Profile::any, transaction, 503, permanent, "", "", Scope::protocol, "bad sequence of commands"},
    {Profile::any, transaction, 500, permanent, "", "", Scope::protocol, "command not recognised"},
    {Profile::any, transaction, 501, permanent, "", "", Scope::protocol, "syntax refused"},
    {Profile::any, transaction, 502, permanent, "", "", Scope::protocol, "command not implemented"},
    {Profile::any, transaction, 504, permanent, "", "", Scope::protocol, "parameter not implemented"},
    {Profile::any, transaction, 555, permanent, "", "", Scope::protocol, "parameter not recognised"},

    // What the bare code says, by stage.
    {Profile::any, at(Stage::mail), 0, transient, "", "", Scope::outage, "MAIL: try later"},
    {Profile::any, at(Stage::mail), 0, permanent, "", "", Scope::sender, "MAIL: refused"},
    {Profile::any, at(Stage::recipient), 0, either, "", "", Scope::recipient, "RCPT: refused"},
    {Profile::any, at(Stage::data) | at(Stage::dot), 451, transient, "", "", Scope::message,
     "DATA: local error in processing"},
    {Profile::any, at(Stage::data) | at(Stage::dot), 0, transient, "", "", Scope::message, "DATA: try later"},
    {Profile::any, at(Stage::data) | at(Stage::dot), 0, permanent, "", "", Scope::message, "DATA: refused"},
});

Profile profile_of(std::string_view host) {
  const auto under = [host](std::string_view domain) {
    return equals_ignoring_case(host, domain) ||
           (host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
            equals_ignoring_case(host.substr(host.size() - domain.size()), domain));
  };
  if (under("gmail.com") || under("google.com") || under("googlemail.com")) return Profile::gmail;
  if (under("office365.com") || under("outlook.com") || under("hotmail.com")) return Profile::microsoft;
  if (under("amazonaws.com")) return Profile::ses;
  return Profile::any;
}

bool enhanced_matches(std::string_view pattern, const mail::Reply& reply) {
  if (pattern.empty()) return true;
  if (!reply.enhanced) return false;
  const std::string code = mail::to_string(*reply.enhanced);
  if (pattern[0] != '?' && pattern[0] != code[0]) return false;
  const std::string_view rest = pattern.substr(1);
  const std::string_view own = std::string_view(code).substr(1);
  return rest.ends_with('.') ? own.starts_with(rest) : own == rest;
}

bool text_matches(std::string_view words, std::string_view text) {
  return words.empty() || std::ranges::any_of(split(words, '|'), [&](std::string_view word) {
           return contains_ignoring_case(text, word);
         });
}

bool matches(const Rule& rule, const Event& event, Profile profile, std::string_view text) {
  const mail::Reply& reply = *event.reply;
  if (rule.profile != Profile::any && rule.profile != profile) return false;
  if ((rule.stages & at(event.stage)) == 0) return false;
  if (rule.code != 0 && rule.code != reply.code) return false;
  if (rule.kind == transient && !reply.transient()) return false;
  if (rule.kind == permanent && !reply.permanent()) return false;
  return enhanced_matches(rule.enhanced, reply) && text_matches(rule.text, text);
}

// Something broke and no reply tells why.
Verdict classify_fault(const Event& event) {
  switch (event.fault) {
    case ErrorCode::tls:
      return {Scope::tls, Permanence::permanent, "TLS: certificate or handshake"};
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
  const Profile profile = profile_of(event.host);
  const std::string text = reply.text();
  for (const Rule& rule : rules) {
    if (!matches(rule, event, profile, text)) continue;
    const Permanence permanence = reply.permanent() ? Permanence::permanent : Permanence::transient;
    return {rule.scope, permanence, rule.name, requested_wait(text)};
  }
  return {Scope::outage, Permanence::transient, "unexpected reply"};
}

}  // namespace

Verdict classify(const Event& event) {
  Verdict verdict = decide(event);
  const bool lacks_extension = !event.reply && event.fault == ErrorCode::denied;
  const bool over_size = !event.reply && event.fault == ErrorCode::too_large;
  if (lacks_extension || over_size || is_connection_fault(verdict.scope) || is_refusal_of_sender(verdict.scope))
    verdict.elsewhere = Elsewhere::worthwhile;
  return verdict;
}

bool asks_for_fewer_sessions(const Verdict& verdict) {
  return verdict.rule == "too many connections";
}

std::optional<Duration> requested_wait(std::string_view text) {
  constexpr std::array<std::string_view, 6> openings{"try again in ",    "retry in ", "retry after ",
                                                     "try again after ", "wait ",     "come back in "};
  const std::string lower = to_lower(text);
  for (const std::string_view opening_words : openings) {
    std::size_t place = lower.find(opening_words);
    if (place == std::string::npos) continue;
    place += opening_words.size();
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; place < lower.size() && lower[place] >= '0' && lower[place] <= '9' && digits < 6; ++place, ++digits)
      number = number * 10 + (lower[place] - '0');
    if (digits == 0) continue;
    const std::string_view unit = trim(std::string_view(lower).substr(place));
    Duration wait = std::chrono::seconds(number);
    if (unit.starts_with("m")) wait = std::chrono::minutes(number);
    if (unit.starts_with("h")) wait = std::chrono::hours(number);
    return std::min<Duration>(wait, std::chrono::hours(24));
  }
  return std::nullopt;
}

}  // namespace postroom::policy
