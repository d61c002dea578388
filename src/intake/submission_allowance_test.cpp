#include "intake/submission_allowance.h"

#include <gtest/gtest.h>

#include <memory>

#include "async/signal.h"
#include "async/sim_loop.h"
#include "store/memory/memory_store.h"

namespace postroom::intake {
namespace {

class SubmissionAllowanceTest : public ::testing::Test {
 protected:
  SubmissionAllowanceTest() { login_.id = 7; }

  bool send(std::size_t emails) {
    if (allowance_->refusal(login_, emails)) return false;
    EXPECT_TRUE(loop_.run(allowance_->take(login_, emails)));
    return true;
  }
  std::size_t send_all() {
    std::size_t sent = 0;
    while (sent < 1000 && send(1)) ++sent;
    return sent;
  }
  void restart() {
    allowance_ = std::make_unique<SubmissionAllowance>(loop_, store_);
    ASSERT_TRUE(loop_.run(allowance_->load()));
  }
  async::Task<void> passing(Duration time) { co_await async::sleep_until(loop_, loop_.now() + time); }
  void pass(Duration time) { loop_.run(passing(time)); }

  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  std::unique_ptr<SubmissionAllowance> allowance_ = std::make_unique<SubmissionAllowance>(loop_, store_);
  store::SubmissionLoginRecord login_;
};

TEST_F(SubmissionAllowanceTest, LetsALoginWithoutLimitsSend) {
  EXPECT_EQ(send_all(), 1000U);
}

TEST_F(SubmissionAllowanceTest, HoldsAMinutesLimitInAnySixtySeconds) {
  login_.per_minute = 10;
  EXPECT_FALSE(send(11));
  EXPECT_TRUE(send(4));
  pass(std::chrono::seconds(30));
  EXPECT_TRUE(send(6));
  EXPECT_FALSE(send(1));
  EXPECT_NE(allowance_->refusal(login_, 1)->find("try again in 3"), std::string::npos);
  pass(std::chrono::seconds(31));  // the first four are a minute old
  EXPECT_EQ(send_all(), 4U);
}

TEST_F(SubmissionAllowanceTest, HoldsADaysLimitUntilTheDayTurns) {
  login_.per_day = 20;
  EXPECT_EQ(send_all(), 20U);
  pass(std::chrono::hours(24));
  EXPECT_EQ(send_all(), 20U);
}

TEST_F(SubmissionAllowanceTest, NeverGivesMoreAfterARestartAndAHundredthLessAtMost) {
  login_.per_day = 500;
  for (int i = 0; i < 123; ++i) EXPECT_TRUE(send(1));
  restart();
  const std::size_t rest = send_all();
  EXPECT_LE(rest, 500U - 123U);
  EXPECT_GE(rest, 500U - 123U - 5U);
  restart();
  EXPECT_EQ(send_all(), 0U);
  pass(std::chrono::hours(24));
  EXPECT_EQ(send_all(), 500U);
}

TEST_F(SubmissionAllowanceTest, CountsOnWhenTheLimitChanges) {
  login_.per_day = 10;
  EXPECT_EQ(send_all(), 10U);
  login_.per_day = 15;
  EXPECT_EQ(send_all(), 5U);
  login_.per_day = 12;
  EXPECT_EQ(send_all(), 0U);
}

TEST_F(SubmissionAllowanceTest, SaysWhenItCanNotBeWrittenDown) {
  login_.per_day = 10;
  store_.on_commit([](store::memory::Write) { return store::memory::CommitFate::refused; });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(loop_.run(allowance_->take(login_, 1)));
  store_.on_commit({});
  EXPECT_EQ(send_all(), 10U) << "and then takes nothing";
}

}  // namespace
}  // namespace postroom::intake
