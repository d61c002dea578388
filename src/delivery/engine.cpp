#include "delivery/engine.h"

#include <algorithm>
#include <utility>

#include "delivery/events.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::ConnectionRecord;

constexpr Duration housekeeping_interval = std::chrono::seconds(1);
constexpr Duration time_mark_interval = std::chrono::minutes(1);
constexpr Duration store_patience = std::chrono::seconds(1);
constexpr std::size_t expire_batch = 1000;
constexpr std::size_t put_offs_a_second = 200;
constexpr std::size_t waits_at_once = 500;

policy::RetrySchedule rounds_of(const policy::BreakerRule& rule) {
  policy::RetrySchedule rounds{{rule.first_probe}};
  while (rounds.waits.back() < rule.longest_probe)
    rounds.waits.push_back(std::min<Duration>(rounds.waits.back() * 2, rule.longest_probe));
  return rounds;
}

}  // namespace

Engine::Engine(async::Loop& loop, store::Store& store, Network network, IdGenerator& ids, Random& random,
               OpenPassword open_password, EngineOptions options)
    : loop_(loop),
      store_(store),
      network_(std::move(network)),
      ids_(ids),
      random_(random),
      open_password_(std::move(open_password)),
      options_(std::move(options)),
      rounds_(rounds_of(options_.breaker)),
      backlog_(loop, store, options_.lanes, options_.window),
      changed_(loop),
      settings_loaded_(loop),
      may_begin_(loop),
      under_way_(loop) {
  store_.on_due([this](const std::string& lane, Timestamp earliest) {
    backlog_.due_at(lane, earliest);
    look();
  });
  store_.on_accepted([this](std::vector<store::DueEmail> emails) { take(std::move(emails)); });
}

Engine::~Engine() {
  store_.on_due({});
  store_.on_accepted({});
}

async::Task<void> Engine::run() {
  running_ = true;
  co_await load_settings();
  while (stale_settings_ && !stopping_) {  // what to do with a doubt depends on its connection
    co_await changed_.wait(loop_.now() + store_patience);
    co_await load_settings();
  }
  co_await recover();  // nothing, when it is to stop already
  while (!stopping_) {
    looked_for_ = false;
    if (stale_settings_) co_await load_settings();
    co_await read_due();
    dispatch();
    if (!to_put_off_.empty()) co_await put_off(std::exchange(to_put_off_, {}));
    if (loop_.now() >= next_housekeeping_ && !housekeeping_) under_way_.spawn(keep_house());
    if (!looked_for_ && !stopping_) co_await changed_.wait(next_look());
  }
  async::Timer patience(loop_);
  patience.arm(loop_.now() + options_.stop_patience, [this] {
    for (auto& [id, outlet] : outlets_) outlet.pool->abort();
    for (const std::weak_ptr<SessionPool>& retired : retired_pools_)
      if (const std::shared_ptr<SessionPool> in_use = retired.lock()) in_use->abort();
  });
  co_await under_way_.join();
  dismiss_idle(Monotonic::never());
  co_await under_way_.join();
}

void Engine::stop() {
  stopping_ = true;
  look();
}

void Engine::look() {
  looked_for_ = true;
  changed_.notify_all();
}

void Engine::wake() {
  for (auto& [id, outlet] : outlets_) outlet.breaker.probe_now();
  nobody_until_ = loop_.now();
  look();
}

void Engine::settings_changed() {
  stale_settings_ = true;
  look();
}

async::Task<void> Engine::settings_in_force() {
  if (!stale_settings_ && !loading_settings_) co_return;
  if (!running_) co_return co_await load_settings();
  co_await settings_loaded_.wait(loop_.now() + std::chrono::seconds(1));
}

Monotonic Engine::next_look() {
  Monotonic next = housekeeping_ ? Monotonic::never() : next_housekeeping_;  // its end looks again
  if (pauses_.all) return next;  // what becomes due meanwhile is read once sending goes on
  const Monotonic now = loop_.now();
  if (const std::optional<Timestamp> due = backlog_.next_due_at())
    next = std::min(next, now + std::max<Duration>(*due - loop_.wall(), Duration{0}));
  for (auto& [id, outlet] : outlets_)
    if (outlet.waiting() > 0)
      if (const std::optional<policy::Meter::Wait> limit = outlet.meter.wait(now, loop_.wall()))
        next = std::min(next, limit->until);
  return std::max(next, store_trouble_until_);
}

