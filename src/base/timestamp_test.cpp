#include "base/timestamp.h"

#include <gtest/gtest.h>

namespace postroom {
namespace {

TEST(Timestamp, IsReadFromRfc3339) {
  const struct {
    std::string text;
    std::int64_t ms;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-24T08:39:13Z", 1795509553000},
      {"2026-11-24t08:39:13.042z", 1795509553042},
      {"2026-11-24T09:39:13.0429+01:00", 1795509553042},  // truncated, not rounded
      {"2026-11-24T03:09:13.04-05:30", 1795509553040},
      {"2026-11-24T08:39:13.999999999Z", 1795509553999},
      {"1969-12-31T23:59:59.5Z", -500},
      {"2024-02-29T12:00:00Z", 1709208000000},
      {"2016-12-31T23:59:60Z", 1483228800000},  // the leap second counts as the next one
      {"0001-01-01T00:00:00Z", -62135596800000},
      {"9999-12-31T23:59:59Z", 253402300799000},
  };
  for (const auto& c : cases) {
    const Result<Timestamp> at = parse_rfc3339(c.text);
    ASSERT_TRUE(at) << c.text;
    EXPECT_EQ(at->ms, c.ms) << c.text;
    EXPECT_EQ(*parse_rfc3339(format_rfc3339(*at)), *at);
  }
}

TEST(Timestamp, RefusesWhatIsNotRfc3339) {
  for (const std::string text : {"",
                                 "2026-11-24",
                                 "2026-11-24T08:39:13",
                                 "2026-11-24 08:39:13Z",
                                 "2026-11-24T08:39Z",
                                 "2026-13-01T00:00:00Z",
                                 "2026-00-01T00:00:00Z",
                                 "2026-02-29T00:00:00Z",
                                 "2026-04-31T00:00:00Z",
                                 "2026-11-24T24:00:00Z",
                                 "2026-11-24T08:60:00Z",
                                 "2026-11-24T08:39:61Z",
                                 "2026-11-24T08:39:13.Z",
                                 "2026-11-24T08:39:13.0000000001Z",
                                 "2026-11-24T08:39:13+1:00",
                                 "2026-11-24T08:39:13+0100",
                                 "2026-11-24T08:39:13+24:00",
                                 "2026-11-24T08:39:13ZZ",
                                 "2026-11-24T08:39:13Z ",
                                 "+2026-11-24T08:39:13Z",
                                 "12026-11-24T08:39:13Z",
                                 "2026-1-24T08:39:13Z"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Timestamp, IsShownInTheFormatsOfJsonAndMail) {
  EXPECT_EQ(format_rfc3339({1795509553042}), "2026-11-24T08:39:13.042Z");
  EXPECT_EQ(format_rfc3339({-1}), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc5322({1795509553042}), "Tue, 24 Nov 2026 08:39:13 +0000");
  EXPECT_EQ(format_rfc5322({0}), "Thu, 1 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(format_http_date({0}), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(Monotonic, NeverStaysNever) {
  EXPECT_EQ(Monotonic::never() + std::chrono::hours(1), Monotonic::never());
  EXPECT_LT(Monotonic{1} + std::chrono::hours(1), Monotonic::never());
}

}  // namespace
}  // namespace postroom
