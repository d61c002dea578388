#include "net/networks.h"

#include <gtest/gtest.h>

namespace postroom::net {
namespace {

TEST(Networks, CountAnIpv6SubscriberOnceHoweverManyAddressesItHas) {
  EXPECT_EQ(counted_as({"2001:db8:0:7::1"}), "2001:db8:0:7::/64");
  EXPECT_EQ(counted_as({"2001:db8:0:7:a:b:c:d"}), "2001:db8:0:7::/64");
  EXPECT_EQ(counted_as({"2001:db8:0:8::1"}), "2001:db8:0:8::/64");
}

TEST(Networks, CountAnIpv4AddressAsItself) {
  EXPECT_EQ(counted_as({"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(counted_as({"::ffff:192.0.2.7"}), "192.0.2.7");
}

TEST(Networks, CountWhatIsNoAddressAsItself) {
  EXPECT_EQ(counted_as({""}), "");
}

}  // namespace
}  // namespace postroom::net
