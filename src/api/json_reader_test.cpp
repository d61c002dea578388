#include "api/json_reader.h"

#include <gtest/gtest.h>

namespace postroom::api {
namespace {

TEST(JsonReader, TakesOneValueWithBlanksAround) {
  EXPECT_TRUE(parse_json(" {\"a\": [1, \"x\"]} \n"));
}

TEST(JsonReader, RefusesWhatIsAmbiguousOrBeyondItsLimits) {
  EXPECT_FALSE(parse_json("{\"a\":1,\"a\":2}"));
  EXPECT_FALSE(parse_json("{\"a\":1,\"\\u0061\":2}"));
  EXPECT_FALSE(parse_json("{} x"));
  EXPECT_FALSE(parse_json("1e400"));
  EXPECT_FALSE(parse_json("\"\xff\""));
  EXPECT_FALSE(parse_json("\"\\ud800\""));
  EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')));
  EXPECT_FALSE(parse_json(""));
}

}  // namespace
}  // namespace postroom::api
