// The table for all providers, read from the top.
#include "policy/reply_table.h"

#include <array>

namespace postroom::policy {
namespace {

using enum Kind;

constexpr Stages rcpt = at(Stage::recipient);

constexpr auto lines = std::to_array<Line>({
    // AUTH: the account's own.
    {at(Stage::auth), "", either, "", "credit|quota|limit is reached|limit exceeded|limit reached|upgrade your plan",
     Scope::quota, "AUTH: the account is out of quota"},
    {at(Stage::auth), "", transient, "",
     "too many login|too many failed|too many authentication|too many active sessions|too many concurrent|too many "
     "connections|try again in|rate limit",
     Scope::throttle, "AUTH: too many logins"},
    {at(Stage::auth), "", permanent, "", "too many messages. try again|sending too many emails", Scope::throttle,
     "AUTH: too fast"},
    {anywhere, "53x", permanent, "", "starttls|encryption required|encryption needed|tls required|must use tls",
     Scope::tls, "TLS first"},
    {anywhere, "538", permanent, "", "", Scope::tls, "TLS first"},
    {at(Stage::auth), "", transient, "", "", Scope::outage, "AUTH: temporary trouble"},
    {at(Stage::auth), "", permanent, "", "", Scope::credential, "AUTH: refused"},
    {anywhere, "530", permanent, "", "", Scope::credential, "authentication required"},
    {anywhere, "535", permanent, "", "", Scope::credential, "authentication refused"},

    // The account's quota where the words leave no doubt, before the mailbox codes that some dress it in.
    {anywhere, "", either, "", "submissionquota|submission quota|outgoing email quota|outgoing mail quota",
     Scope::quota, "submission quota"},
    {at(Stage::mail), "", either, "", "over quota|quota exceeded|exceeded quota|overquota|quota for", Scope::quota,
     "MAIL: the sender's quota"},

    // Greylisting is about one recipient and passes.
    {transaction | opening, "", transient, "", "greylist|graylist|grey-list|postgrey", Scope::recipient, "greylisting"},

    // One transaction takes so many: the rest go in the next (RFC 5321 §4.5.3.1.10).
    {rcpt, "", either, "*.5.3", "", Scope::recipient, "too many recipients for one transaction",
     Company::beside_accepted, Advice::next_transaction},
    {rcpt, "", either, "",
     "too many recipients|too many rcpt|too many rcpts|separate transaction|multiple destination domains|one recipient "
     "at a time|only one recipient|recipients per message|recipients per transaction",
     Scope::recipient, "too many recipients for one transaction", Company::beside_accepted, Advice::next_transaction},

    // The recipient's mailbox, by its codes: whatever words stand beside them.
    {past_mail, "", either, "*.2.3", "", Scope::message, "message too large for the mailbox"},
    {past_mail, "", either, "*.2.*", "", Scope::recipient, "mailbox status"},
    {past_mail, "", either, "*.1.1", "", Scope::recipient, "bad destination mailbox"},
    {past_mail, "", either, "*.1.2", "", Scope::recipient, "bad destination domain"},
    {past_mail, "", either, "*.1.3", "", Scope::recipient, "bad destination syntax"},
    {past_mail, "", either, "*.1.4", "", Scope::recipient, "destination ambiguous"},
    {past_mail, "", either, "*.1.6", "", Scope::recipient, "destination moved"},
    {past_mail, "", either, "*.1.10", "", Scope::recipient, "recipient domain takes no mail"},
    // And by their words, where no code says so.
    {past_mail, "", either, "",
     "mailbox full|mailbox is full|mailbox over|mailbox quota|mailbox has exceeded|user is over quota|user over "
     "quota|recipient over quota|over storage quota|storage quota|out of storage|exhausted allowed storage|too many "
     "messages on the server|too many messages in the mailbox|inbox is full|recipient's mailbox|account is full|quota "
     "exceeded (mailbox|maildir over|maildir delivery failed",
     Scope::recipient, "mailbox full"},
    {past_mail, "", either, "",
     "user unknown|unknown user|no such user|user doesn't exist|user does not exist|mailbox not found|no such "
     "mailbox|unknown recipient|recipient unknown|no mailbox here|recipient not found|invalid recipient|unknown local "
     "part|user not found|address does not exist|unrouteable address|unroutable address|no such recipient|account "
     "closed|this user doesn't have",
     Scope::recipient, "user unknown"},

    // The account.
    {anywhere, "", either, "",
     "your account is suspended|your account has been suspended|your account was suspended|your account has been "
     "disabled|your account is disabled|your account is blocked|your account has been blocked|your account is "
     "locked|sending paused|sending is paused|sending has been suspended|sender's account|user suspended|smtp access "
     "disabled|outgoing mail is disabled|outgoing mail from",
     Scope::credential, "account suspended"},
    {opening | at(Stage::mail) | content, "", either, "",
     "account suspended|account is suspended|account has been suspended|account disabled|account is disabled|account "
     "has been disabled|account is locked|account blocked|account is blocked|account locked",
     Scope::credential, "account suspended"},

    // The connection's own limits, whatever the code. A day's and an hour's are quotas, a minute's is a throttle.
    {anywhere, "", either, "",
     "daily limit|daily sending|daily quota|daily message|daily user sending|daily smtp|sending quota|monthly "
     "limit|monthly quota|message limit exceeded|sending limit|send limit|hourly limit|hourly quota|hour "
     "limit|messages "
     "per day|messages per hour|emails per hour|emails per day|mails per hour|mails per day|recipients per "
     "day|recipients per hour|rcpts per|per 24 hours|in 24 hours|failures per hour|out of credits|not enough "
     "credits|insufficient credits|credits exceeded|exceeded hour|quota exceeded for|per hour exceeded|per day "
     "exceeded",
     Scope::quota, "the provider's quota"},
    {anywhere, "", transient, "",
     "too many connections|too many concurrent|too many simultaneous|too many sessions|too many active "
     "sessions|connection limit|max connections|maximum connections|concurrent connections|too frequent "
     "connects|connection rate|too many open connections|thread limit",
     Scope::throttle, "too many connections", Company::any, Advice::fewer_sessions},
    {anywhere, "", either, "",
     "rate limit|ratelimit|rate-limit|rate exceeded|rate for this client|too fast|throttl|slow down|per minute|per "
     "second|unusual rate|more slowly|message rate|sending rate|too many emails|too many mails|too quickly|messages "
     "per |recipients per |emails per |mails per |connections per ",
     Scope::throttle, "throttling"},
    {anywhere, "", transient, "",
     "too many messages|excessive volume|unexpected volume|temporarily deferred|permanently deferred|user "
     "complaints|too much mail",
     Scope::throttle, "throttling"},
    {transaction | opening, "", either, "",
     "you have exceeded|you've exceeded|you exceeded|you have reached|you've reached|exceeded your quota|your "
     "quota|your "
     "limit|has exceeded the max",
     Scope::quota, "the provider's quota"},

    // A server that goes away says so at any step. Beside that, everything before MAIL is the connection's.
    {anywhere, "421", transient, "", "", Scope::outage, "service not available, closing"},
    {at(Stage::starttls) | at(Stage::tls), "", either, "", "", Scope::tls, "TLS refused"},
    {opening, "", transient, "", "", Scope::outage, "service not available"},
    {opening, "", permanent, "", "", Scope::policy, "refused by the provider's policy"},

    // Relaying, reputation and the sender's proofs, before 5.7.1 is taken for the recipient's policy or for content.
    {transaction, "", either, "",
     "relay access denied|relaying denied|relay not permitted|unable to relay|not permitted to relay|relaying "
     "disallowed|relay denied|relaying is not allowed|relay not allowed|not configured to relay",
     Scope::policy, "relaying denied"},
    {transaction, "", either, "",
     "spamhaus|spamcop|blocked using|blocklist|block list|blacklist|black list|dnsbl|rbl|listed at|listed in|listed "
     "by|poor reputation|bad reputation|low reputation|sending ip|client host rejected|client host|ptr record|reverse "
     "dns|reverse hostname|your ip|the ip you|connections will not be accepted|banned sending ip",
     Scope::policy, "the sending address is not trusted"},
    {transaction, "", either, "", "dmarc|spf|dkim|unauthenticated email|arc seal", Scope::policy,
     "the sender's domain is not proven"},

    // The sender.
    {transaction, "", either, "*.1.7", "", Scope::sender, "bad sender syntax"},
    {transaction, "", either, "*.1.8", "", Scope::sender, "bad sender domain"},
    {at(Stage::mail), "", permanent, "", "sender|from address|not owned|not allowed to send", Scope::sender,
     "sender refused"},
    {transaction, "", permanent, "",
     "sender address|sender verify|sender rejected|not owned by user|sender not allowed|unverified sender|does not "
     "match a verified|sender identity|not authorized to send|not authorised to send|not allowed to send as|send as "
     "this sender|from header sender|sender domain|from address|header address|not one of your addresses|unverified "
     "address|sender is not",
     Scope::sender, "sender refused"},

    // The message.
    {at(Stage::mail) | content, "552", permanent, "", "", Scope::message, "message too large"},
    {rcpt, "552", permanent, "", "size|large", Scope::message, "message too large"},
    {rcpt, "552", permanent, "", "", Scope::recipient, "mailbox full"},
    {transaction, "", either, "*.3.4", "", Scope::message, "message too large"},
    {transaction, "523", permanent, "", "", Scope::message, "message too large"},
    {transaction, "", either, "*.3.*", "", Scope::outage, "mail system status"},
    {transaction, "", either, "*.6.*", "", Scope::message, "content or media"},
    {content, "", permanent, "",
     "spam|virus|malware|content|phish|infected|attachment|banned|unsolicited|suspicious|message rejected|dangerous",
     Scope::message, "content refused"},

    // Routing.
    {past_mail, "", either, "*.4.1", "", Scope::recipient, "destination does not answer"},
    {past_mail, "", either, "*.4.3", "", Scope::recipient, "destination can't be looked up"},
    {past_mail, "", either, "*.4.4", "", Scope::recipient, "destination can't be routed"},
    {past_mail, "", either, "*.4.6", "", Scope::recipient, "routing loop"},
    {transaction, "", transient, "*.4.5", "", Scope::throttle, "mail system congestion"},

    // Policy and protocol.
    {rcpt, "", permanent, "*.7.1", "", Scope::recipient, "recipient's policy"},
    {transaction, "", either, "*.7.*", "", Scope::policy, "security or policy"},
    {transaction, "", either, "*.5.3", "", Scope::throttle, "too many recipients"},
    {transaction, "", either, "", "too many recipients", Scope::throttle, "too many recipients"},
    {rcpt, "452", transient, "", "system storage|disk", Scope::outage, "provider out of storage"},
    {rcpt, "452", transient, "", "", Scope::recipient, "not this recipient now"},
    {transaction, "452", transient, "", "", Scope::outage, "provider out of storage"},
    {transaction, "", either, "*.5.*", "", Scope::protocol, "protocol"},
    {transaction, "503", permanent, "", "", Scope::protocol, "bad sequence of commands"},
    {transaction, "500", permanent, "", "", Scope::protocol, "command not recognised"},
    {transaction, "501", permanent, "", "", Scope::protocol, "syntax refused"},
    {transaction, "502", permanent, "", "", Scope::protocol, "command not implemented"},
    {transaction, "504", permanent, "", "", Scope::protocol, "parameter not implemented"},
    {transaction, "555", permanent, "", "", Scope::protocol, "parameter not recognised"},

    // What the bare code says, by stage.
    {at(Stage::mail), "", transient, "", "", Scope::outage, "MAIL: try later"},
    {at(Stage::mail), "", permanent, "", "", Scope::sender, "MAIL: refused"},
    {rcpt, "", either, "", "", Scope::recipient, "RCPT: refused"},
    {content, "451", transient, "", "", Scope::message, "DATA: local error in processing"},
    {content, "", transient, "", "", Scope::message, "DATA: try later"},
    {content, "", permanent, "", "", Scope::message, "DATA: refused"},
});

}  // namespace

std::span<const Line> general_lines() {
  return lines;
}

}  // namespace postroom::policy
