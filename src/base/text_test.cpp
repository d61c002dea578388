#include "base/text.h"

#include <gtest/gtest.h>
#include <cstdint>

namespace postroom {
namespace {

using namespace std::string_literals;

TEST(Text, ComparesWithoutRegardToAsciiCase) {
  EXPECT_TRUE(equals_ignoring_case("Mail", "mAIL"));
  EXPECT_FALSE(equals_ignoring_case("mail", "mai"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));  // one bit apart, like A and a
  EXPECT_FALSE(equals_ignoring_case("ä", "Ä"));
  EXPECT_TRUE(starts_with_ignoring_case("FROM:<a>", "from:"));
  EXPECT_FALSE(starts_with_ignoring_case("FRO", "from:"));
  EXPECT_TRUE(contains_ignoring_case("a Quota b", "quota"));
  EXPECT_TRUE(contains_ignoring_case("", ""));
  EXPECT_EQ(to_lower("AZ[É"), "az[É");
  EXPECT_EQ(to_upper("az{é"), "AZ{é");
}

TEST(Text, TrimsAndSplits) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \r\n"), "");
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), std::vector<std::string_view>{""});
}

TEST(Text, KnowsValidUtf8) {
  for (const std::string& good : {""s, "abc"s, "ä"s, "€"s, "😀"s, "\xf4\x8f\xbf\xbf"s, "\xed\x9f\xbf"s, "\0"s})
    EXPECT_TRUE(is_valid_utf8(good));
  for (const std::string& bad :
       {"\x80"s, "\xc3"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x9f\xbf"s, "\xed\xa0\x80"s, "\xf0\x8f\xbf\xbf"s,
        "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xff"s, "\xe2\x82"s, "\xe2\x82x"s, "a\xbf"s})
    EXPECT_FALSE(is_valid_utf8(bad)) << printable(bad, 100);
}

TEST(Text, FindsControlCharacters) {
  EXPECT_FALSE(has_control_characters("a b ä"));
  for (const std::string& text : {"\r"s, "a\n"s, "\0"s, "\x7f"s, "\t"s, "\x1f"s})
    EXPECT_TRUE(has_control_characters(text));
}

TEST(Text, CutsBetweenCharacters) {
  EXPECT_EQ(truncate_utf8("a€b", 10), "a€b");
  EXPECT_EQ(truncate_utf8("a€b", 4), "a€");
  EXPECT_EQ(truncate_utf8("a€b", 3), "a");
  EXPECT_EQ(truncate_utf8("€", 2), "");
  EXPECT_EQ(printable("a€b", 3), "a");
  EXPECT_EQ(printable("a\x1b[m\xff\x80ü\r", 100), "a?[m??ü?");
}

TEST(Base64, GivesTheVectorsOfRfc4648) {
  const struct {
    std::string bytes, text;
  } cases[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"},
               {"\xfb\xff\xfe\0"s, "+//+AA=="}};
  for (const auto& c : cases) {
    std::string decoded;
    EXPECT_EQ(base64_encode(c.bytes), c.text);
    EXPECT_TRUE(base64_decode(c.text, decoded));
    EXPECT_EQ(decoded, c.bytes);
  }
}

TEST(Base64, RefusesWhatAnEncoderDoesNotWrite) {
  for (const std::string text : {"Z", "Zg", "Zg=", "Zg===", "=Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", "Zm 9",
                                 "Zm9-", "====", "Z===", "Zm9\x80"}) {
    std::string decoded;
    EXPECT_FALSE(base64_decode(text, decoded)) << text;
  }
}

TEST(Numbers, AreAllOfTheirText) {
  EXPECT_EQ(to_number<int>("-17"), -17);
  EXPECT_EQ(to_number<std::uint8_t>("255"), 255);
  for (const std::string_view text : {"", " 1", "1 ", "+1", "1x", "0x1", "256", "-1", "1.0"})
    EXPECT_EQ(to_number<std::uint8_t>(text), std::nullopt) << text;
}

TEST(Hex, IsLowerCase) {
  EXPECT_EQ(hex_encode("\0\x1f\xff"s), "001fff");
}

TEST(Text, PercentEncodesAllButTheUnreserved) {
  EXPECT_EQ(percent_encode("Az09-._~"), "Az09-._~");
  EXPECT_EQ(percent_encode("a b/+@\u00fc\x0f"), "a%20b%2F%2B%40%C3%BC%0F");
}

TEST(Text, EncodesBytesForUrls) {
  for (const char* bytes : {"", "a", "ab", "abc", "\xfb\xff\xfe", "\xfb\xff"}) {
    const std::string text = base64url_encode(bytes);
    EXPECT_EQ(text.find_first_of("+/="), std::string::npos) << text;
    EXPECT_EQ(base64url_decode(text), bytes);
  }
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
  EXPECT_FALSE(base64url_decode("+//+"));
  EXPECT_FALSE(base64url_decode("YQ=="));
  EXPECT_FALSE(base64url_decode("a"));
}

}  // namespace
}  // namespace postroom
