#include "sim/roads.h"

#include <algorithm>
#include <set>

#include "sim/topology.h"

namespace postroom::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using store::ConnectionId;
using store::EmailRecord;
using store::EmailStatus;

constexpr Duration settings_take = seconds(1);  // until the engine has read what was changed
constexpr Duration look_interval = milliseconds(500);
constexpr Duration patience = seconds(60);  // longer than any session may be silent, or mail stand in line
constexpr std::uint32_t faults_to_open = 5;
constexpr std::string_view first_lane = "transactional";

bool waits(EmailStatus status) {
  return status == EmailStatus::queued || status == EmailStatus::scheduled || status == EmailStatus::deferred;
}

bool is_connection_fault(store::ReasonClass reason) {
  using enum store::ReasonClass;
  return reason == credential || reason == outage || reason == tls || reason == protocol;
}

std::string named(ConnectionId id) {
  return "connection " + std::to_string(id);
}

std::string domain_of(const std::string& address) {
  return address.substr(address.rfind('@') + 1);
}

const store::RoutingRule* rule_of(const World& world, const Settings& settings, const EmailRecord& email) {
  const auto message = world.disk->messages.find(email.message_id);
  const std::string sender = message == world.disk->messages.end() ? "" : domain_of(message->second.reverse_path);
  for (const store::RoutingRule& rule : settings.routing.rules) {
    const bool fits = (rule.sender_domain.empty() || rule.sender_domain == sender) &&
                      (rule.recipient_domain.empty() || rule.recipient_domain == domain_of(email.address)) &&
                      (rule.lane.empty() || rule.lane == email.lane) &&
                      (rule.tag.empty() || std::ranges::find(email.tags, rule.tag) != email.tags.end());
    if (fits) return &rule;
  }
  return nullptr;
}

// How long a provider rests at most that asks for it the nth time in a row, or for 20 seconds.
Duration longest_rest(store::ReasonClass reason, std::uint32_t times) {
  const bool quota = reason == store::ReasonClass::quota;
  const Duration first = quota ? Duration(minutes(5)) : Duration(seconds(20));
  const Duration longest = quota ? Duration(minutes(60)) : Duration(minutes(5));
  return std::min<Duration>(longest, first * (1u << std::min(times - 1, 10u))) * 11 / 10;
}

// How many probes a breaker's rule allows in a time of illness.
std::uint32_t probes_allowed(Duration ill) {
  std::uint32_t probes = 0;
  Duration wait = first_probe;
  for (Duration at{0};; ++probes, wait = std::min<Duration>(wait * 2, longest_probe)) {
    at += wait * 9 / 10;
    if (at > ill) return probes;
  }
}

}  // namespace

void Roads::process_begins() {
  const auto before = std::move(roads_);
  roads_.clear();
  for (const auto& [id, road] : before) {
    Road& fresh = roads_[id];
    fresh.version = road.version;
    fresh.fit = fresh.room = fresh.full = world_.time;
    fresh.opened = world_.opened[id];
  }
  due_.clear();
  lower_in_a_row_ = 0;
}

void Roads::woken() {
  woken_ = world_.time;
  for (auto& [id, road] : roads_) {
    if (road.down) ++road.openings;
    road.asked_for_rest = road.rest_ends = {};
  }
}

// A changed connection starts afresh, at once: what its provider says next counts already.
void Roads::settings_change() {
  for (const auto& [id, connection] : settings().connections) {
    Road& road = roads_[id];
    if (road.version == connection.version) continue;
    road = Road{};
    road.version = connection.version;
    road.opened = world_.opened[id];
    road.fit = road.room = road.full = world_.time;
  }
}

bool Roads::is_meant(const Settings& settings, const EmailRecord& email, const store::ConnectionRecord& by) const {
  if (email.in_doubt_with) return *email.in_doubt_with == by.id;
  if (email.pinned_to) return *email.pinned_to == by.id;
  const store::RoutingRule* rule = rule_of(world_, settings, email);
  return rule == nullptr || std::ranges::find(rule->connections, by.id) != rule->connections.end();
}

bool Roads::needs_extension(const EmailRecord& email) const {
  const auto message = world_.disk->messages.find(email.message_id);
  return message != world_.disk->messages.end() && message->second.eight_bit;
}

bool Roads::may_take(const Settings& settings, const EmailRecord& email, const store::ConnectionRecord& by) const {
  return is_meant(settings, email, by) && (offers_eight_bit(by.id) || !needs_extension(email));
}

bool Roads::is_paused(const EmailRecord& email) const {
  return settings().pauses.all || settings().pauses.lanes.contains(email.lane);
}

