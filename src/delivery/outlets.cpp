#include "delivery/outlets.h"

#include <algorithm>
#include <utility>

#include "delivery/session_reports.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::ConnectionRecord;

policy::RetrySchedule rounds_of(const policy::BreakerRule& rule) {
  policy::RetrySchedule rounds{{rule.first_probe}};
  while (rounds.waits.back() < rule.longest_probe)
    rounds.waits.push_back(std::min<Duration>(rounds.waits.back() * 2, rule.longest_probe));
  return rounds;
}

// What delivery does is the same: only what people call it has changed, if anything.
bool same_but_for_names(ConnectionRecord before, const ConnectionRecord& now) {
  before.version = now.version;
  before.caption = now.caption;
  before.updated_at = now.updated_at;
  return before == now;
}

}  // namespace

Outlets::Outlets(async::Loop& loop, store::Store& store, Network network, Random& random, OpenPassword open_password,
                 const EngineOptions& options)
    : loop_(loop),
      store_(store),
      network_(std::move(network)),
      random_(random),
      open_password_(std::move(open_password)),
      options_(options),
      rounds_(rounds_of(options.breaker)),
      loaded_(loop),
      may_begin_(loop) {}

Outlet* Outlets::find(ConnectionId id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

ConnectionState Outlets::state(ConnectionId id) {
  Outlet* known = find(id);
  if (known == nullptr) return {};
  return {known->breaker.health(), known->meter.used(loop_.now(), loop_.wall()), known->places(), known->paused};
}

void Outlets::keep_no_session() {
  for (auto& [id, outlet] : by_id_) outlet.pool->retire();
}

void Outlets::abort_sessions() {
  for (auto& [id, outlet] : by_id_) outlet.pool->abort();
  for (const std::weak_ptr<SessionPool>& retired : retired_pools_)
    if (const std::shared_ptr<SessionPool> in_use = retired.lock()) in_use->abort();
}

void Outlets::begin_is_answered(ConnectionId id) {
  if (--beginning_.at(id) == 0) beginning_.erase(id);
  if (reading_history_.contains(id)) may_begin_.notify_all();
}

async::Task<Result<Outlets::Loaded>> Outlets::load() {
  stale_ = false;
  loading_ = true;
  Result<std::vector<ConnectionRecord>> connections = co_await store_.connections();
  const auto healths = co_await store_.health();
  Result<store::RoutingTable> routing = co_await store_.routing();
  const auto pauses = co_await store_.settings(std::string(store::pause_prefix));
  const bool readable = connections && healths && routing && pauses;
  auto meters = co_await read_meters(readable ? *connections : std::vector<ConnectionRecord>{});
  loading_ = false;
  loaded_.notify_all();
  reading_history_.clear();
  may_begin_.notify_all();
  if (!readable || !meters) {
    stale_ = true;
    co_return fail(ErrorCode::unavailable, "the connections, rules and pauses can't be read now");
  }
  Loaded loaded;
  store::Pauses paused = store::read_pauses(*pauses);
  loaded.changed = changed_by(*connections, paused);
  loaded.other_choice = !loaded.changed.empty() || routing->rules != routing_.rules;
  routing_ = std::move(*routing);
  pauses_ = std::move(paused);
  by_priority_.clear();
  ById fresh;
  for (ConnectionRecord& connection : *connections) {
    const ConnectionId id = connection.id;
    by_priority_.push_back(id);
    Outlet* known = find(id);
    if (known != nullptr && same_but_for_names(known->connection, connection)) {
      known->connection = std::move(connection);
      fresh.emplace(id, std::move(*known));
      continue;
    }
    const auto meter = meters->find(id);
    if (known != nullptr && meter != meters->end()) meter->second.inherit(known->meter);
    const auto health = std::ranges::find(*healths, id, &std::pair<ConnectionId, store::ConnectionHealth>::first);
    // A changed connection starts afresh: what made the old one sick may be mended.
    const bool remembered = known == nullptr && health != healths->end();
    fresh.emplace(id, make_outlet(std::move(connection), remembered ? std::optional(health->second) : std::nullopt,
                                  meter != meters->end() ? std::move(meter->second) : std::move(known->meter),
                                  known != nullptr ? known->pool->places() : std::make_shared<PlacesInUse>()));
  }
  loaded.in_line = replace(std::move(fresh));
  co_return loaded;
}

std::set<ConnectionId> Outlets::changed_by(const std::vector<ConnectionRecord>& connections,
                                           const store::Pauses& pauses) const {
  std::set<ConnectionId> changed, gone;
  for (const auto& [id, outlet] : by_id_) gone.insert(id);
  for (const ConnectionRecord& connection : connections) {
    const auto known = by_id_.find(connection.id);
    const bool as_before = known != by_id_.end() && same_but_for_names(known->second.connection, connection) &&
                           pauses.connections.contains(connection.id) == pauses_.connections.contains(connection.id);
    if (!as_before) changed.insert(connection.id);
    gone.erase(connection.id);
  }
  changed.merge(gone);
  return changed;
}

// Of the connections whose limits are new or others than before.
async::Task<Result<std::map<ConnectionId, policy::Meter>>> Outlets::read_meters(
    const std::vector<ConnectionRecord>& connections) {
  std::map<ConnectionId, policy::Meter> meters;
  for (const ConnectionRecord& connection : connections) {
    const Outlet* known = find(connection.id);
    const bool same_limits = known != nullptr && known->connection.limits == connection.limits &&
                             known->connection.timezone == connection.timezone;
    if (same_limits) continue;
    Result<policy::Meter> meter = co_await meter_for(connection);
    if (!meter) co_return std::unexpected(meter.error());
    meters.emplace(connection.id, std::move(*meter));
  }
  co_return meters;
}

// What the store remembers of the connection's sending, within its limits.
async::Task<Result<policy::Meter>> Outlets::meter_for(const ConnectionRecord& connection) {
  reading_history_.insert(connection.id);
  while (beginning_.contains(connection.id)) co_await may_begin_.wait();
  policy::Meter meter(connection.limits, TimeZone::find(connection.timezone).value_or(TimeZone()));
  const policy::Meter::Memory memory = meter.memory();
  const Timestamp wall = loop_.wall();
  const Result<store::SendingHistory> history =
      co_await store_.sending_history({connection.id, wall - memory.span, memory.most, meter.remembers_from(wall)});
  if (!history) co_return std::unexpected(history.error());
  meter.restore(*history, loop_.now(), loop_.wall());
  co_return meter;
}

Outlet Outlets::make_outlet(ConnectionRecord connection, std::optional<store::ConnectionHealth> remembered,
                            policy::Meter meter, BusyPlaces busy) {
  Result<Secret> password = open_password_(connection);
  auto pool = std::make_shared<SessionPool>(
      loop_, network_,
      client_options(connection, password ? std::move(*password) : Secret(), options_.ehlo_name, options_.deadlines),
      connection.max_messages_per_session, options_.session_idle, std::move(busy));
  policy::Breaker breaker(options_.breaker, std::move(remembered).value_or(store::ConnectionHealth{}));
  return {std::move(connection), std::move(breaker), std::move(meter), std::move(pool)};
}

std::vector<Shipment> Outlets::replace(ById fresh) {
  std::vector<Shipment> in_line;
  for (ById* outlets : {&by_id_, &fresh})
    for (auto& [id, outlet] : *outlets)
      for (Shipment& shipment : outlet.take_line()) in_line.push_back(std::move(shipment));
  std::erase_if(retired_pools_, [](const std::weak_ptr<SessionPool>& pool) { return pool.expired(); });
  for (auto& [id, outlet] : by_id_) {
    if (!outlet.pool) continue;  // it goes on in `fresh`
    outlet.pool->retire();
    retired_pools_.push_back(outlet.pool);
  }
  by_id_ = std::move(fresh);
  for (auto& [id, outlet] : by_id_) outlet.paused = pauses_.connections.contains(id);
  ++version_;
  return in_line;
}

}  // namespace postroom::delivery
