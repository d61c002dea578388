// fine-print, "The life of an email": the rows that leave `sending`.
#include "policy/fate.h"

#include <gtest/gtest.h>

namespace postroom::policy {
namespace {

using store::EmailRecord;
using store::EmailStatus;

constexpr Timestamp now{1764000000000};
constexpr Monotonic monotonic_now{5'000'000'000};

class Fate : public testing::Test {
 protected:
  Fate() {
    email_.status = EmailStatus::sending;
    other_.id = 8;
  }
  EmailRecord after(Ending::Kind kind, Scope scope, Permanence permanence, const Route& next = {}) {
    Ending ending;
    ending.kind = kind;
    ending.verdict.scope = scope;
    ending.verdict.permanence = permanence;
    ending.verdict.elsewhere = is_email_fault(scope) ? Elsewhere::useless : Elsewhere::worthwhile;
    ending.verdict.retry_after = retry_after_;
    ending.verdict.advice = advice_;
    ending.reason = "so it went";
    ending.over = 7;
    return fate(email_, ending, next, {schedule_, on_doubt_}, now, monotonic_now, random_);
  }
  EmailRecord refused(Scope scope, Permanence permanence, const Route& next = {}) {
    return after(Ending::Kind::refused, scope, permanence, next);
  }
  EmailRecord doubted() { return after(Ending::Kind::doubt, Scope::unknown, Permanence::transient); }
  static Route to(const store::ConnectionRecord& connection) {
    Route route;
    route.connection = &connection;
    return route;
  }
  static void expect_wait(const EmailRecord& email, Duration about) {
    ASSERT_TRUE(email.next_attempt_at);
    const auto wait = static_cast<double>((*email.next_attempt_at - now).count());
    const auto wanted = static_cast<double>(std::chrono::duration_cast<Milliseconds>(about).count());
    EXPECT_GE(wait, wanted * 0.89);
    EXPECT_LE(wait, wanted * 1.11);
  }

  EmailRecord email_;
  RetrySchedule schedule_;
  store::OnDoubt on_doubt_ = store::OnDoubt::retry;
  std::optional<Duration> retry_after_;
  Advice advice_ = Advice::none;
  SeededRandom random_{1};
  store::ConnectionRecord other_;
};

TEST_F(Fate, AcceptsAndForgetsReasonAndDoubt) {
  email_.in_doubt_with = 7;
  email_.reason = "an earlier trouble";
  const EmailRecord email = after(Ending::Kind::accepted, Scope::none, Permanence::transient);
  EXPECT_EQ(email.status, EmailStatus::accepted);
  EXPECT_EQ(email.finished_at, now);
  EXPECT_EQ(email.reason, "");
  EXPECT_FALSE(email.in_doubt_with);
  EXPECT_FALSE(email.next_attempt_at);
  EXPECT_EQ(email.attempts, 1u);
  EXPECT_EQ(email.tries, 1u);
}

TEST_F(Fate, FailsForAPermanentRefusalOfRecipientOrMessage) {
  for (const Scope scope : {Scope::recipient, Scope::message}) {
    const EmailRecord email = refused(scope, Permanence::permanent, to(other_));
    EXPECT_EQ(email.status, EmailStatus::failed);
    EXPECT_EQ(email.finished_at, now);
    EXPECT_EQ(email.reason_class, scope);
    EXPECT_EQ(email.attempts, 1u);
  }
}

TEST_F(Fate, WaitsForAConnectionThatMayOfferWhatThisOneLacks) {
  Ending ending;
  ending.verdict = {Scope::message, Permanence::permanent, "lacks an extension"};
  ending.verdict.elsewhere = Elsewhere::needed;
  const auto after_lack = [&](const Route& next) {
    return fate(email_, ending, next, {schedule_, on_doubt_}, now, monotonic_now, random_);
  };
  Route next;
  next.until = monotonic_now + std::chrono::seconds(20);
  EXPECT_EQ(after_lack(next).status, EmailStatus::queued);
  EXPECT_EQ(after_lack(next).next_attempt_at, now + std::chrono::seconds(20));
  EXPECT_EQ(after_lack(to(other_)).next_attempt_at, now);
  next.nobody_offers = true;
  EXPECT_EQ(after_lack(next).status, EmailStatus::failed);
}

TEST_F(Fate, DefersATransientRefusalOfRecipientOrMessageByTheSchedule) {
  for (const Scope scope : {Scope::recipient, Scope::message}) {
    email_.attempts = 2;
    const EmailRecord email = refused(scope, Permanence::transient, to(other_));
    EXPECT_EQ(email.status, EmailStatus::deferred);
    EXPECT_EQ(email.attempts, 3u);
    expect_wait(email, schedule_.waits[2]);
  }
}

TEST_F(Fate, SendsWhatAFullTransactionLeftAtOnceAndCountsItNot) {
  email_.attempts = 2;
  advice_ = Advice::next_transaction;
  const EmailRecord email = refused(Scope::recipient, Permanence::transient, to(other_));
  EXPECT_EQ(email.status, EmailStatus::deferred);
  EXPECT_EQ(email.next_attempt_at, now);
  EXPECT_EQ(email.attempts, 2u);
  EXPECT_EQ(email.tries, 1u);
}

// A provider that takes mail and loses its reply would else get a copy a minute.
TEST_F(Fate, TriesMailInDoubtAgainByTheSchedule) {
  for (std::uint32_t before = 0; before < 4; ++before) {
    email_.attempts = before;
    expect_wait(doubted(), schedule_.waits[before]);
  }
}

TEST_F(Fate, BacksOffFromRefusalsThatCostNoAttemptByTheSchedule) {
  for (const Scope scope : {Scope::sender, Scope::policy}) {
    email_ = {};
    email_.id = {first_id_at(now)};
    Timestamp tried = now;
    for (std::size_t round = 0; round < schedule_.waits.size() + 2; ++round) {
      Ending ending;
      ending.verdict = {scope, Permanence::permanent, "not from here"};
      email_ = fate(email_, ending, {}, {schedule_, on_doubt_}, tried, monotonic_now, random_);
      EXPECT_EQ(email_.attempts, 0u);
      const auto wait = *email_.next_attempt_at - tried;
      EXPECT_GE(wait, schedule_.waits[std::min(round, schedule_.waits.size() - 1)] * 0.89);
      tried = *email_.next_attempt_at;
    }
  }
}

TEST_F(Fate, TakesNoLongStepForAFirstRefusalHoweverOldTheMail) {
  email_.tries = 0;  // it was scheduled, or waited for a limit
  expect_wait(refused(Scope::sender, Permanence::permanent), schedule_.waits[0]);
}

TEST_F(Fate, RepeatsTheLastWaitOfTheSchedule) {
  email_.attempts = 50;
  expect_wait(refused(Scope::recipient, Permanence::transient), schedule_.waits.back());
}

TEST_F(Fate, WaitsAsLongAsTheProviderAsks) {
  retry_after_ = std::chrono::hours(3);
  const EmailRecord email = refused(Scope::recipient, Permanence::transient);
  EXPECT_EQ(*email.next_attempt_at, now + std::chrono::hours(3));
}

TEST_F(Fate, MovesOnAtOnceAndFreeOfChargeAfterAConnectionFault) {
  for (const Scope scope :
       {Scope::credential, Scope::quota, Scope::throttle, Scope::outage, Scope::tls, Scope::protocol}) {
    for (const Permanence permanence : {Permanence::transient, Permanence::permanent}) {
      const EmailRecord email = refused(scope, permanence, to(other_));
      EXPECT_EQ(email.status, EmailStatus::queued);
      EXPECT_EQ(email.next_attempt_at, now);
      EXPECT_EQ(email.attempts, 0u);
      EXPECT_EQ(email.tries, 1u);
    }
  }
}

TEST_F(Fate, WaitsForTheNextWindowWhenNoOtherConnectionIsLeft) {
  Route none;
  none.until = monotonic_now + std::chrono::seconds(42);
  const EmailRecord email = refused(Scope::outage, Permanence::transient, none);
  EXPECT_EQ(email.status, EmailStatus::queued);
  EXPECT_EQ(email.reason_class, Scope::outage);
  EXPECT_EQ(*email.next_attempt_at, now + std::chrono::seconds(42));
  EXPECT_EQ(email.attempts, 0u);
}

TEST_F(Fate, LetsPinnedMailWaitForItsConnectionWhateverAilsIt) {
  email_.pinned_to = 7;
  const EmailRecord email = refused(Scope::credential, Permanence::permanent);
  EXPECT_EQ(email.status, EmailStatus::queued);
  EXPECT_EQ(email.reason_class, Scope::connection);
  EXPECT_FALSE(email.reason.empty()) << "the provider's words say what";
}

TEST_F(Fate, TriesAllConnectionsBeforeItDefersARefusalOfSenderOrByPolicy) {
  for (const Scope scope : {Scope::sender, Scope::policy}) {
    EXPECT_EQ(refused(scope, Permanence::permanent, to(other_)).status, EmailStatus::queued);
    const EmailRecord email = refused(scope, Permanence::permanent);
    EXPECT_EQ(email.status, EmailStatus::deferred);
    EXPECT_EQ(email.attempts, 0u);
    expect_wait(email, schedule_.waits[0]);
  }
}

TEST_F(Fate, DefersADoubtAndTiesItToItsConnection) {
  const EmailRecord email = doubted();
  EXPECT_EQ(email.status, EmailStatus::deferred);
  EXPECT_EQ(email.in_doubt_with, 7);
  EXPECT_EQ(email.reason_class, Scope::unknown);
  EXPECT_EQ(email.attempts, 1u);
  expect_wait(email, schedule_.waits[0]);
}

TEST_F(Fate, HoldsADoubtForAnOperatorWhereThatIsWanted) {
  on_doubt_ = store::OnDoubt::hold;
  const EmailRecord email = doubted();
  EXPECT_EQ(email.status, EmailStatus::unknown);
  EXPECT_EQ(email.in_doubt_with, 7);
  EXPECT_FALSE(email.next_attempt_at);
  EXPECT_FALSE(email.finished_at);
}

TEST_F(Fate, KeepsAnEarlierDoubtThroughLaterRefusals) {
  email_.in_doubt_with = 7;
  EXPECT_EQ(refused(Scope::recipient, Permanence::transient).in_doubt_with, 7);
  EXPECT_EQ(refused(Scope::outage, Permanence::transient).in_doubt_with, 7);
}

}  // namespace
}  // namespace postroom::policy
