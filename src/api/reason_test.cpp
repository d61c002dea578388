#include "api/reason.h"

#include <gtest/gtest.h>

namespace postroom::api {
namespace {

TEST(Reason, HasAtMost500CharactersInWhateverLanguage) {
  std::string umlauts;
  for (int i = 0; i < 500; ++i) umlauts += "\u00fc";
  EXPECT_TRUE(is_reason(""));
  EXPECT_TRUE(is_reason(std::string(500, 'x')));
  EXPECT_TRUE(is_reason(umlauts));
  EXPECT_FALSE(is_reason(std::string(501, 'x')));
  EXPECT_FALSE(is_reason(umlauts + "\u00fc"));
}

TEST(Reason, IsReadFromABodyOrRefusedByItsName) {
  std::vector<intake::FieldError> errors;
  const boost::json::object given{{"reason", "asked for"}}, none{{"reason", nullptr}},
      long_one{{"reason", std::string(501, 'x')}};
  ObjectReader first(given, "", errors), second(none, "", errors), third(long_one, "", errors);
  EXPECT_EQ(read_reason(first), "asked for");
  EXPECT_EQ(read_reason(second), "");
  EXPECT_TRUE(errors.empty());
  read_reason(third);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].pointer, "/reason");
}

}  // namespace
}  // namespace postroom::api
