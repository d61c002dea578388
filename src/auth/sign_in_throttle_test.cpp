#include "auth/sign_in_throttle.h"

#include <gtest/gtest.h>

namespace postroom::auth {
namespace {

using std::chrono::seconds;

constexpr Monotonic start{1'000'000'000};

TEST(SignInThrottle, LetsAFewMistakesPass) {
  SignInThrottle throttle;
  for (int i = 0; i < 4; ++i) throttle.failed("ann", "10.0.0.1", start);
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.1", start));
}

TEST(SignInThrottle, MakesGuessingWaitLongerEachTimeUpToAMinute) {
  SignInThrottle throttle;
  for (int i = 0; i < 5; ++i) throttle.failed("ann", "10.0.0.1", start);
  EXPECT_EQ(throttle.wait("ann", "10.0.0.1", start), seconds(1));
  throttle.failed("ann", "10.0.0.1", start);
  EXPECT_EQ(throttle.wait("ann", "10.0.0.1", start), seconds(2));
  for (int i = 0; i < 50; ++i) throttle.failed("ann", "10.0.0.1", start);
  EXPECT_EQ(throttle.wait("ann", "10.0.0.1", start), seconds(60));
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.1", start + seconds(61)));
}

TEST(SignInThrottle, KeepsNobodyOutWhoComesFromElsewhere) {
  SignInThrottle throttle;
  for (int i = 0; i < 100; ++i) throttle.failed("ann", "10.0.0.1", start);
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.2", start));
}

// One subscriber holds them all, 2⁶⁴ of them.
TEST(SignInThrottle, TakesTheAddressesOfOneIpv6NetworkForOneGuesser) {
  SignInThrottle throttle;
  for (int i = 1; i < 6; ++i) throttle.failed("ann", "2001:db8:0:1::" + std::to_string(i), start);
  EXPECT_TRUE(throttle.wait("ann", "2001:db8:0:1:a:b:c:d", start));
  EXPECT_FALSE(throttle.wait("ann", "2001:db8:0:2::1", start)) << "the neighbour's";
  throttle.succeeded("ann", "2001:db8:0:1::9");
  EXPECT_FALSE(throttle.wait("ann", "2001:db8:0:1::1", start));
}

TEST(SignInThrottle, SlowsAnAddressThatTriesManyAccounts) {
  SignInThrottle throttle;
  for (int i = 0; i < 29; ++i) throttle.failed("user" + std::to_string(i), "10.0.0.1", start);
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.1", start));
  throttle.failed("one more", "10.0.0.1", start);
  EXPECT_TRUE(throttle.wait("ann", "10.0.0.1", start));
}

TEST(SignInThrottle, ForgetsMistakesWithTheRightPassword) {
  SignInThrottle throttle;
  for (int i = 0; i < 5; ++i) throttle.failed("ann", "10.0.0.1", start);
  throttle.succeeded("ann", "10.0.0.1");
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.1", start));
}

TEST(SignInThrottle, ForgetsMistakesOfLongAgo) {
  SignInThrottle throttle;
  for (int i = 0; i < 20; ++i) throttle.failed("ann", "10.0.0.1", start);
  const Monotonic later = start + std::chrono::minutes(16);
  throttle.failed("ann", "10.0.0.1", later);
  EXPECT_FALSE(throttle.wait("ann", "10.0.0.1", later));
}

TEST(SignInThrottle, RemembersNoMoreThanItHasPlacesFor) {
  SignInThrottle throttle;
  for (int i = 0; i < 30'000; ++i) {
    const std::string address = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    const Monotonic now = start + seconds(i);
    static_cast<void>(throttle.wait("ann", address, now));
    throttle.failed("ann", address, now);
  }
  for (int i = 0; i < 5; ++i) throttle.failed("ann", "10.9.9.9", start + seconds(30'000));
  EXPECT_TRUE(throttle.wait("ann", "10.9.9.9", start + seconds(30'000)));
}

}  // namespace
}  // namespace postroom::auth
