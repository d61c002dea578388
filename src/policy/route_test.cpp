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
      records_[i].caption = std::string(1, static_cast<char>('A' + i));
      Candidate candidate;
      candidate.connection = &records_[i];
      candidates_.push_back(candidate);
    }
  }
  Route choose() { return choose_connection(candidates_, {pinned_to_, in_doubt_with_, tried_}, now); }
  store::ConnectionId chosen() {
    const Route route = choose();
    return route.connection == nullptr ? 0 : route.connection->id;
  }

  store::ConnectionRecord records_[3];
  std::vector<Candidate> candidates_;
  std::optional<store::ConnectionId> pinned_to_, in_doubt_with_;
  std::set<store::ConnectionId> tried_;
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
  candidates_[1].free_at = now + seconds(20);
  candidates_[1].wait_class = ReasonClass::throttle;
  candidates_[2].free_at = now + seconds(40);
  const Route route = choose();
  EXPECT_EQ(route.connection, nullptr);
  EXPECT_EQ(route.until, now + seconds(20));
  EXPECT_EQ(route.reason_class, ReasonClass::throttle);
  EXPECT_NE(route.reason.find("\"B\""), std::string::npos);
}

TEST_F(RouteTest, ForgetsALimitWhoseWindowIsOver) {
  candidates_[0].free_at = now;
  EXPECT_EQ(chosen(), 1);
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
