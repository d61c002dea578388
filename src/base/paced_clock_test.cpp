#include "base/paced_clock.h"

#include <gtest/gtest.h>

namespace postroom {
namespace {

constexpr std::int64_t hour_ms = 3'600'000;

Duration ms(std::int64_t count) {
  return Milliseconds(count);
}

Monotonic after(std::int64_t ms) {
  return Monotonic{ms * 1'000'000};
}

TEST(PacedClock, ShowsWhatTheSystemShowsWhileThatOnlyAdvances) {
  PacedClock clock(ms(1000), after(0));
  EXPECT_EQ(clock.read(ms(1005), after(5)).ms, 1005);
  EXPECT_EQ(clock.read(ms(1005), after(5)).ms, 1005);
  EXPECT_EQ(clock.read(ms(9000), after(8000)).ms, 9000);
}

TEST(PacedClock, CatchesUpAtTwiceItsPaceWhenTheSystemIsSetForward) {
  PacedClock clock(ms(0), after(0));
  EXPECT_EQ(clock.read(ms(hour_ms + 1000), after(1000)).ms, 2000);
  EXPECT_EQ(clock.read(ms(hour_ms + hour_ms), after(hour_ms)).ms, 2 * hour_ms) << "an hour later it is there";
  EXPECT_EQ(clock.read(ms(2 * hour_ms + 1000), after(hour_ms + 1000)).ms, 2 * hour_ms + 1000);
}

TEST(PacedClock, NeverGoesBackWhenTheSystemIsSetBack) {
  PacedClock clock(ms(2 * hour_ms), after(0));
  Timestamp before{2 * hour_ms};
  for (std::int64_t passed = 1; passed < 2 * hour_ms; passed += 997) {
    const Timestamp shown = clock.read(ms(hour_ms + passed), after(passed));
    ASSERT_GE(shown, before);
    ASSERT_GE(shown.ms, hour_ms + passed);
    before = shown;
  }
  EXPECT_EQ(clock.read(ms(3 * hour_ms), after(2 * hour_ms)).ms, 3 * hour_ms) << "it waited for the system at half pace";
}

TEST(PacedClock, StartsNoEarlierThanWhatIsStored) {
  PacedClock clock(ms(1000), after(0));
  clock.start_at_least({5000});
  EXPECT_EQ(clock.read(ms(1000), after(0)).ms, 5000);
  clock.start_at_least({10});
  EXPECT_EQ(clock.read(ms(1010), after(10)).ms, 5005);
}

TEST(PacedClock, LosesNothingToReadingsWithinOneMillisecond) {
  PacedClock clock(ms(0), Monotonic{0});
  for (std::int64_t ns = 0; ns <= 10'000'000; ns += 300'000) clock.read(Duration(ns), Monotonic{ns});
  EXPECT_EQ(clock.read(ms(10), Monotonic{10'000'000}).ms, 10);
}

TEST(PacedClock, SlowsDownHoweverOftenItIsRead) {
  PacedClock clock(ms(1000), Monotonic{0});
  for (std::int64_t us = 0; us <= 100'000; us += 10) clock.read(std::chrono::microseconds(us), Monotonic{us * 1000});
  EXPECT_EQ(clock.read(ms(100), after(100)).ms, 1050);
}

}  // namespace
}  // namespace postroom
