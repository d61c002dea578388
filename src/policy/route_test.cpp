#include "policy/route.h"

#include <gtest/gtest.h>

#include <vector>

namespace postroom::policy {
namespace {

using std::chrono::seconds;
using store::ReasonClass;

constexpr Monotonic now{1'000'000'000};

class RouteTest : public testing::Test {
 protected:
  RouteTest() {
    for (int i = 0; i < 3; ++i) {
      records_[i].id = i + 1;
      records_[i].priority = i;
      records_[i].caption = std::string(1, static_cast<char>('A' + i));
      Candidate candidate;
      candidate.connection = &records_[i];
      candidates_.push_back(candidate);
    }
  }
  RouteRequest request() const { return {pinned_to_, in_doubt_with_, tried_, rule_, seconds(15), chance_, needs_}; }
  Route choose() { return choose_connection(candidates_, request(), now); }
  store::ConnectionId chosen() {
    const Route route = choose();
    return route.connection == nullptr ? 0 : route.connection->id;
  }

  store::ConnectionRecord records_[3];
  std::vector<Candidate> candidates_;
  std::optional<store::ConnectionId> pinned_to_, in_doubt_with_;
  std::set<store::ConnectionId> tried_;
  const store::RoutingRule* rule_ = nullptr;
  double chance_ = 0;
  Extensions needs_;
};

TEST_F(RouteTest, TakesTheFirstUsableOne) {
  EXPECT_EQ(chosen(), 1);
  records_[0].enabled = false;
  EXPECT_EQ(chosen(), 2);
  candidates_[1].healthy = false;
  EXPECT_EQ(chosen(), 3);
}

TEST_F(RouteTest, TriesEachOnceARound) {
  tried_ = {1};
  EXPECT_EQ(chosen(), 2);
  tried_ = {1, 2, 3};
  const Route route = choose();
  EXPECT_EQ(route.connection, nullptr);
  EXPECT_EQ(route.reason_class, ReasonClass::outage);
  EXPECT_EQ(route.until, now + seconds(15));
}

TEST_F(RouteTest, NeverTakesPinnedMailElsewhere) {
  pinned_to_ = 2;
  EXPECT_EQ(chosen(), 2);
  candidates_[1].healthy = false;
  candidates_[1].probe_at = now + seconds(9);
  const Route route = choose();
  EXPECT_EQ(route.connection, nullptr);
  EXPECT_EQ(route.reason_class, ReasonClass::connection);
  EXPECT_EQ(route.until, now + seconds(9));
}

TEST_F(RouteTest, LetsDoubtOutrankThePin) {
  pinned_to_ = 2;
  in_doubt_with_ = 3;
  EXPECT_EQ(chosen(), 3);
  records_[2].enabled = false;
  EXPECT_EQ(chosen(), 0);
  EXPECT_EQ(choose().reason_class, ReasonClass::connection);
}

TEST_F(RouteTest, NamesTheEarliestReasonToLookAgain) {
  candidates_[0].healthy = false;
  candidates_[0].probe_at = now + seconds(60);
  candidates_[1].rests_until = now + seconds(20);
  candidates_[1].rest_reason = "slow down";
  candidates_[2].full_until = now + seconds(40);
  const Route route = choose();
  EXPECT_EQ(route.connection, nullptr);
  EXPECT_EQ(route.until, now + seconds(20));
  EXPECT_EQ(route.reason_class, ReasonClass::throttle);
  EXPECT_NE(route.reason.find("\"B\""), std::string::npos);
  EXPECT_NE(route.reason.find("slow down"), std::string::npos);
}

TEST_F(RouteTest, ForgetsALimitWhoseWindowIsOver) {
  candidates_[0].full_until = now;
  candidates_[0].rests_until = now;
  EXPECT_EQ(chosen(), 1);
}

TEST_F(RouteTest, KeepsMailThatOnlyOurOwnLimitHoldsUp) {
  candidates_[0].full_until = now + seconds(5);
  candidates_[0].full_reason = "The limit is reached.";
  EXPECT_EQ(chosen(), 0);
  EXPECT_EQ(choose().until, now + seconds(5));
  EXPECT_EQ(choose().reason_class, ReasonClass::quota);
  EXPECT_EQ(choose().reason, "The limit is reached.");
}

TEST_F(RouteTest, SpillsWhereTheOperatorAllowsIt) {
  candidates_[0].full_until = now + seconds(5);
  records_[0].over_limit = store::OverLimit::spill;
  EXPECT_EQ(chosen(), 2);
  candidates_[1].full_until = now + seconds(9);
  EXPECT_EQ(chosen(), 0) << "the second keeps its mail";
}

TEST_F(RouteTest, SharesALimitAmongConnectionsOfOnePriority) {
  records_[1].priority = records_[0].priority;
  candidates_[0].full_until = now + seconds(5);
  EXPECT_EQ(chosen(), 2);
}

TEST_F(RouteTest, LeavesAProviderThatAskedForARest) {
  candidates_[0].rests_until = now + seconds(5);
  EXPECT_EQ(chosen(), 2);
}

TEST_F(RouteTest, DrawsByWeightWithinAPriority) {
  for (store::ConnectionRecord& record : records_) record.priority = 10;
  records_[0].weight = 1;
  records_[1].weight = 2;
  records_[2].weight = 1;
  std::vector<store::ConnectionId> drawn;
  for (chance_ = 0; chance_ < 1; chance_ += 0.25) drawn.push_back(chosen());
  EXPECT_EQ(drawn, (std::vector<store::ConnectionId>{1, 2, 2, 3}));
  candidates_[1].healthy = false;
  chance_ = 0.5;
  EXPECT_EQ(chosen(), 3) << "the sick one has no part in the draw";
  chance_ = 0.9999999;
  EXPECT_EQ(chosen(), 3);
}

TEST_F(RouteTest, SkipsWhatAnOperatorHasPaused) {
  candidates_[0].paused = true;
  EXPECT_EQ(chosen(), 2);
  pinned_to_ = 1;
  EXPECT_EQ(chosen(), 0);
  EXPECT_EQ(choose().reason_class, ReasonClass::op);
}

TEST_F(RouteTest, KeepsToWhatARuleNames) {
  const store::RoutingRule rule{"", "example.net", "", "", {3, 2}, store::Otherwise::wait};
  rule_ = &rule;
  EXPECT_EQ(chosen(), 2);
  records_[1].enabled = false;
  EXPECT_EQ(chosen(), 3);
  candidates_[2].healthy = false;
  EXPECT_EQ(chosen(), 0) << "the first is not named";
  pinned_to_ = 1;
  EXPECT_EQ(chosen(), 1) << "a pin outranks a rule";
}

TEST_F(RouteTest, LeavesARuleThatAllowsItOnlyWhenItMust) {
  const store::RoutingRule rule{"", "example.net", "", "", {3}, store::Otherwise::any};
  rule_ = &rule;
  EXPECT_EQ(chosen(), 3);
  candidates_[2].healthy = false;
  EXPECT_EQ(chosen(), 1);
}

TEST_F(RouteTest, TreatsMailThatLeavesItsRuleAsIfThereWereNone) {
  const store::RoutingRule rule{"", "example.net", "", "", {1, 3}, store::Otherwise::any};
  rule_ = &rule;
  candidates_[0].full_until = now + seconds(60);
  EXPECT_EQ(chosen(), 0) << "the first keeps its mail from all that come after it";
  records_[1].priority = records_[0].priority;
  EXPECT_EQ(chosen(), 2) << "and shares it with its equals";
  records_[0].over_limit = store::OverLimit::spill;
  EXPECT_EQ(chosen(), 3) << "the rule holds while one that it names may take the mail";
}

TEST_F(RouteTest, AsksTheFirstRuleThatFits) {
  const std::vector<std::string> tags{"order", "vip"};
  const MailFacts facts{"shop.example", "example.net", "bulk", tags};
  const std::vector<store::RoutingRule> rules{{"other.example", "", "", "", {1}, store::Otherwise::wait},
                                              {"", "example.net", "transactional", "", {1}, store::Otherwise::wait},
                                              {"shop.example", "", "", "vip", {2}, store::Otherwise::wait},
                                              {"", "", "bulk", "", {3}, store::Otherwise::wait}};
  EXPECT_EQ(rule_for(rules, facts), &rules[2]);
  EXPECT_EQ(rule_for(rules, {"shop.example", "example.net", "bulk", {}}), &rules[3]);
  EXPECT_EQ(rule_for(rules, {"shop.example", "example.org", "other", {}}), nullptr);
}

TEST_F(RouteTest, LeavesOutOneThatLacksWhatTheMailNeeds) {
  candidates_[0].offers = Extensions{.eight_bit_mime = true, .smtputf8 = false};
  needs_.eight_bit_mime = true;
  EXPECT_EQ(chosen(), 1);
  needs_.smtputf8 = true;
  EXPECT_EQ(chosen(), 2);
  EXPECT_EQ(explain_route(candidates_, request(), now)[0].why,
            "The connection \"A\" does not offer an extension that the email needs.");
  needs_ = {.size = 20'000'000};
  candidates_[0].offers->size = 10'000'000;
  EXPECT_EQ(chosen(), 2);
  EXPECT_EQ(explain_route(candidates_, request(), now)[0].why,
            "The connection \"A\" takes messages of at most 10000000 bytes.");
  needs_.size = 10'000'000;
  EXPECT_EQ(chosen(), 1);
  candidates_[0].offers->size = 0;  // RFC 1870: no fixed maximum
  needs_.size = 20'000'000;
  EXPECT_EQ(chosen(), 1);
}

TEST_F(RouteTest, WaitsForOneThatMayOfferWhatTheMailNeeds) {
  needs_.smtputf8 = true;
  candidates_[0].offers = candidates_[1].offers = Extensions{};
  candidates_[2].healthy = false;
  candidates_[2].probe_at = now + seconds(9);
  candidates_[2].down_reason = "535 Who are you?";
  const Route route = choose();
  EXPECT_EQ(route.connection, nullptr);
  EXPECT_FALSE(route.nobody_offers);
  EXPECT_EQ(route.reason, "The connection \"C\" is down: 535 Who are you?");
  EXPECT_EQ(route.until, now + seconds(9));
}

TEST_F(RouteTest, TriesThoseThatLackWhatTheMailNeedsWhenAllDo) {
  needs_.smtputf8 = true;
  candidates_[0].offers = candidates_[1].offers = Extensions{};
  records_[2].enabled = false;  // out of service
  EXPECT_EQ(chosen(), 1);
  EXPECT_TRUE(choose().nobody_offers);
  records_[2].enabled = true;
  EXPECT_EQ(chosen(), 3);
  store::RoutingRule names_two;
  names_two.connections = {1, 2};
  names_two.otherwise = store::Otherwise::wait;
  rule_ = &names_two;
  EXPECT_EQ(chosen(), 1);
  names_two.otherwise = store::Otherwise::any;
  EXPECT_EQ(chosen(), 3);
  pinned_to_ = 2;
  EXPECT_EQ(chosen(), 2);
  EXPECT_TRUE(choose().nobody_offers);
}

TEST_F(RouteTest, ExplainsWhyEachIsTakenOrNot) {
  records_[1].enabled = false;
  records_[2].priority = 7;
  const std::vector<Consideration> all = explain_route(candidates_, request(), now);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[0].chosen && all[0].usable);
  EXPECT_FALSE(all[1].usable);
  EXPECT_EQ(all[1].why, "The connection \"B\" is disabled.");
  EXPECT_TRUE(all[2].usable && !all[2].chosen);
  EXPECT_EQ(all[2].why, "The connection \"C\" comes after the chosen one.");
}

TEST_F(RouteTest, SaysWhyNothingCanTakeIt) {
  for (store::ConnectionRecord& record : records_) record.enabled = false;
  EXPECT_EQ(choose().reason_class, ReasonClass::connection);
  EXPECT_GT(choose().until, now);
  pinned_to_ = 99;
  EXPECT_EQ(choose().reason, "The connection it is tied to does not exist.");
}

}  // namespace
}  // namespace postroom::policy
