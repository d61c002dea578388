#include "http/forwarded.h"

#include <gtest/gtest.h>

namespace postroom::http {
namespace {

Request from(const std::string& peer, std::vector<std::pair<std::string, std::string>> headers) {
  Request request;
  request.peer = {{peer}, 5000};
  request.headers = std::move(headers);
  return request;
}

std::string client_of(Request request) {
  look_behind_proxies(request, *net::Networks::parse({"10.0.0.0/8", "::1"}));
  return request.peer.address.text;
}

TEST(Forwarded, IsBelievedOfATrustedProxyOnly) {
  EXPECT_EQ(client_of(from("10.0.0.7", {{"X-Forwarded-For", "203.0.113.9"}})), "203.0.113.9");
  EXPECT_EQ(client_of(from("::1", {{"x-forwarded-for", "2001:db8::9"}})), "2001:db8::9");
  EXPECT_EQ(client_of(from("198.51.100.1", {{"X-Forwarded-For", "203.0.113.9"}})), "198.51.100.1");
  EXPECT_EQ(client_of(from("10.0.0.7", {})), "10.0.0.7");
}

TEST(Forwarded, IsTheLastAddressThatIsNoProxyWhateverAClientHasWrittenBeforeIt) {
  EXPECT_EQ(client_of(from("10.0.0.7", {{"X-Forwarded-For", "192.0.2.1, 203.0.113.9, 10.0.0.8"}})), "203.0.113.9");
  EXPECT_EQ(client_of(from("10.0.0.7", {{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-For", "203.0.113.9"}})),
            "203.0.113.9");
  EXPECT_EQ(client_of(from("10.0.0.7", {{"X-Forwarded-For", "203.0.113.9, nonsense"}})), "10.0.0.7");
  EXPECT_EQ(client_of(from("10.0.0.7", {{"X-Forwarded-For", ""}})), "10.0.0.7");
}

TEST(Forwarded, SaysWhetherTheClientCameOverTls) {
  const net::Networks proxies = *net::Networks::parse({"10.0.0.7"});
  Request secure = from("10.0.0.7", {{"X-Forwarded-Proto", "https"}});
  look_behind_proxies(secure, proxies);
  EXPECT_TRUE(secure.over_tls);
  Request claimed = from("10.0.0.8", {{"X-Forwarded-Proto", "https"}});
  look_behind_proxies(claimed, proxies);
  EXPECT_FALSE(claimed.over_tls);
}

}  // namespace
}  // namespace postroom::http
