#include "net/stream.h"

#include <gtest/gtest.h>

namespace postroom::net {
namespace {

TEST(IpAddress, KnowsItsKind) {
  const struct {
    std::string text;
    bool loopback, link_local;
  } cases[] = {
      {"127.0.0.1", true, false},
      {"127.255.0.9", true, false},
      {"::1", true, false},
      {"::ffff:127.0.0.1", true, false},
      {"10.1.2.3", false, false},
      {"172.16.0.1", false, false},
      {"172.31.255.255", false, false},
      {"172.32.0.1", false, false},
      {"192.168.1.1", false, false},
      {"192.169.1.1", false, false},
      {"::ffff:10.0.0.1", false, false},
      {"fd00::1", false, false},
      {"fc00::1", false, false},
      {"fe00::1", false, false},
      {"169.254.169.254", false, true},
      {"::ffff:169.254.169.254", false, true},
      {"fe80::1", false, true},
      {"febf::1", false, true},
      {"fec0::1", false, false},
      {"192.0.2.1", false, false},
      {"2001:db8::1", false, false},
      {"::2", false, false},
      {"", false, false},
      {"localhost", false, false},
  };
  for (const auto& c : cases) {
    const IpAddress address{c.text};
    EXPECT_EQ(address.is_loopback(), c.loopback) << c.text;
    EXPECT_EQ(address.is_link_local(), c.link_local) << c.text;
  }
}

TEST(Endpoint, IsReadFromAFlag) {
  const struct {
    std::string given, meant;  // nothing: refused
  } cases[] = {
      {"127.0.0.1:25", "127.0.0.1:25"},
      {"localhost:8600", "127.0.0.1:8600"},
      {"[::1]:25", "[::1]:25"},
      {"0.0.0.0:0", "0.0.0.0:0"},
      {"[2001:DB8:0::7]:65535", "[2001:db8::7]:65535"},
      {"", ""},
      {":25", ""},
      {"127.0.0.1", ""},
      {"127.0.0.1:", ""},
      {"127.0.0.1:65536", ""},
      {"127.0.0.1:-1", ""},
      {"127.0.0.1:+1", ""},
      {"127.0.0.1:25 ", ""},
      {"::1:25", ""},
      {"[::1:25", ""},
      {"[127.0.0.1]:25", ""},
      {"[localhost]:25", ""},
      {"example.org:25", ""},
      {"127.1:25", ""},
      {"[fe80::1%eth0]:25", ""},
  };
  for (const auto& c : cases) {
    const Result<Endpoint> endpoint = parse_endpoint(c.given);
    EXPECT_EQ(endpoint ? to_string(*endpoint) : "", c.meant) << c.given;
  }
}

}  // namespace
}  // namespace postroom::net
