#include "auth/preferences.h"

#include <gtest/gtest.h>

namespace postroom::auth {
namespace {

TEST(Preferences, KeepWhatAChangeDoesNotName) {
  EXPECT_EQ(merge_preferences(R"({"theme":"dark","page":50})", R"({"page":100,"columns":["id"]})"),
            R"({"theme":"dark","page":100,"columns":["id"]})");
  EXPECT_EQ(merge_preferences(R"({"theme":"dark"})", "{}"), R"({"theme":"dark"})");
}

TEST(Preferences, LoseWhatAChangeMakesNull) {
  EXPECT_EQ(merge_preferences(R"({"theme":"dark","page":50})", R"({"theme":null,"never":null})"), R"({"page":50})");
}

TEST(Preferences, AreReplacedWholeByTheirName) {
  EXPECT_EQ(merge_preferences(R"({"grid":{"a":1,"b":2}})", R"({"grid":{"a":3}})"), R"({"grid":{"a":3}})");
}

}  // namespace
}  // namespace postroom::auth
