// Providers that say one thing and mean another, each with the lines for its own words. A provider whose replies mean
// what the table for all says has none.
#include <array>

#include "base/text.h"
#include "policy/reply_table.h"

namespace postroom::policy {
namespace {

using enum Kind;
using store::ProviderProfile;

constexpr auto gmail = std::to_array<Line>({
    {anywhere, "", permanent, "5.4.5", "", Scope::quota, "Gmail: daily sending limit"},
    {anywhere, "", either, "*.4.21", "", Scope::throttle, "Gmail: too many requests"},
    {anywhere, "", either, "*.7.28", "", Scope::throttle, "Gmail: unusual rate"},
    {anywhere, "421", transient, "4.7.0", "unusual rate", Scope::throttle, "Gmail: unusual rate"},
    {anywhere, "454", either, "", "too many login", Scope::throttle, "Gmail: too many logins"},
    {anywhere, "", transient, "4.2.1", "peak smtp relay limit", Scope::throttle, "Gmail: peak relay limit"},
    {anywhere, "", permanent, "5.7.0", "mail relay denied|mail sending denied", Scope::credential,
     "Gmail: relaying not set up for this account"},
    {content, "552", permanent, "5.7.0", "", Scope::message, "Gmail: content blocked"},
    {anywhere, "", permanent, "5.7.1", "daily smtp relay", Scope::quota, "Gmail: daily relay limit"},
});

constexpr auto microsoft = std::to_array<Line>({
    {anywhere, "554", permanent, "5.2.0", "submissionquota|quotaexceeded", Scope::quota, "Exchange: submission quota"},
    {anywhere, "", either, "*.2.2", "submission quota", Scope::quota, "Exchange: submission quota"},
    {anywhere, "", either, "*.7.708", "", Scope::quota, "Exchange: address is blocked from sending"},
    {anywhere, "", either, "*.7.705", "", Scope::quota, "Exchange: tenant over its limit"},
    {anywhere, "", either, "*.7.232", "", Scope::quota, "Exchange: external recipients of the day"},
    {anywhere, "", either, "*.7.233", "", Scope::quota, "Exchange: external recipients of the day"},
    {anywhere, "", either, "5.1.90", "", Scope::quota, "Exchange: recipients of the day"},
    {anywhere, "", either, "*.1.8", "bad outbound sender|outbound spam", Scope::credential,
     "Exchange: account blocked for spam"},
    {anywhere, "432", transient, "", "recipient thread", Scope::recipient, "Exchange: mailbox busy"},
    {anywhere, "432", transient, "", "", Scope::throttle, "Exchange: concurrent connections", Company::any,
     Advice::fewer_sessions},
    {anywhere, "", either, "*.7.60", "", Scope::sender, "Exchange: may not send as this sender"},
    {anywhere, "", either, "*.2.252", "", Scope::sender, "Exchange: send-as denied"},
    {anywhere, "", either, "*.2.253", "", Scope::throttle, "Exchange: throttled over its license"},
    {anywhere, "", either, "*.7.57", "", Scope::credential, "Exchange: not authenticated"},
    {anywhere, "", either, "*.7.139", "", Scope::credential, "Exchange: authenticated SMTP is switched off"},
    {anywhere, "451", transient, "4.7.500", "", Scope::throttle, "Exchange: server busy"},
    {past_mail, "", either, "*.4.1", "", Scope::recipient, "Exchange: recipient refused at the edge"},
    {anywhere, "", either, "*.7.606", "", Scope::policy, "Exchange: address is banned"},
    {anywhere, "", either, "*.7.511", "", Scope::policy, "Exchange: address is banned"},
});

constexpr auto ses = std::to_array<Line>({
    {anywhere, "454", transient, "", "throttling failure: daily|daily message quota", Scope::quota, "SES: daily quota"},
    {anywhere, "454", transient, "", "throttling", Scope::throttle, "SES: throttling"},
    {anywhere, "", either, "", "maximum sending rate", Scope::throttle, "SES: sending rate"},
    {anywhere, "", either, "", "daily message quota", Scope::quota, "SES: daily quota"},
    {anywhere, "", either, "", "address is not verified|not verified", Scope::sender, "SES: sender not verified"},
    {anywhere, "", either, "", "access denied: user", Scope::credential, "SES: user may not send"},
    {anywhere, "554", permanent, "", "access denied", Scope::credential, "SES: user may not send"},
});

constexpr auto sendgrid = std::to_array<Line>({
    {anywhere, "451", transient, "", "authentication failed: maximum credits|maximum credits", Scope::quota,
     "SendGrid: out of credits"},
    {at(Stage::auth), "451", transient, "", "authentication failed", Scope::credential, "SendGrid: AUTH refused"},
    {anywhere, "", permanent, "", "unauthenticated senders", Scope::credential, "SendGrid: not authenticated"},
    {anywhere, "", permanent, "", "repeated bad requests", Scope::throttle, "SendGrid: blocked for a while"},
    {anywhere, "403", transient, "", "", Scope::sender, "SendGrid: sender not verified"},
});

constexpr auto mailgun = std::to_array<Line>({
    {anywhere, "", either, "", "please activate your mailgun account|activate your account", Scope::credential,
     "Mailgun: account not activated"},
    {anywhere, "", either, "", "recipient limit exceeded|hourly limit|limit reached", Scope::quota,
     "Mailgun: sending limit"},
    {anywhere, "", either, "", "free accounts are for test|authorized recipients", Scope::policy,
     "Mailgun: recipient not authorized for a test account"},
    {anywhere, "421", either, "", "is not allowed to send", Scope::credential, "Mailgun: domain may not send"},
});

constexpr auto postmark = std::to_array<Line>({
    {anywhere, "", either, "", "inactive recipient|marked as inactive", Scope::recipient,
     "Postmark: recipient is inactive"},
    {anywhere, "412", either, "", "", Scope::policy, "Postmark: account waits for approval"},
    {anywhere, "", either, "", "pending approval", Scope::policy, "Postmark: account waits for approval"},
    {anywhere, "", either, "", "sender signature", Scope::sender, "Postmark: no such sender signature"},
});

constexpr auto sparkpost = std::to_array<Line>({
    {anywhere, "420", transient, "", "sending limit|exceed", Scope::quota, "SparkPost: sending limit"},
    {anywhere, "", either, "", "unconfigured sending domain|unverified sending domain", Scope::sender,
     "SparkPost: sending domain not set up"},
    {past_mail, "", permanent, "5.7.1", "recipient address was suppressed", Scope::recipient,
     "SparkPost: recipient is suppressed"},
    {anywhere, "", either, "", "sending ip temporarily suspended", Scope::throttle, "SparkPost: sending is suspended"},
});

constexpr auto brevo = std::to_array<Line>({
    {anywhere, "502", permanent, "5.7.0", "please authenticate", Scope::credential, "Brevo: not authenticated"},
    {anywhere, "525", permanent, "", "", Scope::credential, "Brevo: address not authorized"},
    {anywhere, "", permanent, "", "not yet activated|account is not activated", Scope::policy,
     "Brevo: account not activated"},
});

constexpr auto yahoo = std::to_array<Line>({
    {anywhere, "421", transient, "", "unexpected volume|user complaints|deferred|[ts", Scope::throttle,
     "Yahoo: deferred for volume or complaints"},
    {past_mail, "554", permanent, "", "this user doesn't have|account has been disabled or discontinued",
     Scope::recipient, "Yahoo: no such user"},
});

constexpr auto icloud = std::to_array<Line>({
    {past_mail, "421", transient, "4.7.1", "excessive volume", Scope::throttle, "iCloud: excessive volume"},
});

constexpr auto zoho = std::to_array<Line>({
    {anywhere, "", permanent, "5.4.6", "", Scope::quota, "Zoho: unusual sending activity"},
    {anywhere, "", permanent, "5.4.5", "", Scope::quota, "Zoho: sending limit"},
    {anywhere, "", permanent, "5.1.8", "blocked", Scope::credential, "Zoho: sender blocked"},
    {anywhere, "55x", permanent, "", "relaying disallowed as", Scope::sender, "Zoho: not a sender of this account"},
});

constexpr auto fastmail = std::to_array<Line>({
    {past_mail, "", permanent, "", "client host rejected: address locked", Scope::recipient,
     "Fastmail: recipient's address is locked"},
});

constexpr auto united_internet = std::to_array<Line>({
    {anywhere, "450", transient, "", "mail send limit exceeded", Scope::quota, "United Internet: sending limit"},
    {anywhere, "", either, "", "sender address is not allowed", Scope::sender, "United Internet: not your address"},
});

constexpr auto mailtrap = std::to_array<Line>({
    {anywhere, "", either, "", "too many emails per second", Scope::throttle, "Mailtrap: too fast"},
    {anywhere, "", either, "", "email limit is reached|upgrade your plan", Scope::quota, "Mailtrap: plan's limit"},
});

constexpr auto smtp2go = std::to_array<Line>({
    {anywhere, "550", permanent, "", "relay access denied - please authenticate|please authenticate", Scope::credential,
     "SMTP2GO: not authenticated"},
    {anywhere, "550", permanent, "", "ip address is not allowed", Scope::credential, "SMTP2GO: address not allowed"},
});

constexpr auto ovh = std::to_array<Line>({
    {anywhere, "", permanent, "5.7.1", "too many emails", Scope::quota, "OVHcloud: sending limit"},
});

struct Home {
  std::string_view domain;
  ProviderProfile profile;
};

constexpr Home homes[] = {
    {"gmail.com", ProviderProfile::gmail},
    {"google.com", ProviderProfile::gmail},
    {"googlemail.com", ProviderProfile::gmail},
    {"office365.com", ProviderProfile::microsoft365},
    {"outlook.com", ProviderProfile::microsoft365},
    {"hotmail.com", ProviderProfile::microsoft365},
    {"live.com", ProviderProfile::microsoft365},
    {"amazonaws.com", ProviderProfile::amazon_ses},
    {"sendgrid.net", ProviderProfile::sendgrid},
    {"mailgun.org", ProviderProfile::mailgun},
    {"postmarkapp.com", ProviderProfile::postmark},
    {"sparkpostmail.com", ProviderProfile::sparkpost},
    {"brevo.com", ProviderProfile::brevo},
    {"sendinblue.com", ProviderProfile::brevo},
    {"mailjet.com", ProviderProfile::mailjet},
    {"yahoo.com", ProviderProfile::yahoo},
    {"aol.com", ProviderProfile::yahoo},
    {"me.com", ProviderProfile::icloud},
    {"icloud.com", ProviderProfile::icloud},
    {"zoho.com", ProviderProfile::zoho},
    {"zoho.eu", ProviderProfile::zoho},
    {"zoho.in", ProviderProfile::zoho},
    {"zeptomail.com", ProviderProfile::zoho},
    {"zeptomail.eu", ProviderProfile::zoho},
    {"fastmail.com", ProviderProfile::fastmail},
    {"messagingengine.com", ProviderProfile::fastmail},
    {"gmx.net", ProviderProfile::gmx},
    {"gmx.com", ProviderProfile::gmx},
    {"gmx.de", ProviderProfile::gmx},
    {"web.de", ProviderProfile::gmx},
    {"mail.com", ProviderProfile::gmx},
    {"ovh.net", ProviderProfile::ovh},
    {"ionos.com", ProviderProfile::ionos},
    {"ionos.de", ProviderProfile::ionos},
    {"ionos.co.uk", ProviderProfile::ionos},
    {"1und1.de", ProviderProfile::ionos},
    {"yandex.com", ProviderProfile::yandex},
    {"yandex.ru", ProviderProfile::yandex},
    {"mailtrap.io", ProviderProfile::mailtrap},
    {"mandrillapp.com", ProviderProfile::mandrill},
    {"smtp2go.com", ProviderProfile::smtp2go},
};

bool is_under(std::string_view host, std::string_view domain) {
  return equals_ignoring_case(host, domain) ||
         (host.size() > domain.size() && host[host.size() - domain.size() - 1] == '.' &&
          equals_ignoring_case(host.substr(host.size() - domain.size()), domain));
}

}  // namespace

ProviderProfile profile_of_host(std::string_view host) {
  for (const Home& home : homes)
    if (is_under(host, home.domain)) return home.profile;
  return ProviderProfile::generic;
}

std::span<const Line> lines_of(ProviderProfile profile) {
  switch (profile) {
    case ProviderProfile::gmail:
      return gmail;
    case ProviderProfile::microsoft365:
      return microsoft;
    case ProviderProfile::amazon_ses:
      return ses;
    case ProviderProfile::sendgrid:
      return sendgrid;
    case ProviderProfile::mailgun:
      return mailgun;
    case ProviderProfile::postmark:
      return postmark;
    case ProviderProfile::sparkpost:
      return sparkpost;
    case ProviderProfile::brevo:
      return brevo;
    case ProviderProfile::yahoo:
      return yahoo;
    case ProviderProfile::icloud:
      return icloud;
    case ProviderProfile::zoho:
      return zoho;
    case ProviderProfile::fastmail:
      return fastmail;
    case ProviderProfile::gmx:
    case ProviderProfile::ionos:
      return united_internet;
    case ProviderProfile::ovh:
      return ovh;
    case ProviderProfile::mailtrap:
      return mailtrap;
    case ProviderProfile::smtp2go:
      return smtp2go;
    case ProviderProfile::automatic:
    case ProviderProfile::generic:
    case ProviderProfile::mailjet:
    case ProviderProfile::yandex:
    case ProviderProfile::mandrill:
      break;  // their replies mean what they mean for all
  }
  return {};
}

}  // namespace postroom::policy
