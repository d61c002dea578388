#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>

#include "sim/play.h"

namespace postroom::sim {
namespace {

constexpr std::uint64_t seeds_of_a_run = 60;  // about a minute under AddressSanitizer
constexpr std::size_t lines_of_a_failure = 80;

void show(const Ending& ending, std::size_t lines) {
  const std::size_t first = ending.story.size() - std::min(lines, ending.story.size());
  for (std::size_t i = first; i < ending.story.size(); ++i) std::cout << ending.story[i] << "\n";
}

void play_all(std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    const Ending ending = play(seed);
    EXPECT_TRUE(ending.violations.empty()) << "seed " << seed << ": " << ending.violations.front();
    if (seed % 500 == 0) std::cout << seed << " seeds" << std::endl;
  }
}

TEST(Simulation, KeepsEveryPromiseThroughFaultsAndCrashes) {
  // Where many seeds are played, and each that fails is named.
  if (const char* to = std::getenv("POSTROOM_SIM_TO")) {
    const char* from = std::getenv("POSTROOM_SIM_FROM");
    return play_all(from == nullptr ? 1 : std::stoull(from), std::stoull(to));
  }
  if (const char* one = std::getenv("POSTROOM_SIM_SEED")) {
    const Ending ending = play(std::stoull(one));
    show(ending, ending.story.size());
    EXPECT_TRUE(ending.violations.empty());
    return;
  }
  std::uint64_t emails = 0, accepted = 0, doubts = 0, crashes = 0;
  for (std::uint64_t seed = 1; seed <= seeds_of_a_run; ++seed) {
    const Ending ending = play(seed);
    emails += ending.emails;
    accepted += ending.accepted;
    doubts += ending.doubts;
    crashes += ending.crashes;
    if (ending.violations.empty()) continue;
    show(ending, lines_of_a_failure);
    FAIL() << "seed " << seed << ": " << ending.violations.front();
  }
  std::cout << seeds_of_a_run << " seeds: " << emails << " emails, " << accepted << " accepted, " << doubts
            << " doubts, " << crashes << " crashes\n";
  EXPECT_GT(accepted, emails / 2);
  EXPECT_GT(doubts, 0u);
  EXPECT_GT(crashes, 0u);
}

TEST(Simulation, TellsTheSameStoryForTheSameSeed) {
  EXPECT_EQ(play(7).story, play(7).story);
}

}  // namespace
}  // namespace postroom::sim
