#include "base/time_zone.h"

#include <gtest/gtest.h>

namespace postroom {
namespace {

Timestamp at(const char* text) {
  return *parse_rfc3339(text);
}

TEST(TimeZone, IsUtcByDefault) {
  const TimeZone zone;
  EXPECT_EQ(format_rfc3339(zone.start_of_day(at("2026-11-25T13:14:15Z"))), "2026-11-25T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(zone.start_of_next_day(at("2026-11-25T13:14:15Z"))), "2026-11-26T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(zone.start_of_month(at("2026-11-25T13:14:15Z"))), "2026-11-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(zone.start_of_next_month(at("2026-12-31T23:59:59Z"))), "2027-01-01T00:00:00.000Z");
}

TEST(TimeZone, KnowsWhenADayBeginsElsewhere) {
  const Result<TimeZone> berlin = TimeZone::find("Europe/Berlin");
  ASSERT_TRUE(berlin);
  EXPECT_EQ(format_rfc3339(berlin->start_of_day(at("2026-11-24T23:30:00Z"))), "2026-11-24T23:00:00.000Z");
  EXPECT_EQ(format_rfc3339(berlin->start_of_month(at("2026-10-31T23:30:00Z"))), "2026-10-31T23:00:00.000Z");
  // The day on which the clocks go back has 25 hours, the one on which they go forward 23.
  EXPECT_EQ(berlin->start_of_next_day(at("2026-10-25T12:00:00Z")) - berlin->start_of_day(at("2026-10-25T12:00:00Z")),
            std::chrono::hours(25));
  EXPECT_EQ(berlin->start_of_next_day(at("2026-03-29T12:00:00Z")) - berlin->start_of_day(at("2026-03-29T12:00:00Z")),
            std::chrono::hours(23));
}

TEST(TimeZone, BeginsADayWhoseMidnightIsSkippedAtItsFirstMoment) {
  const Result<TimeZone> cairo = TimeZone::find("Africa/Cairo");  // 2026-04-24: from 00:00 to 01:00
  ASSERT_TRUE(cairo);
  EXPECT_EQ(format_rfc3339(cairo->start_of_day(at("2026-04-24T12:00:00Z"))), "2026-04-23T22:00:00.000Z");
}

TEST(TimeZone, RefusesANameThatIsNone) {
  for (const char* name : {"", "Mars/Olympus", "../etc/passwd"}) EXPECT_FALSE(TimeZone::find(name)) << name;
}

}  // namespace
}  // namespace postroom
