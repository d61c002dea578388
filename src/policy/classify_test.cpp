#include "policy/classify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

using enum Stage;

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
  EXPECT_EQ(verdict_of_fault(starttls, ErrorCode::tls).scope, Scope::tls);
  EXPECT_EQ(verdict_of_fault(mail, ErrorCode::tls).scope, Scope::outage) << "an alert in mid-session";
  EXPECT_EQ(verdict_of_fault(mail, ErrorCode::protocol).scope, Scope::protocol);
}

TEST(Classify, TriesElsewhereWhatOneProviderLacksTheMeansFor) {
  for (const ErrorCode code : {ErrorCode::denied, ErrorCode::too_large}) {
    const Verdict verdict = verdict_of_fault(mail, code);
    EXPECT_EQ(verdict.scope, Scope::message);
    EXPECT_EQ(verdict.permanence, Permanence::permanent);
    EXPECT_EQ(verdict.elsewhere, Elsewhere::needed);
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

Verdict verdict_of(Stage stage, std::string_view reply, std::span<const store::ReplyRule> own_rules = {},
                   store::ProviderProfile profile = store::ProviderProfile::automatic) {
  Event event;
  event.stage = stage;
  event.reply = reply_of(reply);
  event.own_rules = own_rules;
  event.profile = profile;
  return classify(event);
}

store::ReplyRule quota_rule() {
  store::ReplyRule rule;
  rule.scope = Scope::quota;
  rule.permanence = Permanence::transient;
  return rule;
}

TEST(Classify, AsksTheConnectionsOwnRulesFirst) {
  store::ReplyRule rule = quota_rule();
  rule.name = "allowance";
  rule.code = "550";
  rule.text = "Allowance";
  rule.wait_seconds = 1800;
  const std::vector<store::ReplyRule> rules{rule};
  const Verdict verdict = verdict_of(recipient, "550 5.1.1 your allowance is used up", rules);
  EXPECT_EQ(verdict.scope, Scope::quota);
  EXPECT_EQ(verdict.permanence, Permanence::transient);
  EXPECT_EQ(verdict.rule, "own rule 1: allowance");
  EXPECT_EQ(verdict.retry_after, Duration(std::chrono::minutes(30)));
  EXPECT_EQ(verdict.elsewhere, Elsewhere::worthwhile);
  EXPECT_EQ(verdict_of(recipient, "550 5.1.1 no such user", rules).scope, Scope::recipient);
  EXPECT_EQ(verdict_of(recipient, "551 5.1.1 your allowance is used up", rules).scope, Scope::recipient);
}

TEST(Classify, TakesTheFirstOwnRuleThatFits) {
  store::ReplyRule narrow = quota_rule();
  narrow.stage = store::ReplyStage::dot;
  narrow.enhanced = "5.7.*";
  store::ReplyRule wide = quota_rule();
  wide.code = "5xx";
  wide.scope = Scope::outage;
  const std::vector<store::ReplyRule> rules{narrow, wide};
  EXPECT_EQ(verdict_of(dot, "554 5.7.1 no", rules).rule, "own rule 1");
  EXPECT_EQ(verdict_of(data, "554 5.7.1 no", rules).rule, "own rule 2");
  EXPECT_EQ(verdict_of(dot, "554 5.6.0 no", rules).rule, "own rule 2");
  EXPECT_EQ(verdict_of(dot, "451 4.7.1 no", rules).scope, Scope::policy);
}

TEST(Classify, ReadsTheStageOfAnOwnRule) {
  for (const auto& [word, stages] :
       {std::pair{store::ReplyStage::greeting, std::vector{greeting, hello, starttls}},
        std::pair{store::ReplyStage::auth, std::vector{auth}}, std::pair{store::ReplyStage::mail, std::vector{mail}},
        std::pair{store::ReplyStage::recipient, std::vector{recipient}},
        std::pair{store::ReplyStage::data, std::vector{data}}, std::pair{store::ReplyStage::dot, std::vector{dot}}}) {
    store::ReplyRule rule = quota_rule();
    rule.stage = word;
    rule.code = "5xx";
    const std::vector<store::ReplyRule> rules{rule};
    for (const Stage stage : {greeting, hello, starttls, auth, mail, recipient, data, dot}) {
      const bool meant = std::ranges::find(stages, stage) != stages.end();
      EXPECT_EQ(verdict_of(stage, "550 no", rules).rule == "own rule 1", meant) << static_cast<int>(stage);
    }
  }
}

TEST(Classify, LetsNoOwnRuleTouchDoubtOrAYes) {
  store::ReplyRule rule = quota_rule();
  rule.text = "o";
  const std::vector<store::ReplyRule> rules{rule};
  Event event;
  event.stage = dot;
  event.own_rules = rules;
  event.certainty = Certainty::doubt;
  event.reply = reply_of("550 no");
  EXPECT_EQ(classify(event).scope, Scope::unknown);
  event.certainty = Certainty::definite;
  event.reply = reply_of("250 ok");
  EXPECT_EQ(classify(event).rule, "unexpected reply");
}

TEST(Classify, GoesByTheProfileThatTheConnectionNames) {
  using store::ProviderProfile;
  constexpr std::string_view limit = "550 5.4.5 Daily user sending limit exceeded.";
  EXPECT_EQ(verdict_of(dot, limit, {}, ProviderProfile::gmail).rule, "Gmail: daily sending limit");
  Event event;
  event.stage = dot;
  event.reply = reply_of("454 Throttling failure: Maximum sending rate exceeded");
  event.host = "email-smtp.eu-west-1.amazonaws.com";
  EXPECT_EQ(classify(event).rule, "SES: throttling");
  event.profile = ProviderProfile::generic;
  EXPECT_EQ(classify(event).rule, "throttling");
}

TEST(Classify, ReadsAReplyOfSeveralLinesAsOneSentence) {
  Event event;
  event.stage = dot;
  mail::Reply reply{550, {"5.7.1 You have used up your daily", "5.7.1 sending allowance."}, std::nullopt};
  reply.enhanced = mail::parse_enhanced(reply.lines.front());
  event.reply = reply;
  EXPECT_EQ(classify(event).rule, "the provider's quota");
}

TEST(Classify, SendsTheRestOfAFullTransactionAtOnceInTheNext) {
  Event event;
  event.stage = recipient;
  for (const char* full :
       {"452 4.5.3 Error: too many recipients", "552 too many recipients", "550 5.5.3 Too many recipients",
        "452 4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction.",
        "451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again."}) {
    event.reply = reply_of(full);
    event.company = Company::beside_accepted;
    const Verdict beside = classify(event);
    EXPECT_EQ(beside.scope, Scope::recipient) << full;
    EXPECT_EQ(beside.permanence, Permanence::transient) << full;
    EXPECT_EQ(beside.advice, Advice::next_transaction) << full;
    event.company = Company::any;
    EXPECT_EQ(classify(event).advice, Advice::none) << full;
  }
  event.company = Company::beside_accepted;
  event.reply = reply_of("452 4.2.2 Mailbox full");
  EXPECT_EQ(classify(event).advice, Advice::none);
}

TEST(Classify, AsksForFewerSessionsWhereTheProviderDoes) {
  EXPECT_TRUE(asks_for_fewer_sessions(verdict_of(greeting, "421 Too many concurrent SMTP connections")));
  EXPECT_TRUE(asks_for_fewer_sessions(
      verdict_of(mail, "432 4.3.2 Concurrent connections limit exceeded.", {}, store::ProviderProfile::microsoft365)));
  EXPECT_FALSE(asks_for_fewer_sessions(verdict_of(mail, "450 4.7.1 rate limit exceeded")));
}

TEST(Classify, HearsHowLongTheProviderWantsToWait) {
  using std::chrono::seconds;
  constexpr std::pair<std::string_view, int> asked[] = {
      {"451 4.7.1 Greylisted, please try again in 300 seconds", 300},
      {"450 Retry after 5 minutes", 300},
      {"421 try again in 2 hours", 7200},
      {"451 4.7.1 Greylisting in action, please come back in 00:04:59", 299},
      {"451 come back in 04:59", 299},
      {"450 4.7.1 <x@example.net>: Recipient address rejected: Greylisted for 5 minutes", 300},
      {"550 Too many messages. Try again in 92 seconds.", 92},
      {"421 try again in 60s", 60},
      {"421 try again in 15min", 900},
      {"451 retry in 1h30m", 5400},
      {"451 retry in 1 hour and 30 minutes", 5400},
      {"451 please wait at least 10 minutes.", 600},
      {"451 Retry-After: 120", 120},
      {"451 4.7.1 greylisted, retry=300", 300},
      {"451 try again in an hour", 3600},
      {"451 try again after one day", 86400},
      {"451 delayed for another 45 sec", 45},
      {"421 try again in 400 hours", 86400},
      {"421 try again in 99999999999999999999 seconds", 86400},
  };
  for (const auto& [text, expected] : asked) EXPECT_EQ(requested_wait(text), Duration(seconds(expected))) << text;
}

TEST(Classify, HearsNoWaitWhereNoneIsAskedFor) {
  for (const char* text :
       {"421 try again later", "450 too many messages in 1 hour", "450 limit of 100 messages per 60 minutes",
        "550 try again", "451 wait", "450 blocked since 5 minutes ago", "451 try again in 0 seconds",
        "451 retry in 5 attempts", "451 try again: 4.7.1", "451 try again in a few minutes", "", "451 in 5 minutes"})
    EXPECT_EQ(requested_wait(text), std::nullopt) << text;
}

}  // namespace
}  // namespace postroom::policy
