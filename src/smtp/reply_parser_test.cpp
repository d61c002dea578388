#include "smtp/reply_parser.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace postroom::smtp {
namespace {

using Status = ReplyParser::Status;

Status status_after(std::string_view bytes) {
  ReplyParser parser;
  parser.push(bytes);
  return parser.status();
}

TEST(ReplyParser, ReadsAMultilineReplyByteByByte) {
  ReplyParser parser;
  for (const char byte : std::string_view("250-2.1.0 one\r\n250-\r\n250 three\r\n")) {
    ASSERT_EQ(parser.status(), Status::incomplete);
    EXPECT_EQ(parser.push(std::string_view(&byte, 1)), 1U);
  }
  ASSERT_EQ(parser.status(), Status::complete);
  const mail::Reply reply = parser.take();
  EXPECT_EQ(reply.code, 250);
  EXPECT_EQ(reply.lines, (std::vector<std::string>{"2.1.0 one", "", "three"}));
  EXPECT_EQ(reply.enhanced, (mail::EnhancedStatusCode{2, 1, 0}));
}

TEST(ReplyParser, LeavesTheBytesOfTheNextReply) {
  ReplyParser parser;
  EXPECT_EQ(parser.push("220 ready\r\n250 injected\r\n"), 11U);
  EXPECT_EQ(parser.take().code, 220);
  EXPECT_EQ(parser.push("250\n"), 4U);
  EXPECT_EQ(parser.take().code, 250);
}

TEST(ReplyParser, RejectsContinuationWithDifferentCode) {
  EXPECT_EQ(status_after("250-a\r\n251 b\r\n"), Status::malformed);
}

TEST(ReplyParser, RejectsLinesWithoutAReplyCode) {
  for (const std::string_view bytes :
       {"\r\n", "25\r\n", "hello\r\n", "050 a\r\n", "650 a\r\n", "2500 a\r\n", "250\ta\r\n"})
    EXPECT_EQ(status_after(bytes), Status::malformed) << bytes;
}

TEST(ReplyParser, IgnoresAnEnhancedCodeOfAnotherClass) {
  ReplyParser parser;
  parser.push("550 4.1.1 no\r\n");
  EXPECT_FALSE(parser.take().enhanced);
}

TEST(ReplyParser, BoundsLinesAndTheirNumber) {
  EXPECT_EQ(status_after("220 " + std::string(limits::smtp_reply_line, 'x') + "\r\n"), Status::complete);
  EXPECT_EQ(status_after("220 " + std::string(limits::smtp_reply_line + 10, 'x')), Status::malformed);
  std::string endless;
  for (std::size_t i = 0; i <= limits::smtp_reply_lines; ++i) endless += "250-x\r\n";
  EXPECT_EQ(status_after(endless), Status::malformed);
}

}  // namespace
}  // namespace postroom::smtp
