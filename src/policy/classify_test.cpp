#include "policy/classify.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>

#include "base/text.h"

namespace postroom::policy {
namespace {

mail::Reply reply_of(std::string_view text) {
  mail::Reply reply;
  reply.code = std::stoi(std::string(text.substr(0, 3)));
  reply.lines.emplace_back(text.substr(text.size() > 4 ? 4 : 3));
  reply.enhanced = mail::parse_enhanced(reply.lines.front());
  return reply;
}

struct Case {
  std::string_view host;
  Stage stage;
  std::string_view reply;
  Scope scope;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.host << " stage " << static_cast<int>(c.stage) << ": " << c.reply;
}

constexpr std::string_view gmail = "smtp.gmail.com";
constexpr std::string_view exchange = "smtp.office365.com";
constexpr std::string_view ses = "email-smtp.eu-west-1.amazonaws.com";
constexpr std::string_view postfix = "mail.example.org";
using enum Stage;

// What providers really say. The permanence is that of the code.
constexpr Case cases[] = {
    // Gmail and Google Workspace.
    {gmail, auth, "535 5.7.8 Username and Password not accepted. For more information, go to", Scope::credential},
    {gmail, auth, "534 5.7.9 Application-specific password required.", Scope::credential},
    {gmail, auth, "454 4.7.0 Too many login attempts, please try again later.", Scope::throttle},
    {gmail, mail, "530 5.7.0 Authentication Required.", Scope::credential},
    {gmail, recipient, "550 5.4.5 Daily user sending limit exceeded.", Scope::quota},
    {gmail, dot, "550 5.4.5 Daily SMTP relay limit exceeded for customer.", Scope::quota},
    {gmail, dot, "421 4.7.28 Our system has detected an unusual rate of unsolicited mail.", Scope::throttle},
    {gmail, recipient, "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
     Scope::recipient},
    {gmail, recipient, "550 5.1.1 The email account that you tried to reach does not exist.", Scope::recipient},
    {gmail, recipient, "452 4.2.2 The recipient's inbox is out of storage space.", Scope::recipient},
    {gmail, dot, "552 5.3.4 Your message exceeded Google's message size limits.", Scope::message},
    {gmail, dot, "552 5.7.0 This message was blocked because its content presents a potential security issue.",
     Scope::message},
    {gmail, greeting, "421 4.3.0 Temporary System Problem. Try again later.", Scope::outage},

    // Exchange Online.
    {exchange, auth, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
     Scope::credential},
    {exchange, auth, "535 5.7.3 Authentication unsuccessful", Scope::credential},
    {exchange, mail, "530 5.7.57 Client not authenticated to send mail.", Scope::credential},
    {exchange, dot, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", Scope::quota},
    {exchange, dot, "554 5.2.252 SendAsDenied; a@example.org not allowed to send as b@example.org", Scope::sender},
    {exchange, dot, "550 5.7.60 SMTP; Client does not have permissions to send as this sender", Scope::sender},
    {exchange, mail, "432 4.3.2 Concurrent connections limit exceeded.", Scope::throttle},
    {exchange, recipient, "550 5.1.90 Your message can't be sent because you've reached your daily limit",
     Scope::quota},
    {exchange, recipient, "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.",
     Scope::quota},
    {exchange, recipient, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", Scope::recipient},
    {exchange, recipient, "550 5.4.1 Recipient address rejected: Access denied.", Scope::recipient},
    {exchange, greeting, "421 4.3.2 Service not available", Scope::outage},

    // Amazon SES.
    {ses, auth, "535 Authentication Credentials Invalid", Scope::credential},
    {ses, auth, "454 Temporary authentication failure", Scope::outage},
    {ses, dot, "454 Throttling failure: Maximum sending rate exceeded.", Scope::throttle},
    {ses, dot, "554 Message rejected: Email address is not verified.", Scope::sender},
    {ses, mail, "530 Authentication required", Scope::credential},
    {ses, dot, "554 Message rejected: Sending paused for this account.", Scope::credential},

    // SendGrid, Mailgun, Postmark, Brevo and their like.
    {"smtp.sendgrid.net", dot, "550 The from address does not match a verified Sender Identity.", Scope::sender},
    {"smtp.mailgun.org", dot, "421 Domain example.org is not allowed to send: hourly limit reached", Scope::quota},
    {"smtp.mailgun.org", recipient, "550 5.7.1 Relaying denied", Scope::policy},
    {"smtp.postmarkapp.com", dot, "421 Rate limit reached, slow down", Scope::throttle},
    {"smtp-relay.brevo.com", auth, "525 5.7.1 Unauthorized IP address", Scope::credential},
    {"smtp-relay.brevo.com", dot, "502 5.7.0 Your SMTP account is not yet activated.", Scope::policy},
    {"in.mailjet.com", dot, "550 Your account has been disabled", Scope::credential},

    // Postfix, Exim and the standard's own words.
    {postfix, greeting, "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org", Scope::policy},
    {postfix, greeting, "421 Too many concurrent SMTP connections", Scope::throttle},
    {postfix, hello, "421 4.7.0 mx.example.org Error: too many errors", Scope::outage},
    {postfix, hello, "550 Helo command rejected: need fully-qualified hostname", Scope::policy},
    {postfix, starttls, "454 4.7.0 TLS not available due to local problem", Scope::tls},
    {postfix, starttls, "502 5.5.1 Error: command not implemented", Scope::tls},
    {postfix, mail, "553 5.7.1 <a@example.org>: Sender address rejected: not owned by user bob", Scope::sender},
    {postfix, mail, "450 4.1.8 <a@none.example>: Sender address rejected: Domain not found", Scope::sender},
    {postfix, mail, "452 4.3.1 Insufficient system storage", Scope::outage},
    {postfix, mail, "552 5.3.4 Message size exceeds fixed limit", Scope::message},
    {postfix, mail, "555 5.5.4 Unsupported option: SMTPUTF8", Scope::protocol},
    {postfix, mail, "503 5.5.1 Error: nested MAIL command", Scope::protocol},
    {postfix, mail, "451 try later", Scope::outage},
    {postfix, mail, "550 no", Scope::sender},
    {postfix, recipient, "550 5.1.1 <x@example.net>: Recipient address rejected: User unknown", Scope::recipient},
    {postfix, recipient, "450 4.2.0 <x@example.net>: Recipient address rejected: Greylisted", Scope::recipient},
    {postfix, recipient, "450 4.1.1 <x@example.net>: unverified address: Address lookup failure", Scope::recipient},
    {postfix, recipient, "554 5.7.1 <x@example.net>: Relay access denied", Scope::policy},
    {postfix, recipient, "550 5.7.1 <x@example.net>: Recipient address rejected: policy", Scope::recipient},
    {postfix, recipient, "452 4.5.3 Error: too many recipients", Scope::throttle},
    {postfix, recipient, "452 4.2.2 Mailbox full", Scope::recipient},
    {postfix, recipient, "550 5.2.1 mailbox disabled", Scope::recipient},
    {postfix, recipient, "556 5.1.10 Recipient address has null MX", Scope::recipient},
    {postfix, recipient, "421 4.4.2 mx.example.org Error: timeout exceeded", Scope::outage},
    {postfix, recipient, "451 4.3.5 Server configuration problem", Scope::outage},
    {postfix, recipient, "550 No such user here", Scope::recipient},
    {postfix, recipient, "451 Temporary local problem - please try later", Scope::recipient},
    {postfix, data, "554 5.5.1 Error: no valid recipients", Scope::protocol},
    {postfix, data, "451 4.7.1 Service unavailable - try again later", Scope::policy},
    {postfix, dot, "550 5.7.1 Message contains a virus", Scope::message},
    {postfix, dot, "554 5.7.1 Spam message rejected", Scope::message},
    {postfix, dot, "554 5.6.0 Message content rejected", Scope::message},
    {postfix, dot, "550 5.7.26 Unauthenticated email from example.org is not accepted (DMARC)", Scope::policy},
    {postfix, dot, "452 4.3.1 Insufficient system storage", Scope::outage},
    {postfix, dot, "451 4.3.0 Error: queue file write error", Scope::outage},
    {postfix, dot, "451 Requested action aborted: local error in processing", Scope::message},
    {postfix, dot, "554 Transaction failed", Scope::message},
};

class RealReplies : public testing::TestWithParam<Case> {};

TEST_P(RealReplies, AreClassifiedByScopeAndPermanence) {
  const Case& c = GetParam();
  Event event;
  event.stage = c.stage;
  event.reply = reply_of(c.reply);
  event.host = c.host;
  const Verdict verdict = classify(event);
  EXPECT_EQ(store::to_word(verdict.scope), store::to_word(c.scope)) << "by the rule: " << verdict.rule;
  EXPECT_EQ(verdict.permanence, c.reply[0] == '5' ? Permanence::permanent : Permanence::transient);
  EXPECT_FALSE(verdict.rule.empty());
  EXPECT_EQ(verdict.elsewhere == Elsewhere::useless, is_email_fault(verdict.scope));
}

INSTANTIATE_TEST_SUITE_P(Table, RealReplies, testing::ValuesIn(cases));

Verdict verdict_of_fault(Stage stage, ErrorCode code) {
  Event event;
  event.stage = stage;
  event.fault = code;
  return classify(event);
}

TEST(Classify, CallsEveryBreakBeforeTheDotTheConnections) {
  for (const ErrorCode code : {ErrorCode::timeout, ErrorCode::closed, ErrorCode::refused, ErrorCode::unreachable,
                               ErrorCode::not_found, ErrorCode::canceled, ErrorCode::io}) {
    const Verdict verdict = verdict_of_fault(connect, code);
    EXPECT_EQ(verdict.scope, Scope::outage);
    EXPECT_EQ(verdict.permanence, Permanence::transient);
    EXPECT_EQ(verdict.elsewhere, Elsewhere::worthwhile);
  }
}

TEST(Classify, TellsUnmetDemandsApart) {
  EXPECT_EQ(verdict_of_fault(starttls, ErrorCode::denied).scope, Scope::tls);
  EXPECT_EQ(verdict_of_fault(auth, ErrorCode::denied).scope, Scope::credential);
  EXPECT_EQ(verdict_of_fault(tls, ErrorCode::tls).scope, Scope::tls);
  EXPECT_EQ(verdict_of_fault(mail, ErrorCode::protocol).scope, Scope::protocol);
}

TEST(Classify, TriesElsewhereWhatOneProviderLacksTheMeansFor) {
  for (const ErrorCode code : {ErrorCode::denied, ErrorCode::too_large}) {
    const Verdict verdict = verdict_of_fault(mail, code);
    EXPECT_EQ(verdict.scope, Scope::message);
    EXPECT_EQ(verdict.permanence, Permanence::permanent);
    EXPECT_EQ(verdict.elsewhere, Elsewhere::worthwhile);
  }
}

TEST(Classify, NeverReadsDoubtAsAnAnswer) {
  Event event;
  event.stage = dot;
  event.certainty = Certainty::doubt;
  event.reply = reply_of("221 2.0.0 Bye");
  EXPECT_EQ(classify(event).scope, Scope::unknown);
  event.reply = reply_of("550 5.1.1 User unknown");
  EXPECT_EQ(classify(event).scope, Scope::unknown);
}

TEST(Classify, HearsHowLongTheProviderWantsToWait) {
  using std::chrono::seconds;
  EXPECT_EQ(requested_wait("451 4.7.1 Greylisted, please try again in 300 seconds"), Duration(seconds(300)));
  EXPECT_EQ(requested_wait("450 Retry after 5 minutes"), Duration(seconds(300)));
  EXPECT_EQ(requested_wait("421 try again in 2 hours"), Duration(seconds(7200)));
  EXPECT_EQ(requested_wait("421 try again in 400 hours"), Duration(std::chrono::hours(24)));
  EXPECT_EQ(requested_wait("421 try again later"), std::nullopt);
}

}  // namespace
}  // namespace postroom::policy