bool Roads::has_tried(const EmailRecord& email, ConnectionId over) const {
  return std::ranges::any_of(world_.disk->attempts, [&](const auto& entry) {
    const store::AttemptRecord& attempt = entry.second.attempt;
    return attempt.email_id == email.id && attempt.connection_id == over;
  });
}

// For `span` nothing has happened that would make the engine hesitate, and a thing has been so.
bool Roads::quietly(Duration span, Monotonic since) const {
  const Monotonic calm = std::max({world_.trouble, world_.born, world_.last_edit, last_jump_, since});
  return world_.time - calm >= span;
}

void Roads::begun(const store::AttemptRecord& attempt, const EmailRecord& email) {
  if (world_.settings.empty()) return;
  // A session that is open while it is down: a probe went well since the last look, and its mail may fail again at
  // once.
  if (attempt.counted) roads_[attempt.connection_id].down = false;
  judge_way(attempt, email);
  judge_order(attempt, email);
  judge_rest(attempt);
  judge_lanes(attempt);
  due_.erase(email.id);
}

bool Roads::may_leave_rule(const Settings& settings, const EmailRecord& email) const {
  const store::RoutingRule* rule = rule_of(world_, settings, email);
  return !email.pinned_to && !email.in_doubt_with && rule != nullptr && rule->otherwise == store::Otherwise::any;
}

// Rules, pins and pauses.
void Roads::judge_way(const store::AttemptRecord& attempt, const EmailRecord& email) {
  const std::string what = attempt.address + " over " + named(attempt.connection_id);
  const auto allowed = [&](const Settings& settings) {
    const auto found = settings.connections.find(attempt.connection_id);
    if (found == settings.connections.end()) return false;
    return is_meant(settings, email, found->second) || may_leave_rule(settings, email);
  };
  if (!world_.lately(settings_take, allowed)) world_.violated("mail goes where rule, pin and doubt say", what);
  const auto goes_on = [&](const Settings& settings) {
    const auto found = settings.connections.find(attempt.connection_id);
    const store::Pauses& pauses = settings.pauses;
    return found != settings.connections.end() && found->second.enabled && !pauses.all &&
           !pauses.lanes.contains(attempt.lane) && !pauses.connections.contains(attempt.connection_id);
  };
  if (!world_.lately(settings_take, goes_on)) world_.violated("what is paused or disabled sends nothing", what);
}

// The best priority first; one that is at its limit keeps its mail unless it spills.
void Roads::judge_order(const store::AttemptRecord& attempt, const EmailRecord& email) {
  const auto chosen = settings().connections.find(attempt.connection_id);
  if (chosen == settings().connections.end() || email.pinned_to || email.in_doubt_with) return;
  const store::ConnectionRecord& taken = chosen->second;
  const bool outside = !is_meant(settings(), email, taken);  // its rule's `otherwise: any`
  for (const auto& [id, other] : settings().connections) {
    const Road& road = roads_[id];
    if (!may_take(settings(), email, other) || !quietly(patience, road.fit) || has_tried(email, id)) continue;
    if (road.sick_since != Monotonic{} || road.asked_for_rest != Monotonic{}) continue;
    if (!outside && other.priority >= taken.priority) continue;
    if (outside && is_kept_from(email, other)) continue;
    const std::string what = attempt.address + " goes over " + named(taken.id) + ", not " + named(id);
    const Monotonic active = world_.active[id];
    if (world_.time - road.room >= patience && world_.time - active >= seconds(15))
      return world_.violated("the better connection goes first", what);
    if (other.over_limit == store::OverLimit::wait && world_.time - road.full >= patience && !outside)
      return world_.violated("mail waits for the limit of its connection", what);
  }
}

void Roads::judge_rest(const store::AttemptRecord& attempt) {
  Road& road = roads_[attempt.connection_id];
  const auto found = settings().connections.find(attempt.connection_id);
  if (road.asked_for_rest == Monotonic{} || found == settings().connections.end()) return;
  const bool alone = found->second.max_sessions == 1;  // others may have been under way
  const Duration least = road.rest_class == store::ReasonClass::quota ? Duration(minutes(4)) : Duration(seconds(9));
  if (alone && road.rest_is_sure && world_.time - road.asked_for_rest < least && world_.last_edit < road.asked_for_rest)
    world_.violated("a provider that asks for a rest gets one",
                    attempt.address + " over " + named(attempt.connection_id));
}

