#include "policy/breaker.h"

#include <gtest/gtest.h>

namespace postroom::policy {
namespace {

using std::chrono::seconds;
using store::HealthState;

constexpr Timestamp wall{1764000000000};
const Verdict outage{Scope::outage, Permanence::transient, "outage"};

class BreakerTest : public testing::Test {
 protected:
  void fault(const Verdict& verdict = outage, std::string reason = "it broke") {
    breaker_.fault(verdict, std::move(reason), now_, wall, random_);
  }
  double probe_wait() const { return std::chrono::duration<double>(breaker_.probe_at(now_) - now_).count(); }

  Monotonic now_{1'000'000'000};
  SeededRandom random_{1};
  Breaker breaker_{BreakerRule{}, {}};
};

TEST_F(BreakerTest, StaysClosedAndDegradedBelowFiveFaultsInARow) {
  for (int i = 0; i < 4; ++i) fault();
  EXPECT_TRUE(breaker_.closed());
  EXPECT_EQ(breaker_.health().state, HealthState::degraded);
  EXPECT_EQ(breaker_.health().faults_in_a_row, 4u);
}

TEST_F(BreakerTest, OpensAtTheFifthAndKeepsTheFirstReason) {
  fault(outage, "the first");
  for (int i = 0; i < 4; ++i) fault(outage, "a later one");
  EXPECT_FALSE(breaker_.closed());
  EXPECT_EQ(breaker_.health().reason, "the first");
  EXPECT_EQ(breaker_.health().since, wall);
}

TEST_F(BreakerTest, CountsOnlyFaultsInARow) {
  for (int i = 0; i < 4; ++i) fault();
  EXPECT_TRUE(breaker_.success(Proof::delivery));
  EXPECT_EQ(breaker_.health().state, HealthState::up);
  for (int i = 0; i < 4; ++i) fault();
  EXPECT_TRUE(breaker_.closed());
}

TEST_F(BreakerTest, OpensAtOnceForARefusedCredentialOrCertificate) {
  for (const Scope scope : {Scope::credential, Scope::tls}) {
    breaker_ = Breaker(BreakerRule{}, {});
    fault({scope, Permanence::permanent, "no"});
    EXPECT_FALSE(breaker_.closed());
  }
}

TEST_F(BreakerTest, OnlyDegradesForAThrottleHoweverOften) {
  for (int i = 0; i < 20; ++i) fault({Scope::throttle, Permanence::transient, "slower"});
  EXPECT_TRUE(breaker_.closed());
  EXPECT_EQ(breaker_.health().state, HealthState::degraded);
  EXPECT_EQ(breaker_.health().faults_in_a_row, 0u);
}

TEST_F(BreakerTest, ProbesWithDoublingWaitsUpToTheLongest) {
  for (int i = 0; i < 5; ++i) fault();
  double wanted = 15;
  for (int i = 0; i < 8; ++i) {
    EXPECT_GE(probe_wait(), wanted * 0.89);
    EXPECT_LE(probe_wait(), wanted * 1.11);
    EXPECT_FALSE(breaker_.wants_probe(now_));
    now_ = breaker_.probe_at(now_);
    EXPECT_TRUE(breaker_.wants_probe(now_));
    breaker_.probe_begins();
    EXPECT_FALSE(breaker_.wants_probe(now_)) << "not twice at once";
    EXPECT_EQ(breaker_.probe_at(now_), now_ + seconds(1)) << "the answer may come soon";
    fault();
    wanted = std::min(wanted * 2, 300.0);
  }
}

TEST_F(BreakerTest, ClosesAtTheFirstGoodProbeAndStartsAfresh) {
  for (int i = 0; i < 9; ++i) fault();
  EXPECT_TRUE(breaker_.success(Proof::delivery));
  EXPECT_TRUE(breaker_.closed());
  EXPECT_FALSE(breaker_.success(Proof::delivery)) << "nothing changes any more";
  for (int i = 0; i < 5; ++i) fault();
  EXPECT_LE(probe_wait(), 15 * 1.11);
}

TEST_F(BreakerTest, ProbesEverMoreSeldomWhatOpensSessionsButSendsNoMail) {
  double wanted = 15;
  for (int round = 0; round < 4; ++round, wanted *= 2) {
    for (int i = 0; i < 5; ++i) fault();
    EXPECT_GE(probe_wait(), wanted * 0.89);
    EXPECT_LE(probe_wait(), wanted * 1.11);
    EXPECT_TRUE(breaker_.success(Proof::probe));
    EXPECT_TRUE(breaker_.closed());
  }
}

TEST_F(BreakerTest, GivesAThrottlingProviderARest) {
  fault({Scope::throttle, Permanence::transient, "slower"}, "451 slow down");
  ASSERT_TRUE(breaker_.rest());
  const Monotonic until = breaker_.rest()->until;
  EXPECT_GE(until, now_ + seconds(9));
  EXPECT_LE(until, now_ + seconds(11));
  EXPECT_EQ(breaker_.rest()->reason_class, Scope::throttle);
  fault({Scope::throttle, Permanence::transient, "slower"});  // another session meets the same trouble
  EXPECT_EQ(breaker_.rest()->until, until);
  now_ = until;
  fault({Scope::throttle, Permanence::transient, "slower"});
  EXPECT_GE(breaker_.rest()->until, now_ + seconds(18));
  breaker_.success(Proof::delivery);
  EXPECT_FALSE(breaker_.rest());
}

TEST_F(BreakerTest, RestsForAsLongAsTheProviderAsks) {
  fault({Scope::quota, Permanence::permanent, "daily limit", std::chrono::hours(3)});
  EXPECT_EQ(breaker_.rest()->until, now_ + std::chrono::hours(3));
  EXPECT_EQ(breaker_.rest()->reason_class, Scope::quota);
  EXPECT_TRUE(breaker_.closed());
}

TEST_F(BreakerTest, RemembersWhatWasStored) {
  const Breaker remembered(BreakerRule{}, {HealthState::down, wall, "since yesterday", 9});
  EXPECT_FALSE(remembered.closed());
  EXPECT_TRUE(remembered.wants_probe(now_));
}

TEST_F(BreakerTest, ProbesAtOnceWhenAnOperatorSaysSo) {
  for (int i = 0; i < 5; ++i) fault();
  breaker_.probe_now();
  EXPECT_TRUE(breaker_.wants_probe(now_));
}

}  // namespace
}  // namespace postroom::policy
