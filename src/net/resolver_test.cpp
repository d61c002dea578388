#include "net/resolver.h"

#include <gtest/gtest.h>

namespace postroom::net {
namespace {

using Texts = std::vector<std::string>;

bool may_connect(const Texts& allow, const Texts& deny, const std::string& address) {
  const Result<DestinationPolicy> policy = DestinationPolicy::create(allow, deny);
  EXPECT_TRUE(policy);
  return policy && policy->check({address}).has_value();
}

TEST(DestinationPolicy, RefusesWhatNoMailServerStandsBehind) {
  for (const std::string address :
       {"169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "::", "::ffff:0.0.0.0",
        "64:ff9b::169.254.169.254", "64:ff9b::", "", "mail.example.org", "1.2.3", "010.0.0.1"})
    EXPECT_FALSE(may_connect({}, {}, address)) << address;
  EXPECT_FALSE(may_connect({"169.254.0.0/16", "::/0"}, {}, "169.254.169.254"));
}

TEST(DestinationPolicy, WeighsDenyOverAllow) {
  const struct {
    Texts allow, deny;
    std::string address;
    bool allowed;
  } cases[] = {
      {{}, {}, "192.0.2.1", true},
      {{}, {}, "127.0.0.1", true},
      {{}, {"127.0.0.0/8", "::1"}, "127.0.0.1", false},
      {{}, {"127.0.0.0/8"}, "::ffff:127.0.0.1", false},
      {{}, {"127.0.0.0/8"}, "64:ff9b::7f00:1", false},
      {{}, {}, "64:ff9b::192.0.2.1", true},
      {{}, {"::1"}, "::1", false},
      {{"10.0.0.0/8"}, {}, "10.255.0.1", true},
      {{"10.0.0.0/8"}, {}, "11.0.0.1", false},
      {{"10.0.0.0/8"}, {"10.1.0.0/16"}, "10.1.2.3", false},
      {{"10.0.0.0/8"}, {}, "2001:db8::1", false},
      {{"2001:db8::/33"}, {}, "2001:db8:7fff::1", true},
      {{"2001:db8::/33"}, {}, "2001:db8:8000::1", false},
      {{"192.0.2.5"}, {}, "192.0.2.5", true},
      {{"192.0.2.4/31"}, {}, "192.0.2.6", false},
      {{"0.0.0.0/0"}, {}, "192.0.2.6", true},
  };
  for (const auto& c : cases) EXPECT_EQ(may_connect(c.allow, c.deny, c.address), c.allowed) << c.address;
}

TEST(DestinationPolicy, RefusesWhatIsNoNetwork) {
  for (const std::string text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0/8",
                                 "fd00::/129", "example.org/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(DestinationPolicy::create({text}, {})) << text;
    EXPECT_FALSE(DestinationPolicy::create({}, {text})) << text;
  }
}

}  // namespace
}  // namespace postroom::net
