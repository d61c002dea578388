#include "http/client.h"

#include <gtest/gtest.h>

namespace postroom::http {
namespace {

TEST(ClientUrl, IsTakenApart) {
  const Result<Url> url = parse_url("https://id.example.org:8443/token?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "id.example.org");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/token?x=1");
}

TEST(ClientUrl, HasItsSchemesPortAndARootWhenItNamesNone) {
  EXPECT_EQ(parse_url("https://id.example.org")->port, 443);
  EXPECT_EQ(parse_url("http://id.example.org")->port, 80);
  EXPECT_EQ(parse_url("http://id.example.org")->target, "/");
  EXPECT_EQ(parse_url("http://id.example.org?x=1")->target, "/?x=1");
}

TEST(ClientUrl, TakesAnIpv6AddressInBrackets) {
  const Result<Url> url = parse_url("http://[::1]:8080/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(parse_url("http://[::1]/")->port, 80);
}

TEST(ClientUrl, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"", "ftp://x/", "https://", "https:///x", "https://user@host/", "https://host:0/",
                           "https://host:99999/", "https://host:8x/", "https://host/#there", "https://host/a b",
                           "https://ho st/", "https://host\\@other/", "https://host/\r\nX: y"})
    EXPECT_FALSE(parse_url(text)) << text;
}

}  // namespace
}  // namespace postroom::http
