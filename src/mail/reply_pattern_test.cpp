#include "mail/reply_pattern.h"

#include <gtest/gtest.h>

namespace postroom::mail {
namespace {

TEST(ReplyPattern, TakesACodeOrItsLeadingDigits) {
  for (const char* good : {"550", "5xx", "45x", "5x4"}) EXPECT_TRUE(is_code_pattern(good)) << good;
  for (const char* bad : {"", "250", "2xx", "xxx", "55", "5500", "5XX", "5*"})
    EXPECT_FALSE(is_code_pattern(bad)) << bad;
  EXPECT_TRUE(code_matches("550", 550));
  EXPECT_FALSE(code_matches("550", 551));
  EXPECT_TRUE(code_matches("5xx", 599));
  EXPECT_FALSE(code_matches("5xx", 450));
  EXPECT_TRUE(code_matches("5x4", 554));
  EXPECT_TRUE(code_matches("", 421));
}

TEST(ReplyPattern, TakesAStarForAnyPartOfAnEnhancedCode) {
  for (const char* good : {"5.7.1", "5.7.*", "*.2.2", "4.*.*", "5.7.139"})
    EXPECT_TRUE(is_enhanced_pattern(good)) << good;
  for (const char* bad : {"", "5.7", "5.7.1.2", "2.1.5", "5.7.x", "5..1", "5.7.1000"})
    EXPECT_FALSE(is_enhanced_pattern(bad)) << bad;
  const EnhancedStatusCode full{5, 2, 2};
  EXPECT_TRUE(enhanced_matches("*.2.2", full));
  EXPECT_TRUE(enhanced_matches("5.2.*", full));
  EXPECT_FALSE(enhanced_matches("4.2.*", full));
  EXPECT_FALSE(enhanced_matches("5.2.*", EnhancedStatusCode{5, 22, 0}));
  EXPECT_FALSE(enhanced_matches("5.2.*", std::nullopt));
  EXPECT_TRUE(enhanced_matches("", std::nullopt));
}

}  // namespace
}  // namespace postroom::mail