// Every attempt that a crash left in progress is in doubt (fine-print, "Doubt"): settled before delivery starts.
async::Task<void> Engine::recover() {
  while (!stopping_) {
    const Result<void> lanes = co_await backlog_.meet_lanes();
    Result<std::vector<store::OpenAttempt>> open = co_await store_.open_attempts();
    if (!lanes || !open) {
      co_await async::sleep_until(loop_, loop_.now() + store_patience);
      continue;
    }
    std::vector<store::AttemptOutcome> outcomes;
    for (store::OpenAttempt& left : *open) {
      policy::Ending ending;
      ending.kind = policy::Ending::Kind::doubt;
      ending.verdict = {policy::Scope::unknown, policy::Permanence::transient, "stopped while sending"};
      ending.reason = "Postroom stopped before the reply to this attempt was recorded; it may have been sent.";
      ending.over = left.attempt.connection_id;
      const Outlet* over = outlet(left.attempt.connection_id);
      const store::OnDoubt doubt = on_doubt(left.email, over ? over->connection : ConnectionRecord{});
      store::AttemptOutcome outcome;
      outcome.attempt = std::move(left.attempt);
      outcome.attempt.status = store::AttemptStatus::fail;
      outcome.attempt.reason = ending.reason;
      outcome.attempt.reason_class = store::ReasonClass::unknown;
      outcome.attempt.decided_by = ending.verdict.rule;
      outcome.email = policy::fate(std::move(left.email.email), ending, {}, {options_.retry, doubt}, loop_.wall(),
                                   loop_.now(), random_);
      ++counters_.doubted;
      outcomes.push_back(std::move(outcome));
    }
    if (!outcomes.empty()) co_await record_until_stored(std::move(outcomes));
    co_return;
  }
}

