// What an installation looks like: its connections, their limits, the routing rules; and how people change them.
#pragma once

#include "sim/world.h"

namespace postroom::sim {

inline constexpr std::array<std::string_view, 3> recipient_domains{"a.example", "b.example", "c.example"};
inline constexpr std::array<std::string_view, 2> sender_domains{"office.example", "shop.example"};
inline constexpr std::array<std::string_view, 3> lanes{"transactional", "bulk", "reports"};  // the last unconfigured
inline constexpr std::array<std::string_view, 2> tags{"invoice", "news"};

// Every other provider does (RFC 6152); every seventh message needs it, about.
constexpr bool offers_eight_bit(store::ConnectionId id) {
  return id % 2 == 1;
}
constexpr bool needs_eight_bit(std::uint64_t recipients_so_far) {
  return recipients_so_far % 7 == 3;
}

store::ConnectionRecord random_connection(World& world, store::ConnectionId id);
// One thing of it, as an operator would change it.
void change_something(World& world, store::ConnectionRecord& connection);
std::vector<store::RoutingRule> random_rules(World& world);
void new_temper(World& world, store::ConnectionId id);
// A moment shortly before a day or a month begins somewhere.
Timestamp random_start(World& world);

std::string describe(const store::ConnectionRecord& connection);
std::string describe(const store::RoutingRule& rule);

}  // namespace postroom::sim