// Transactional mail passes; the others get one start in ten, and not the last places.
void Roads::judge_lanes(const store::AttemptRecord& attempt) {
  if (attempt.message_id == last_begun_) return;
  last_begun_ = attempt.message_id;
  if (settings().connections.size() != 1 || !settings().connections.contains(attempt.connection_id)) return;
  const std::uint32_t places = settings().connections.at(attempt.connection_id).max_sessions;
  if (attempt.lane == first_lane) {
    lower_in_a_row_ = 0;
    return;
  }
  std::set<MessageId> waiting, sending, of_lower_lanes;
  for (const auto& [id, row] : world_.disk->queue) {
    const auto due = due_.find(id);
    if (row.email.lane == first_lane && due != due_.end() && quietly(seconds(3), due->second.since))
      waiting.insert(row.email.message_id);
  }
  for (const auto& [id, row] : world_.disk->attempts) {
    if (row.attempt.status != store::AttemptStatus::in_progress) continue;
    sending.insert(row.attempt.message_id);
    if (row.attempt.lane != first_lane) of_lower_lanes.insert(row.attempt.message_id);
  }
  // Each place where nothing has begun may be one whose session is just being opened, for mail that had its turn.
  const bool first_waits = !waiting.empty() && waiting.size() + sending.size() > places;
  lower_in_a_row_ = first_waits ? lower_in_a_row_ + 1 : 0;
  if (lower_in_a_row_ > 2 + places) world_.violated("transactional mail passes the other lanes", attempt.address);
  if (of_lower_lanes.size() > places - places / 5 && quietly(patience, {}))
    world_.violated("some places are kept for transactional mail", attempt.address);
}

void Roads::ended(const store::AttemptRecord& attempt) {
  Road& road = roads_[attempt.connection_id];
  const std::uint64_t transaction = world_.disk->attempts.at(attempt.id).conversation_id;
  const bool rests =
      attempt.reason_class == store::ReasonClass::throttle || attempt.reason_class == store::ReasonClass::quota;
  if (rests) road.rest_ends = std::max(road.rest_ends, world_.time + longest_rest(attempt.reason_class, ++road.rests));
  if (rests) road.last_rest = transaction;
  if (rests && attempt.decided_by != "too many connections") {
    if (road.asked_for_rest != Monotonic{}) return;
    // The reply came before its record: an operator who asked for a look in between has ended the rest already.
    road.rest_is_sure = quietly(seconds(20), woken_);
    road.rest_class = attempt.reason_class;
    road.asked_for_rest = world_.time;
    return;
  }
  if (rests || attempt.reason_class == store::ReasonClass::unknown) return;
  if (is_connection_fault(attempt.reason_class)) {
    if (transaction != std::exchange(road.last_fault, transaction)) ++road.faults;
    const auto found = settings().connections.find(attempt.connection_id);
    const bool too_many = found != settings().connections.end() &&
                          road.faults > faults_to_open + 2 * found->second.max_sessions && quietly(patience, {});
    if (too_many && !road.down) world_.violated("a sick connection is left alone", named(attempt.connection_id));
    return;
  }
  // What was said of another recipient of the same transaction is what counts.
  if (transaction == road.last_rest || transaction == road.last_fault) return;
  road.asked_for_rest = road.rest_ends = road.sick_since = {};
  road.probes = road.openings = road.faults = road.rests = 0;
}

// What is due with it has spoken for its room: the engine reserves places before the log tells of them.
std::size_t Roads::due_for(const store::ConnectionRecord& connection) const {
  return static_cast<std::size_t>(std::ranges::count_if(world_.disk->queue, [&](const auto& entry) {
    const EmailRecord& email = entry.second.email;
    return waits(email.status) && *email.next_attempt_at <= world_.now && may_take(settings(), email, connection);
  }));
}

// A better connection keeps it that is at its limit; after a restart also one that is not yet known to lack what the
// email needs.
bool Roads::is_kept_from(const EmailRecord& email, const store::ConnectionRecord& free) const {
  return std::ranges::any_of(settings().connections, [&](const auto& entry) {
    const store::ConnectionRecord& other = entry.second;
    return other.priority < free.priority && other.over_limit == store::OverLimit::wait &&
           is_meant(settings(), email, other) && !books_.has_room(other, Books::Span::any, 1 + due_for(other));
  });
}

// A limit makes mail wait only where it may not spill.
void Roads::postponed(const EmailRecord& email) {
  if (world_.settings.empty() || !email.reason.starts_with("The connection's limit")) return;
  if (email.pinned_to || email.in_doubt_with) return;
  for (const auto& [id, free] : settings().connections) {
    const Road& road = roads_[id];
    if (!may_take(settings(), email, free) || !quietly(patience, std::max(road.fit, road.room)) ||
        has_tried(email, id) || road.sick_since != Monotonic{} || road.asked_for_rest != Monotonic{})
      continue;
    if (world_.time - world_.active[id] < seconds(15)) continue;  // what is under way takes room too
    if (!is_kept_from(email, free))
      world_.violated("mail spills where it may", email.address + " waits, and " + named(id) + " is free");
  }
}

