#include "mime/header.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/limits.h"
#include "base/text.h"
#include "mime/builder.h"

namespace postroom::mime {
namespace {

std::size_t longest_line(std::string_view text) {
  std::size_t longest = 0;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    longest = std::max(longest, line.size());
  }
  return longest;
}

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

ComposedMessage message() {
  ComposedMessage composed;
  composed.from.address = *mail::parse_address("shop@example.org");
  composed.message_id = "1@example.org";
  composed.text = "Hello";
  return composed;
}

// The value of the field `name` as a reader sees it.
std::string read_back(std::string_view content, std::string_view name) {
  std::string value;
  for_each_field(content, [&](std::string_view each, std::string_view given) {
    if (each == name) value = decode_text(given);
  });
  return value;
}

TEST(Header, FoldsBeforeTheSpacesSoThatNoneIsLost) {
  std::string field;
  append_field(field, "Subject", std::string(40, 'a') + "   " + std::string(40, 'b'));
  EXPECT_EQ(field, "Subject: " + std::string(40, 'a') + "\r\n   " + std::string(40, 'b') + "\r\n");
}

TEST(Header, AWordCountsWithTheSpacesBeforeIt) {
  EXPECT_EQ(longest_word("one three"), 6u);
  EXPECT_EQ(longest_word("a" + spaces(1500) + "b"), 1501u);
  EXPECT_EQ(longest_word("a  "), 2u);
}

TEST(Header, ASubjectOfManySpacesIsWrittenInShortLinesAndReadAsItWas) {
  for (const std::size_t count : {2uz, 70uz, 150uz, 300uz, 996uz, 997uz, 1500uz}) {
    const std::string subject = "a" + spaces(count) + "b";
    ComposedMessage composed = message();
    composed.subject = subject;
    const std::string content = compose(composed).value();
    EXPECT_LE(longest_line(content), limits::mail_line) << count;
    EXPECT_EQ(read_back(content, "Subject"), subject) << count;
  }
}

TEST(Header, AHeaderOfTheCallersOwnHasNoLineTooLongEither) {
  for (const std::size_t count : {2uz, 900uz, 984uz, 985uz, 986uz, 987uz, 1000uz, 7900uz}) {
    const std::string value = "a" + spaces(count) + "b";
    ComposedMessage composed = message();
    composed.headers = {{"X-Comment", value}};
    const std::string content = compose(composed).value();
    EXPECT_LE(longest_line(content), limits::mail_line) << count;
    EXPECT_EQ(read_back(content, "X-Comment"), value) << count;
  }
}

}  // namespace
}  // namespace postroom::mime
