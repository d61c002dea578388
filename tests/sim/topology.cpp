#include "sim/topology.h"

#include <array>

namespace postroom::sim {
namespace {

constexpr std::array<std::string_view, 4> zones{"UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"};

template <class Array>
std::string one_of(World& world, const Array& words) {
  return std::string(words[world.below(words.size())]);
}

std::uint32_t limit(World& world, std::uint32_t from, std::uint32_t to) {
  return world.one_in(3) ? static_cast<std::uint32_t>(from + world.below(to - from)) : 0;
}

store::SendingLimits random_limits(World& world) {
  if (world.one_in(2)) return {};
  return {limit(world, 1, 6), limit(world, 3, 20), limit(world, 10, 40), limit(world, 5, 40), limit(world, 20, 90)};
}

std::string number(const char* name, std::uint32_t value) {
  return value == 0 ? "" : " " + std::string(name) + "=" + std::to_string(value);
}

}  // namespace

store::ConnectionRecord random_connection(World& world, store::ConnectionId id) {
  store::ConnectionRecord connection;
  connection.caption = "connection " + std::to_string(id);
  connection.host = "c" + std::to_string(id) + ".example";
  connection.port = 25;
  connection.encryption = world.one_in(3) ? store::Encryption::ssl : store::Encryption::none;
  if (connection.encryption == store::Encryption::ssl) connection.username = "postroom";
  connection.priority = static_cast<std::int32_t>(world.below(3));
  connection.weight = static_cast<std::uint32_t>(1 + world.below(4));
  connection.limits = random_limits(world);
  connection.over_limit = world.one_in(2) ? store::OverLimit::spill : store::OverLimit::wait;
  connection.timezone = one_of(world, zones);
  connection.max_sessions = static_cast<std::uint32_t>(1 + world.below(world.one_in(4) ? 10 : 3));
  connection.max_messages_per_session = static_cast<std::uint32_t>(world.below(4));
  connection.on_doubt = world.one_in(3) ? store::OnDoubt::hold : store::OnDoubt::retry;
  return connection;
}

void change_something(World& world, store::ConnectionRecord& connection) {
  switch (world.below(6)) {
    case 0:
      connection.limits = random_limits(world);
      break;
    case 1:
      connection.timezone = one_of(world, zones);
      break;
    case 2:
      connection.max_sessions = static_cast<std::uint32_t>(1 + world.below(3));
      connection.max_messages_per_session = static_cast<std::uint32_t>(world.below(4));
      break;
    case 3:
      connection.priority = static_cast<std::int32_t>(world.below(3));
      break;
    case 4:
      connection.over_limit =
          connection.over_limit == store::OverLimit::wait ? store::OverLimit::spill : store::OverLimit::wait;
      break;
    default:
      connection.enabled = !connection.enabled;
  }
}

std::vector<store::RoutingRule> random_rules(World& world) {
  std::vector<store::RoutingRule> rules;
  for (std::uint64_t left = world.below(4); left > 0; --left) {
    store::RoutingRule rule;
    if (world.one_in(3)) rule.sender_domain = one_of(world, sender_domains);
    if (world.one_in(2)) rule.recipient_domain = one_of(world, recipient_domains);
    if (world.one_in(4)) rule.lane = one_of(world, lanes);
    if (world.one_in(4)) rule.tag = one_of(world, tags);
    for (const auto& [id, connection] : world.disk->connections)
      if (world.one_in(2)) rule.connections.push_back(id);
    if (rule.connections.empty()) rule.connections.push_back(1);
    rule.otherwise = world.one_in(2) ? store::Otherwise::any : store::Otherwise::wait;
    rules.push_back(std::move(rule));
  }
  return rules;
}

void new_temper(World& world, store::ConnectionId id) {
  constexpr std::array tempers{Temper::moody,    Temper::moody,        Temper::healthy,       Temper::healthy,
                               Temper::healthy,  Temper::throttling,   Temper::quota_at_mail, Temper::quota_at_data,
                               Temper::flapping, Temper::wedged,       Temper::refuses_login, Temper::closes_after_n,
                               Temper::slow_dot, Temper::loses_replies};
  ProviderBook& book = world.providers[id];
  book.temper = tempers[world.below(tempers.size())];
  book.measure = 1 + world.below(5);
  book.taken.clear();
  book.taken_of_quota = 0;
  world.tell("the provider of connection " + std::to_string(id) + " is " + std::string(to_word(book.temper)) + " (" +
             std::to_string(book.measure) + ") from now on");
}

Timestamp random_start(World& world) {
  constexpr Timestamp month_ends{1764547200000};  // 2025-12-01T00:00:00Z
  constexpr std::array<int, 4> minutes_off{0, 5 * 60 + 45, -5 * 60, 14 * 60};
  const Timestamp there = month_ends - std::chrono::minutes(minutes_off[world.below(minutes_off.size())]);
  return there - std::chrono::seconds(world.below(400));
}

std::string describe(const store::ConnectionRecord& connection) {
  const store::SendingLimits& limits = connection.limits;
  return connection.caption + (connection.enabled ? ":" : " (disabled):") + " priority " +
         std::to_string(connection.priority) + ", weight " + std::to_string(connection.weight) + ", " +
         std::to_string(connection.max_sessions) + " sessions of " +
         std::to_string(connection.max_messages_per_session) + " messages," + number("second", limits.per_second) +
         number("minute", limits.per_minute) + number("hour", limits.per_hour) + number("day", limits.per_day) +
         number("month", limits.per_month) + " " + connection.timezone +
         (connection.over_limit == store::OverLimit::spill ? ", spills" : ", waits");
}

std::string describe(const store::RoutingRule& rule) {
  std::string text = "rule: from " + (rule.sender_domain.empty() ? "*" : rule.sender_domain) + " to " +
                     (rule.recipient_domain.empty() ? "*" : rule.recipient_domain) +
                     (rule.lane.empty() ? "" : " lane " + rule.lane) + (rule.tag.empty() ? "" : " tag " + rule.tag) +
                     " by";
  for (const store::ConnectionId id : rule.connections) text += " " + std::to_string(id);
  return text + (rule.otherwise == store::Otherwise::any ? ", else any" : ", else wait");
}

}  // namespace postroom::sim
