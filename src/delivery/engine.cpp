#include "delivery/engine.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "delivery/session_reports.h"

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

}  // namespace

Engine::Engine(async::Loop& loop, store::Store& store, Network network, IdGenerator& ids, Random& random,
               Outlets::OpenPassword open_password, EngineOptions options)
    : loop_(loop),
      store_(store),
      ids_(ids),
      random_(random),
      options_(std::move(options)),
      changed_(loop),
      under_way_(loop),
      backlog_(loop, store, options_.lanes, options_.window),
      outlets_(loop, store, std::move(network), random, std::move(open_password), options_),
      notices_(loop, store, under_way_),
      health_(loop, store, random, outlets_, notices_, under_way_) {
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
  while (outlets_.is_stale() && !stopping_) {  // what to do with a doubt depends on its connection
    co_await changed_.wait(loop_.now() + store_patience);
    co_await load_settings();
  }
  co_await recover();  // nothing, when it is to stop already
  while (!stopping_) {
    looked_for_ = false;
    if (outlets_.is_stale()) co_await load_settings();
    co_await read_due();
    dispatch();
    if (!to_put_off_.empty()) co_await put_off(std::exchange(to_put_off_, {}));
    if (loop_.now() >= next_housekeeping_ && !housekeeping_) under_way_.spawn(keep_house());
    if (!looked_for_ && !stopping_) co_await changed_.wait(next_look());
  }
  async::Timer patience(loop_);
  patience.arm(stop_by_, [this] { outlets_.abort_sessions(); });
  dismiss_idle(Monotonic::never());
  outlets_.keep_no_session();
  co_await under_way_.join();
}

void Engine::stop() {
  if (!std::exchange(stopping_, true)) stop_by_ = loop_.now() + options_.stop_patience;
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
  outlets_.stored_ones_changed();
  look();
}

async::Task<void> Engine::settings_in_force() {
  const Monotonic deadline = loop_.now() + std::chrono::seconds(1);
  while ((outlets_.is_stale() || outlets_.is_loading()) && loop_.now() < deadline) {
    if (!running_) co_return co_await load_settings();
    co_await outlets_.loaded(deadline);  // of a load that began before the change, too
  }
}

Monotonic Engine::next_look() {
  Monotonic next = housekeeping_ ? Monotonic::never() : next_housekeeping_;  // its end looks again
  if (outlets_.pauses().all) return next;  // what becomes due meanwhile is read once sending goes on
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
      const Outlet* over = outlets_.find(left.attempt.connection_id);
      const store::OnDoubt doubt = on_doubt(left.email, over ? over->connection : ConnectionRecord{});
      store::AttemptOutcome outcome;
      outcome.attempt = std::move(left.attempt);
      outcome.attempt.status = store::AttemptStatus::fail;
      outcome.attempt.reason = ending.reason;
      outcome.attempt.reason_class = store::ReasonClass::unknown;
      outcome.attempt.decided_by = ending.verdict.rule;
      outcome.email = policy::fate(std::move(left.email.email), ending, {}, {options_.retry, doubt}, loop_.wall(),
                                   loop_.now(), random_);
      outcome.email.last_attempt_at = outcome.attempt.attempted_at();
      ++counters_.doubted;
      outcomes.push_back(std::move(outcome));
    }
    if (!outcomes.empty()) co_await record_until_stored(std::move(outcomes));
    co_return;
  }
}

async::Task<void> Engine::load_settings() {
  Result<Outlets::Loaded> loaded = co_await outlets_.load();
  if (!loaded) {
    store_trouble_until_ = loop_.now() + store_patience;
    co_return;
  }
  const auto paused_lanes = outlets_.pauses().lanes | std::views::keys;
  backlog_.pause({paused_lanes.begin(), paused_lanes.end()});
  nobody_until_ = loop_.now();
  for (Shipment& shipment : loaded->in_line) assign_anew(std::move(shipment));
  const bool first = outlets_.version() == 1;
  if (first || !running_ || !loaded->other_choice) co_return;
  changed_since_.merge(loaded->changed);
  under_way_.spawn(end_waits());
}

// What the connections, rules and pauses of before made wait until their own time may go by those of now.
async::Task<void> Engine::end_waits() {
  if (std::exchange(ending_waits_, true)) co_return;  // under way; it notices the change
  std::uint64_t settings = outlets_.version();
  EmailId after{};
  while (!stopping_) {
    const Result<std::optional<EmailId>> last =
        co_await store_.end_waits(changed_since_, after, loop_.wall(), waits_at_once);
    if (!last) {
      co_await async::sleep_until(loop_, loop_.now() + store_patience);
    } else if (settings != outlets_.version()) {
      settings = outlets_.version();
      after = EmailId{};
    } else if (*last) {
      after = **last;
    } else {
      break;
    }
  }
  ending_waits_ = false;
  changed_since_.clear();
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

}  // namespace postroom::delivery
