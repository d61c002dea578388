#include "store/latencies.h"

#include <gtest/gtest.h>

namespace postroom::store {
namespace {

using ms = Milliseconds;

TEST(Latencies, AreWithinSevenPercentOverTheWholeScale) {
  for (std::int64_t truth = 1; truth < 400'000'000; truth += truth / 9 + 1) {
    Latencies one;
    one.add(ms(truth));
    const std::int64_t told = one.percentile(50).count();
    EXPECT_LE(std::abs(told - truth) * 100, truth * 7) << truth << " is told as " << told;
  }
}

TEST(Latencies, GiveTheNearestRank) {
  Latencies all;
  for (int n = 0; n < 98; ++n) all.add(ms(3));
  all.add(ms(1000));
  all.add(ms(60'000));
  EXPECT_EQ(all.count(), 100u);
  EXPECT_EQ(all.percentile(50), ms(3));
  EXPECT_EQ(all.percentile(98), ms(3));
  EXPECT_NEAR(static_cast<double>(all.percentile(99).count()), 1000, 70);
  EXPECT_NEAR(static_cast<double>(all.percentile(100).count()), 60'000, 4200);
}

TEST(Latencies, SayNothingOfNothing) {
  EXPECT_EQ(Latencies().count(), 0u);
  EXPECT_EQ(Latencies().percentile(99), ms(0));
  EXPECT_EQ(Latencies().text(), "");
}

TEST(Latencies, AClockThatWentBackCountsAsAtOnce) {
  Latencies one;
  one.add(ms(-5));
  EXPECT_EQ(one.percentile(50), ms(0));
}

TEST(Latencies, AreTheSameAfterBeingWrittenAndRead) {
  Latencies all;
  for (const int n : {0, 7, 8, 9, 500, 500, 86'400'000}) all.add(ms(n));
  EXPECT_EQ(Latencies::parse(all.text()).text(), all.text());
  Latencies twice = all;
  twice.add(all);
  EXPECT_EQ(twice.count(), 14u);
  EXPECT_EQ(twice.percentile(95), all.percentile(95));
}

TEST(Latencies, LeaveOutWhatIsNone) {
  EXPECT_EQ(Latencies::parse("40:2 57:1").count(), 3u);
  for (const char* text : {"", " ", "x", "40", "40:", "40:x", ":2", "40;2", "4000000000:1", "-1:2"})
    EXPECT_EQ(Latencies::parse(text).count(), 0u) << text;
}

}  // namespace
}  // namespace postroom::store
