#include "policy/meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace postroom::policy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Timestamp noon{1764072000000};  // 2025-11-25T12:00:00Z

class MeterTest : public testing::Test {
 protected:
  void limit(const store::SendingLimits& limits) { meter_ = Meter(limits, {}); }
  Timestamp wall() const { return noon + (now_ - start_); }
  std::size_t room() { return meter_.room(now_, wall()); }
  // Sends as fast as the meter lets it, for a time; the moments of each email.
  std::vector<Monotonic> send_for(Duration span, Duration step = milliseconds(1)) {
    std::vector<Monotonic> sent;
    for (const Monotonic end = now_ + span; now_ < end; now_ = now_ + step)
      while (const std::size_t emails = std::min<std::size_t>(room(), 1000)) {
        meter_.reserve(emails, now_);
        meter_.begin(emails, now_, wall());
        sent.insert(sent.end(), emails, now_);
      }
    return sent;
  }
  static std::size_t most_within(const std::vector<Monotonic>& sent, Duration span) {
    std::size_t most = 0;
    for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
      while (sent[last] - sent[first] >= span) ++first;
      most = std::max(most, last - first + 1);
    }
    return most;
  }

  const Monotonic start_{1'000'000'000'000};
  Monotonic now_ = start_;
  Meter meter_;
};

TEST_F(MeterTest, KnowsNoBoundWithoutLimits) {
  EXPECT_EQ(room(), SIZE_MAX);
  EXPECT_FALSE(meter_.wait(now_, wall()));
}

TEST_F(MeterTest, NeverExceedsALimitInAnySlidingWindow) {
  limit({20, 100, 0, 0, 0});
  const std::vector<Monotonic> sent = send_for(minutes(3));
  EXPECT_LE(most_within(sent, seconds(1)), 20u);
  EXPECT_LE(most_within(sent, minutes(1)), 100u);
  EXPECT_GE(sent.size(), 300u);
}

TEST_F(MeterTest, NeverExceedsALimitInAnySlidingHour) {
  limit({0, 0, 50, 0, 0});
  const std::vector<Monotonic> sent = send_for(hours(3), seconds(7));
  EXPECT_LE(most_within(sent, hours(1)), 50u);
  EXPECT_GE(sent.size(), 150u);
}

TEST_F(MeterTest, CountsOnWhereItWasWhenTheWallClockStepsBackIntoAnEarlierDay) {
  limit({0, 0, 0, 10, 0});
  const auto send = [this](Timestamp wall, std::size_t emails) {
    meter_.reserve(emails, now_);
    meter_.begin(emails, now_, wall);
  };
  send(noon, 8);
  for (const Duration ahead : {Duration(hours(13)), Duration(hours(24 * 365))}) {
    EXPECT_EQ(meter_.room(now_, noon + ahead), 10u);
    send(noon + ahead, 3);
    EXPECT_EQ(meter_.room(now_, noon), 2u);
    EXPECT_EQ(meter_.room(now_, noon + ahead), 7u);
  }
}

TEST_F(MeterTest, PacesWhatALimitASecondAllows) {
  limit({20, 0, 0, 0, 0});
  const std::vector<Monotonic> sent = send_for(seconds(10));
  EXPECT_LE(most_within(sent, milliseconds(50)), 1u);
  EXPECT_GE(sent.size(), 199u);
}

TEST_F(MeterTest, ReachesAFastLimitInSmallBursts) {
  limit({1000, 0, 0, 0, 0});
  const std::vector<Monotonic> sent = send_for(seconds(5));
  EXPECT_LE(most_within(sent, seconds(1)), 1000u);
  EXPECT_LE(most_within(sent, milliseconds(100)), 150u) << "all of a burst is paced";
  EXPECT_GE(sent.size(), 4900u);
}

TEST_F(MeterTest, CountsWhatIsReservedUntilItBegins) {
  limit({0, 3, 0, 0, 0});
  meter_.reserve(3, now_);
  EXPECT_EQ(room(), 0u);
  now_ = now_ + minutes(5);  // a slow session
  EXPECT_EQ(room(), 0u);
  ASSERT_TRUE(meter_.wait(now_, wall()));
  EXPECT_GE(meter_.wait(now_, wall())->until, now_ + minutes(1));
  meter_.begin(2, now_, wall());
  meter_.release(1);
  EXPECT_EQ(room(), 1u);
}