// For want of an extension an email fails only where every connection in service that it may go over lacks it.
void Roads::failed(const EmailRecord& email) {
  if (!email.reason.starts_with("mail: 5.6.3")) return;
  const auto hopeless = [&](const Settings& settings) {
    return std::ranges::none_of(settings.connections, [&](const auto& entry) {
      const store::ConnectionRecord& connection = entry.second;
      const bool in_service = connection.enabled || email.pinned_to || email.in_doubt_with;
      return in_service && offers_eight_bit(connection.id) &&
             (is_meant(settings, email, connection) || may_leave_rule(settings, email));
    });
  };
  if (!world_.lately(patience, hopeless))  // its record may have had to wait
    world_.violated("mail waits for a connection that offers what it needs", email.address);
}

void Roads::look(Process& process) {
  if (world_.settings.empty()) return;
  if (world_.time - last_look_ < look_interval) return;
  last_look_ = world_.time;
  look_at_health(process);
  look_at_roads();
  look_at_queue();
}

// A sick connection is probed ever more seldom until mail goes over it again.
void Roads::look_at_health(Process& process) {
  for (const auto& [id, connection] : settings().connections) {
    Road& road = roads_[id];
    const bool down = process.engine.state(id).health.state == store::HealthState::down;
    const std::uint32_t opened = world_.opened[id] - std::exchange(road.opened, world_.opened[id]);
    if (down && road.down) road.probes += opened;
    if (down && !road.down) {
      ++road.openings;
      if (road.sick_since == Monotonic{}) road.sick_since = world_.time;
    }
    road.down = down;
    if (down) road.faults = 0;
    const std::uint32_t under_way = road.openings * (connection.max_sessions + 1);
    if (down && road.probes > probes_allowed(world_.time - road.sick_since + look_interval) + under_way)
      world_.violated("a sick connection is probed ever more seldom", named(id));
  }
}

void Roads::look_at_roads() {
  for (const auto& [id, row] : world_.disk->attempts)
    if (row.attempt.status == store::AttemptStatus::in_progress) world_.active[row.attempt.connection_id] = world_.time;
  for (const auto& [id, connection] : settings().connections) {
    Road& road = roads_[id];
    const bool fit =
        connection.enabled && !settings().pauses.all && !settings().pauses.connections.contains(id) && !road.down;
    if (!fit) road.fit = world_.time;
    if (!books_.has_room(connection)) road.room = world_.time;
    if (books_.has_room(connection, Books::Span::long_ones)) road.full = world_.time;
  }
}

// A connection that is asked before this one is at work, if slowly: it is not passed over (operations.md).
bool Roads::waits_for_better(const EmailRecord& email, const store::ConnectionRecord& than) const {
  return std::ranges::any_of(settings().connections, [&](const auto& entry) {
    const auto& [id, other] = entry;
    const auto road = roads_.find(id);
    const bool fit =
        road != roads_.end() && other.enabled && !road->second.down && !settings().pauses.connections.contains(id);
    const auto active = world_.active.find(id);
    return other.priority < than.priority && may_take(settings(), email, other) && fit &&
           active != world_.active.end() && world_.time - active->second < patience;
  });
}

void Roads::look_at_queue() {
  std::erase_if(due_, [this](const auto& entry) { return !world_.disk->queue.contains(entry.first); });
  for (const auto& [id, row] : world_.disk->queue) {
    const EmailRecord& email = row.email;
    const bool due = waits(email.status) && *email.next_attempt_at <= world_.now && email.expires_at > world_.now;
    if (!due || is_paused(email)) {
      due_.erase(id);
      continue;
    }
    const auto [known, is_new] = due_.try_emplace(id, Due{*email.next_attempt_at, world_.time});
    if (known->second.next != *email.next_attempt_at) known->second = {*email.next_attempt_at, world_.time};
    if (!quietly(patience, known->second.since)) continue;
    for (const auto& [connection_id, connection] : settings().connections) {
      const Road& road = roads_[connection_id];
      if (!may_take(settings(), email, connection)) continue;
      const Monotonic since = std::max({road.fit, road.room, road.rest_ends, world_.active[connection_id]});
      if (world_.time - since >= patience && !waits_for_better(email, connection))
        return world_.violated("no email starves while a usable connection is idle",
                               email.address + " is due, and " + named(connection_id) + " has nothing to do");
    }
  }
}

}  // namespace postroom::sim
