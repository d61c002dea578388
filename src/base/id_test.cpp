#include "base/id.h"

#include <gtest/gtest.h>

namespace postroom {
namespace {

constexpr Timestamp noon{id_epoch_ms + 1000};

TEST(Id, PrintsAsThirteenCharactersThatSortAsTheNumbersDo) {
  IdGenerator ids;
  const std::uint64_t first = ids.next(noon, 3);
  const std::uint64_t second = ids.next(noon + std::chrono::seconds(5), 3);
  EXPECT_EQ(format_id(first).size(), 13u);
  EXPECT_LT(format_id(first), format_id(second));
  EXPECT_EQ(parse_id(format_id(second)), second);
}

TEST(Id, CarriesItsBucketAndItsMoment) {
  IdGenerator ids;
  const EmailId id{ids.next(noon, 63)};
  EXPECT_EQ(id.bucket(), 63u);
  EXPECT_EQ(id.at(), noon);
}

TEST(Id, RefusesWhatIsNoId) {
  EXPECT_FALSE(parse_id(""));
  EXPECT_FALSE(parse_id("0000000000000U"));
  EXPECT_FALSE(parse_id("U000000000000"));
  EXPECT_FALSE(parse_id("Z000000000000")) << "more than 63 bits";
}

TEST(Id, TheFirstOfAMomentLiesWithinTheIdsHoweverFarTheMomentIs) {
  EXPECT_EQ(first_id_at({0}), 0);
  EXPECT_EQ(first_id_at(noon), 1000LL << 22);
  std::int64_t before = first_id_at(noon);
  for (const char* at : {"2094-09-06T00:00:00Z", "2094-09-08T00:00:00Z", "2130-01-01T00:00:00Z", "2164-06-01T00:00:00Z",
                         "9999-12-31T23:59:59Z"}) {
    const std::int64_t first = first_id_at(parse_rfc3339(at).value());
    EXPECT_GE(first, before) << at;
    before = first;
  }
  EXPECT_EQ(before, INT64_MAX);
}

TEST(IdGenerator, BorrowsTheNextMillisecondWhenOneIsFull) {
  IdGenerator ids;
  std::uint64_t last = 0;
  for (int i = 0; i < 10000; ++i) {
    const std::uint64_t id = ids.next(noon, 1);
    ASSERT_GT(id, last);
    last = id;
  }
  EXPECT_EQ(EmailId{last}.at(), noon + std::chrono::milliseconds(2));
}

TEST(IdGenerator, RisesWhenTheClockStepsBackAndAcrossARestart) {
  IdGenerator ids;
  const std::uint64_t before = ids.next(noon, 1);
  EXPECT_GT(ids.next(noon - std::chrono::hours(1), 1), before);
  IdGenerator restarted(before);
  EXPECT_GT(restarted.next(noon - std::chrono::hours(1), 1), before);
  EXPECT_GT(restarted.next(noon - std::chrono::hours(1), 40), before);
}

}  // namespace
}  // namespace postroom
