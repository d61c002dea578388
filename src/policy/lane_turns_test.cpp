#include "policy/lane_turns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "policy/session_allowance.h"

namespace postroom::policy {
namespace {

// Whose starts follow when the lanes that are named wait without end: "0000000001" and so on.
std::string starts(LaneTurns& turns, const std::string& waiting, std::size_t lanes, int number,
                   SessionPlaces places = {0, 4}) {
  std::string order;
  for (int i = 0; i < number; ++i) {
    const auto next = turns.next(lanes, places, [&](std::size_t lane) {
      return waiting.find(static_cast<char>('0' + lane)) != std::string::npos;
    });
    order += next ? static_cast<char>('0' + *next) : '-';
  }
  return order;
}

TEST(LaneTurns, PutsTheFirstLaneFirstAndForgetsNoOther) {
  LaneTurns turns;
  EXPECT_EQ(starts(turns, "01", 2, 20), "00000000010000000001");
  EXPECT_EQ(starts(turns, "1", 2, 3), "111");
  LaneTurns three;
  const std::string order = starts(three, "012", 3, 100);
  EXPECT_LE(std::ranges::count(order, '0'), 82);
  EXPECT_GE(std::ranges::count(order, '1'), 9);
  EXPECT_GE(std::ranges::count(order, '2'), 9);
}

TEST(LaneTurns, LetsACodePassWaitingNewsletters) {
  LaneTurns turns;
  EXPECT_EQ(starts(turns, "1", 2, 50), std::string(50, '1'));
  EXPECT_EQ(starts(turns, "01", 2, 1), "0");
}

TEST(LaneTurns, KeepsSomeOfManyPlacesForTheFirstLane) {
  LaneTurns turns;
  EXPECT_EQ(starts(turns, "1", 2, 1, {7, 10, 7}), "1");
  EXPECT_EQ(starts(turns, "1", 2, 1, {8, 10, 8}), "-");
  EXPECT_EQ(starts(turns, "01", 2, 1, {8, 10, 8}), "0");
  EXPECT_EQ(starts(turns, "0", 2, 1, {10, 10, 8}), "-");
  EXPECT_EQ(starts(turns, "1", 2, 1, {3, 4, 3}), "1") << "few places are for all";
  EXPECT_EQ(starts(turns, "", 2, 1), "-");
}

TEST(LaneTurns, ForgetsNoLaneWhereTheFirstFillsAllPlacesButOne) {
  LaneTurns turns;
  EXPECT_EQ(starts(turns, "01", 2, 20, {9, 10, 0}), "00000000010000000001");
}

TEST(SessionAllowance, ShrinksAtOnceAndGrowsSlowly) {
  SessionAllowance allowance(10);
  Monotonic now{1'000'000'000};
  allowance.refused(6, now);
  EXPECT_EQ(allowance.allowed(), 5u);
  allowance.refused(9, now);  // one that was asked for before the first refusal
  EXPECT_EQ(allowance.allowed(), 4u);
  allowance.accepted(now + std::chrono::seconds(59));
  EXPECT_EQ(allowance.allowed(), 4u);
  for (int minute = 1; minute < 20; ++minute) allowance.accepted(now + std::chrono::minutes(minute));
  EXPECT_EQ(allowance.allowed(), 10u);
  for (int i = 0; i < 30; ++i) allowance.refused(1, now);
  EXPECT_EQ(allowance.allowed(), 1u);
}

}  // namespace
}  // namespace postroom::policy