// What the store remembers of the connection's sending, within its limits. What has begun stands in that history or is
// reserved, never both: nothing begins meanwhile.
async::Task<Result<policy::Meter>> Engine::meter_for(const ConnectionRecord& connection) {
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

Outlet Engine::make_outlet(ConnectionRecord connection, std::optional<store::ConnectionHealth> remembered,
                           policy::Meter meter, BusyPlaces busy) {
  Result<Secret> password = open_password_(connection);
  auto pool = std::make_shared<SessionPool>(
      loop_, network_,
      client_options(connection, password ? std::move(*password) : Secret(), options_.ehlo_name, options_.deadlines),
      connection.max_messages_per_session, options_.session_idle, std::move(busy));
  policy::Breaker breaker(options_.breaker, std::move(remembered).value_or(store::ConnectionHealth{}));
  return {std::move(connection), std::move(breaker), std::move(meter), std::move(pool)};
}

async::Task<void> Engine::load_settings() {
  stale_settings_ = false;
  loading_settings_ = true;
  Result<std::vector<ConnectionRecord>> connections = co_await store_.connections();
  const auto healths = co_await store_.health();
  Result<store::RoutingTable> routing = co_await store_.routing();
  const auto pauses = co_await store_.settings(std::string(store::pause_prefix));
  std::map<ConnectionId, policy::Meter> meters;
  bool complete = connections && healths && routing && pauses;
  for (std::size_t i = 0; complete && i < connections->size(); ++i) {
    const ConnectionRecord& connection = (*connections)[i];
    const Outlet* known = outlet(connection.id);
    const bool same_limits = known != nullptr && known->connection.limits == connection.limits &&
                             known->connection.timezone == connection.timezone;
    if (same_limits) continue;
    Result<policy::Meter> meter = co_await meter_for(connection);
    complete = meter.has_value();
    if (meter) meters.emplace(connection.id, std::move(*meter));
  }
  loading_settings_ = false;
  settings_loaded_.notify_all();
  reading_history_.clear();
  may_begin_.notify_all();
  if (!complete) {
    stale_settings_ = true;
    store_trouble_until_ = loop_.now() + store_patience;
    co_return;
  }
  routing_ = std::move(*routing);
  pauses_ = store::read_pauses(*pauses);
  backlog_.pause(pauses_.lanes);
  by_priority_.clear();
  Outlets fresh;
  for (ConnectionRecord& connection : *connections) {
    const ConnectionId id = connection.id;
    by_priority_.push_back(id);
    Outlet* known = outlet(id);
    if (known != nullptr && known->connection.version == connection.version) {
      fresh.emplace(id, std::move(*known));
      continue;
    }
    const auto meter = meters.find(id);
    if (known != nullptr && meter != meters.end()) meter->second.inherit(known->meter);
    const auto health = std::ranges::find(*healths, id, &std::pair<ConnectionId, store::ConnectionHealth>::first);
    // A changed connection starts afresh: what made the old one sick may be mended.
    const bool remembered = known == nullptr && health != healths->end();
    fresh.emplace(id, make_outlet(std::move(connection), remembered ? std::optional(health->second) : std::nullopt,
                                  meter != meters.end() ? std::move(meter->second) : std::move(known->meter),
                                  known != nullptr ? known->pool->places() : std::make_shared<std::uint32_t>(0)));
  }
  replace_outlets(std::move(fresh));
  if (std::exchange(knows_settings_, true)) under_way_.spawn(end_waits());
}

// What the connections, rules and pauses of before made wait until their own time may go by those of now.
async::Task<void> Engine::end_waits() {
  if (std::exchange(ending_waits_, true)) co_return;  // under way; it notices the change
  std::uint64_t settings = settings_;
  EmailId after{};
  while (!stopping_) {
    const Result<std::optional<EmailId>> last = co_await store_.end_waits(after, loop_.wall(), waits_at_once);
    if (!last) {
      co_await async::sleep_until(loop_, loop_.now() + store_patience);
    } else if (settings != settings_) {
      settings = settings_;
      after = EmailId{};
    } else if (*last) {
      after = **last;
    } else {
      break;
    }
  }
  ending_waits_ = false;
}

// What stood in line chooses again: the connections, the rules or the pauses are others now.
void Engine::replace_outlets(Outlets fresh) {
  std::vector<Shipment> to_assign;
  for (Outlets* outlets : {&outlets_, &fresh})
    for (auto& [id, outlet] : *outlets)
      for (Shipment& shipment : outlet.take_line()) to_assign.push_back(std::move(shipment));
  std::erase_if(retired_pools_, [](const std::weak_ptr<SessionPool>& pool) { return pool.expired(); });
  for (auto& [id, outlet] : outlets_) {
    if (!outlet.pool) continue;  // it goes on in `fresh`
    outlet.pool->retire();
    retired_pools_.push_back(outlet.pool);
  }
  ++settings_;
  outlets_ = std::move(fresh);
  for (auto& [id, outlet] : outlets_) outlet.paused = pauses_.connections.contains(id);
  nobody_until_ = loop_.now();
  for (Shipment& shipment : to_assign) assign_anew(std::move(shipment));
}

async::Task<void> Engine::keep_house() {
  housekeeping_ = true;
  next_housekeeping_ = loop_.now() + housekeeping_interval;
  put_off_budget_ = put_offs_a_second;
  for (auto& [id, outlet] : outlets_) {
    outlet.tick(loop_.now());
    for (Shipment& shipment : outlet.take_surplus(options_.window / 2)) assign(std::move(shipment));
    relieve(id);
  }
  Result<std::size_t> expired = co_await store_.expire(loop_.wall(), expire_batch);
  while (expired && *expired == expire_batch && !stopping_)
    expired = co_await store_.expire(loop_.wall(), expire_batch);
  if (loop_.now() >= next_time_mark_) {
    next_time_mark_ = loop_.now() + time_mark_interval;
    const Result<> marked =
        co_await store_.set_setting(std::string(store::last_seen_setting), std::to_string(loop_.wall().ms));
    static_cast<void>(marked);  // the next mark is as good
  }
  dismiss_idle(Monotonic{loop_.now().ns - options_.session_idle.count()});
  housekeeping_ = false;
  look();
}

// Each says QUIT by itself: a provider that no longer answers keeps nobody waiting.
void Engine::dismiss_idle(Monotonic idle_before) {
  for (auto& [id, outlet] : outlets_)
    for (std::unique_ptr<Session>& session : outlet.pool->take_idle(idle_before))
      under_way_.spawn(dismiss(outlet.pool, std::move(session), id));
}

void Engine::tell(std::string_view event, ConnectionId connection, std::string detail) {
  store::EventRecord record{0, loop_.wall(), std::string(event), connection, std::move(detail)};
  if (event_listener_) event_listener_(record);
  under_way_.spawn(record_event(std::move(record)));
}

async::Task<void> Engine::record_event(store::EventRecord event) {
  const Result<> recorded = co_await store_.append_event(std::move(event));
  static_cast<void>(recorded);  // the state it tells of stands in the connection's health
}

ConnectionState Engine::state(ConnectionId id) {
  Outlet* known = outlet(id);
  if (known == nullptr) return {};
  return {known->breaker.health(), known->meter.used(loop_.now(), loop_.wall()), known->places(), known->paused};
}

}  // namespace postroom::delivery