TEST_F(MeterTest, SaysWhenAndWhyToWait) {
  limit({0, 2, 0, 0, 0});
  meter_.reserve(1, now_);
  meter_.begin(1, now_, wall());
  now_ = now_ + seconds(10);
  meter_.reserve(1, now_);
  meter_.begin(1, now_, wall());
  const std::optional<Meter::Wait> wait = meter_.wait(now_, wall());
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->until, start_ + minutes(1));
  EXPECT_EQ(wait->reason, "The connection's limit of 2 emails a minute is reached.");
  now_ = wait->until;
  EXPECT_EQ(room(), 1u);
}

TEST_F(MeterTest, WaitsForTheNextDayOfItsTimeZone) {
  meter_ = Meter({0, 0, 0, 10, 0}, *TimeZone::find("Europe/Berlin"));
  meter_.reserve(10, now_);
  meter_.begin(10, now_, wall());
  const std::optional<Meter::Wait> wait = meter_.wait(now_, wall());
  ASSERT_TRUE(wait);
  EXPECT_EQ(wait->until, now_ + hours(11));  // 24:00 in Berlin is 23:00 UTC
  now_ = wait->until;
  EXPECT_EQ(room(), 10u);
}

TEST_F(MeterTest, GivesBackWhatWasNeverSent) {
  limit({0, 2, 0, 2, 2});
  meter_.reserve(2, now_);
  meter_.begin(2, now_, wall());
  EXPECT_EQ(room(), 0u);
  meter_.give_back(1, now_, wall());
  EXPECT_EQ(room(), 1u);
  EXPECT_EQ(meter_.used(now_, wall()).per_day, 1u);
}

TEST_F(MeterTest, GoesOnAfterARestartWhereItWas) {
  limit({0, 5, 0, 10, 100});
  store::SendingHistory history;
  for (int i = 0; i < 4; ++i) history.recent.push_back(noon - seconds(40 - i));
  history.quarters = {{noon - hours(30), 50}, {noon - hours(2), 5}, {noon - minutes(15), 4}};
  meter_.restore(history, now_, noon);
  EXPECT_EQ(room(), 1u);
  EXPECT_EQ(meter_.used(now_, noon), (store::SendingLimits{0, 4, 0, 9, 59}));
  now_ = now_ + seconds(21);  // the first of the four has left the minute
  EXPECT_EQ(room(), 1u) << "one is left of the day";
}

TEST_F(MeterTest, TakesARememberedSendForAsLateAsItCanHaveBeen) {
  limit({0, 2, 0, 0, 0});
  meter_.restore({{noon - seconds(59), noon - seconds(59)}, {}}, now_, noon);
  now_ = now_ + seconds(1);
  EXPECT_EQ(room(), 0u) << "the log cuts its times to milliseconds";
  now_ = now_ + std::chrono::milliseconds(1);
  EXPECT_EQ(room(), 2u);
}

TEST_F(MeterTest, IsNotFooledByAClockThatWasAhead) {
  limit({0, 2, 0, 0, 0});
  meter_.restore({{noon + hours(3), noon + hours(3)}, {}}, now_, noon);
  EXPECT_EQ(room(), 0u);
  now_ = now_ + minutes(1);
  EXPECT_EQ(room(), 2u);
}

TEST_F(MeterTest, WarnsOnceWhenAQuotaNears) {
  limit({0, 0, 0, 10, 0});
  const auto send = [&](std::size_t emails) {
    meter_.reserve(emails, now_);
    meter_.begin(emails, now_, wall());
  };
  send(7);
  EXPECT_FALSE(meter_.take_warning());
  send(1);
  EXPECT_EQ(meter_.take_warning(), "8 of the 10 emails of this day are used.");
  send(1);
  EXPECT_FALSE(meter_.take_warning());
  now_ = now_ + hours(24);
  send(9);
  EXPECT_TRUE(meter_.take_warning()) << "the next day has a warning of its own";
}

}  // namespace
}  // namespace postroom::policy
