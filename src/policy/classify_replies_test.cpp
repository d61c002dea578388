// The classifier against what servers really say, and against words in the wrong place.
#include <gtest/gtest.h>

#include <iterator>
#include <ostream>
#include <string>
#include <string_view>

#include "policy/classify.h"

namespace postroom::policy {
namespace {

struct Case {
  std::string_view host;
  Stage stage;
  std::string_view reply;
  Scope scope;
  std::string_view source;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.host << " stage " << static_cast<int>(c.stage) << ": " << c.reply << " [" << c.source << "]";
}

constexpr std::string_view gmail = "smtp.gmail.com";
constexpr std::string_view relay = "smtp-relay.gmail.com";
constexpr std::string_view exchange = "smtp.office365.com";
constexpr std::string_view ses = "email-smtp.eu-west-1.amazonaws.com";
constexpr std::string_view sendgrid = "smtp.sendgrid.net";
constexpr std::string_view mailgun = "smtp.mailgun.org";
constexpr std::string_view postmark = "smtp.postmarkapp.com";
constexpr std::string_view sparkpost = "smtp.sparkpostmail.com";
constexpr std::string_view brevo = "smtp-relay.brevo.com";
constexpr std::string_view mailjet = "in-v3.mailjet.com";
constexpr std::string_view mandrill = "smtp.mandrillapp.com";
constexpr std::string_view smtp2go = "mail.smtp2go.com";
constexpr std::string_view mailtrap = "live.smtp.mailtrap.io";
constexpr std::string_view zeptomail = "smtp.zeptomail.com";
constexpr std::string_view yahoo = "smtp.mail.yahoo.com";
constexpr std::string_view icloud = "smtp.mail.me.com";
constexpr std::string_view zoho = "smtp.zoho.com";
constexpr std::string_view fastmail = "smtp.fastmail.com";
constexpr std::string_view gmx = "mail.gmx.net";
constexpr std::string_view webde = "smtp.web.de";
constexpr std::string_view ionos = "smtp.ionos.de";
constexpr std::string_view ovh = "ssl0.ovh.net";
constexpr std::string_view other = "mail.example.org";
using enum Stage;

// clang-format off
constexpr Case real_replies[] = {
#include "policy/classify_replies.inc"
};
// clang-format on

mail::Reply reply_of(std::string_view text) {
  mail::Reply reply;
  reply.code = std::stoi(std::string(text.substr(0, 3)));
  reply.lines.emplace_back(text.substr(text.size() > 4 ? 4 : 3));
  reply.enhanced = mail::parse_enhanced(reply.lines.front());
  return reply;
}

Verdict judge(const Case& c) {
  Event event;
  event.stage = c.stage;
  event.reply = reply_of(c.reply);
  event.host = c.host;
  return classify(event);
}

class RealReplies : public testing::TestWithParam<Case> {};

TEST_P(RealReplies, MeanWhatTheirServersMeanByThem) {
  const Case& c = GetParam();
  const Verdict verdict = judge(c);
  EXPECT_EQ(store::to_word(verdict.scope), store::to_word(c.scope)) << "by the rule: " << verdict.rule;
  EXPECT_EQ(verdict.permanence, c.reply[0] == '5' ? Permanence::permanent : Permanence::transient);
  EXPECT_FALSE(verdict.rule.empty());
  EXPECT_EQ(verdict.elsewhere == Elsewhere::useless, is_email_fault(verdict.scope));
  EXPECT_FALSE(c.source.empty());
}

INSTANTIATE_TEST_SUITE_P(Table, RealReplies, testing::ValuesIn(real_replies));

TEST(RealReplies, AreManyEnoughToMeanSomething) {
  EXPECT_GE(std::size(real_replies), 150u);
}

// Words in the wrong place: each would mislead a reader who looks for words alone.
constexpr std::string_view made_up = "made up to mislead";
constexpr Case misleading[] = {
    // The recipient's quota isn't ours.
    {other, recipient, "552 5.2.2 Quota exceeded", Scope::recipient, made_up},
    {other, recipient, "452 4.2.2 Mailbox daily quota exceeded", Scope::recipient, made_up},
    {other, dot, "554 5.2.2 sending limit of this mailbox reached", Scope::recipient, made_up},
    {other, recipient, "550 mailbox quota exceeded", Scope::recipient, made_up},
    {gmail, recipient, "552 5.2.2 The email account that you tried to reach is over quota", Scope::recipient, made_up},
    // A user, a domain, a page of such a name.
    {other, recipient, "550 5.1.1 <daily.limit@example.org>: user unknown", Scope::recipient, made_up},
    {other, recipient, "550 <sending-limit@example.org> no", Scope::recipient, made_up},
    {other, recipient, "550 <\"rate limit\"@example.org> is not here", Scope::recipient, made_up},
    {other, recipient, "550 \"rate limit\"@example.org is not here", Scope::recipient, made_up},
    {other, recipient, "450 4.1.1 throttle@example.org: unverified address", Scope::recipient, made_up},
    {other, mail, "550 <greylist@example.org> refused", Scope::sender, made_up},
    {other, recipient, "450 <postgrey@example.org> mailbox busy", Scope::recipient, made_up},
    {other, dot, "550 5.7.1 rejected, see https://example.org/daily-limit/rate-limit", Scope::policy, made_up},
    {other, dot, "554 refused by throttle.example.org", Scope::message, made_up},
    {other, recipient, "550 5.7.1 no mail for quota.example.org from here", Scope::recipient, made_up},
    {other, mail, "421 rate.limit.example.org closing", Scope::outage, made_up},
    // Part of another word.
    {other, dot, "550 5.7.0 antispam gateway is not configured", Scope::policy, made_up},
    {other, dot, "554 5.7.0 discontented", Scope::policy, made_up},
    // "Try again" in a refusal for good.
    {other, recipient, "550 5.1.1 No such user, check the address and try again in 5 minutes", Scope::recipient,
     made_up},
    {other, dot, "554 5.6.0 Malformed message, correct it and try again", Scope::message, made_up},
    // An account that isn't ours.
    {other, recipient, "550 5.2.1 The account is suspended", Scope::recipient, made_up},
    {other, recipient, "550 account has been suspended", Scope::recipient, made_up},
    {other, recipient, "550 5.1.1 Account disabled", Scope::recipient, made_up},
    // Other languages: the code speaks.
    {other, recipient, "550 5.1.1 Empfänger unbekannt", Scope::recipient, made_up},
    {other, recipient, "552 5.2.2 Postfach voll, Quota überschritten", Scope::recipient, made_up},
    {other, recipient, "450 4.2.2 Boîte pleine", Scope::recipient, made_up},
    {other, dot, "554 5.7.1 Сообщение отклонено", Scope::policy, made_up},
    {other, mail, "451 4.3.0 しばらくしてからもう一度お試しください", Scope::outage, made_up},
    {other, mail, "421 4.3.2 Service indisponible", Scope::outage, made_up},
    // A server that goes away, whatever was asked of it.
    {other, starttls, "421 4.3.2 Service shutting down", Scope::outage, made_up},
    {other, starttls, "421", Scope::outage, made_up},
    {other, hello, "421 4.3.2 Service shutting down", Scope::outage, made_up},
    {other, auth, "421 4.3.2 Service shutting down", Scope::outage, made_up},
    {other, data, "421 4.3.2 Service shutting down", Scope::outage, made_up},
    {other, dot, "421 4.3.2 Service shutting down", Scope::outage, made_up},
    // A provider's words from another provider's mouth.
    {other, dot, "550 5.4.5 no route", Scope::message, made_up},
    {"smtp.gmail.com.example.org", recipient, "550 5.4.5 something", Scope::recipient, made_up},
    {"notgmail.com", recipient, "550 5.4.5 something", Scope::recipient, made_up},
    // Nothing at all.
    {other, recipient, "550", Scope::recipient, made_up},
    {other, dot, "451", Scope::message, made_up},
    {other, greeting, "554", Scope::policy, made_up},
};

class MisleadingReplies : public testing::TestWithParam<Case> {};

TEST_P(MisleadingReplies, DoNotMislead) {
  const Verdict verdict = judge(GetParam());
  EXPECT_EQ(store::to_word(verdict.scope), store::to_word(GetParam().scope)) << "by the rule: " << verdict.rule;
  EXPECT_EQ(verdict.permanence, GetParam().reply[0] == '5' ? Permanence::permanent : Permanence::transient);
}

INSTANTIATE_TEST_SUITE_P(Table, MisleadingReplies, testing::ValuesIn(misleading));

}  // namespace
}  // namespace postroom::policy
