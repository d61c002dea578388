#include "http/parser.h"

#include <gtest/gtest.h>

namespace postroom::http {
namespace {

int status_of(std::string_view bytes) {
  RequestParser parser;
  const auto refusal = parser.feed(bytes);
  return refusal ? refusal->status : 0;
}

TEST(RequestParser, ReadsARequestCutAtEveryByte) {
  const std::string bytes =
      "POST /a?b=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  RequestParser parser;
  for (const char c : bytes) ASSERT_FALSE(parser.feed({&c, 1}));
  ASSERT_EQ(parser.state(), RequestParser::State::complete);
  EXPECT_EQ(parser.take().body, "abcde");
}

TEST(RequestParser, ReadsAnEmptyChunkedBodyCutAtEveryByte) {
  const std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: y\r\n\r\n";
  RequestParser parser;
  for (const char c : bytes) ASSERT_FALSE(parser.feed({&c, 1}));
  ASSERT_EQ(parser.state(), RequestParser::State::complete);
  EXPECT_EQ(parser.take().body, "");
}

TEST(RequestParser, KeepsPipelinedRequestsApart) {
  RequestParser parser;
  ASSERT_FALSE(
      parser.feed("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_EQ(parser.take().body, "ab");
  ASSERT_FALSE(parser.feed({}));
  ASSERT_EQ(parser.state(), RequestParser::State::complete);
  EXPECT_EQ(parser.take().path, "/2");
  EXPECT_TRUE(parser.untouched());
}

TEST(RequestParser, RefusesWhatTwoParsersCouldReadInTwoWays) {
  const std::string line = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(status_of(line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "A: b\r\n c\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "A: b\nC: d\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "Authorization: a\r\nauthorization: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of(line + "Idempotency-Key: a\r\nX: y\r\nIdempotency-Key: b\r\n\r\n"), 400);
}

// As simple health checks do; RFC 9112 §3.2 asks for Host of HTTP/1.1 alone.
TEST(RequestParser, TakesARequestOfAnOlderVersionThatNamesNoHost) {
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 0);
}

TEST(RequestParser, RefusesWhatIsTooLarge) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: " + std::string(40'000, 'a')), 431);
  EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"), 413);
}

}  // namespace
}  // namespace postroom::http
