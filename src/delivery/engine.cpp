#include "delivery/engine.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"
#include "delivery/events.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::ConnectionRecord;
using store::DueEmail;
using store::EmailRecord;
using store::EmailStatus;

constexpr Duration housekeeping_interval = std::chrono::seconds(1);
constexpr Duration store_patience = std::chrono::seconds(1);
constexpr std::size_t expire_batch = 1000;

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
      changed_(loop),
      under_way_(loop) {
  store_.on_due([this](Timestamp earliest) { due_at(earliest); });
}

Engine::~Engine() {
  store_.on_due({});
}

async::Task<void> Engine::run() {
  co_await load_connections();
  while (stale_connections_ && !stopping_) {  // what to do with a doubt depends on its connection
    co_await changed_.wait(loop_.now() + store_patience);
    co_await load_connections();
  }
  co_await recover();
  while (!stopping_) {
    looked_for_ = false;
    if (stale_connections_) co_await load_connections();
    co_await refill();
    dispatch();
    if (!to_put_off_.empty()) co_await put_off(std::exchange(to_put_off_, {}));
    if (loop_.now() >= next_housekeeping_ && !housekeeping_) under_way_.spawn(keep_house());
    if (!looked_for_ && !stopping_) co_await changed_.wait(next_look());
  }
  async::Timer patience(loop_);
  patience.arm(loop_.now() + options_.stop_patience, [this] {
    for (auto& [id, outlet] : outlets_) outlet.pool->abort();
  });
  co_await under_way_.join();
  for (auto& [id, outlet] : outlets_) co_await outlet.pool->close_idle(Monotonic::never());
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
  look();
}

void Engine::connections_changed() {
  stale_connections_ = true;
  look();
}

void Engine::due_at(Timestamp earliest) {
  if (earliest > loop_.wall()) {
    if (!next_due_at_ || earliest < *next_due_at_) next_due_at_ = earliest;
  } else {
    rewind(earliest);
  }
  look();
}

// What became due may stand before the place the scan has reached, also before the one that a read under way will
// reach: the next read starts over from there.
void Engine::rewind(Timestamp to) {
  more_due_ = true;
  if (!rewind_to_ || to < *rewind_to_) rewind_to_ = to;
}

Monotonic Engine::next_look() const {
  Monotonic next = housekeeping_ ? Monotonic::never() : next_housekeeping_;  // its end looks again
  const Monotonic now = loop_.now();
  if (next_due_at_) next = std::min(next, now + std::max<Duration>(*next_due_at_ - loop_.wall(), Duration{0}));
  return std::max(next, store_trouble_until_);
}

// Every attempt that a crash left in progress is in doubt (fine-print, "Doubt"): settled before delivery starts.
async::Task<void> Engine::recover() {
  for (;;) {
    Result<std::vector<store::OpenAttempt>> open = co_await store_.open_attempts();
    if (!open) {
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

async::Task<void> Engine::load_connections() {
  stale_connections_ = false;
  Result<std::vector<ConnectionRecord>> connections = co_await store_.connections();
  Result<std::vector<std::pair<ConnectionId, store::ConnectionHealth>>> stored = co_await store_.health();
  if (!connections || !stored) {
    stale_connections_ = true;
    store_trouble_until_ = loop_.now() + store_patience;
    co_return;
  }
  std::map<ConnectionId, Outlet> fresh;
  by_priority_.clear();
  std::deque<Shipment> to_assign;
  for (ConnectionRecord& connection : *connections) {
    by_priority_.push_back(connection.id);
    Outlet* known = outlet(connection.id);
    if (known != nullptr && known->connection.version == connection.version) {
      fresh.emplace(connection.id, std::move(*known));
      continue;
    }
    const auto health =
        std::ranges::find(*stored, connection.id, &std::pair<ConnectionId, store::ConnectionHealth>::first);
    // A changed connection starts afresh: what made the old one sick may be mended.
    const bool remembered = known == nullptr && health != stored->end();
    policy::Breaker breaker(options_.breaker, remembered ? health->second : store::ConnectionHealth{});
    Result<Secret> password = open_password_(connection);
    auto pool = std::make_shared<SessionPool>(
        loop_, network_,
        client_options(connection, password ? std::move(*password) : Secret(), options_.ehlo_name, options_.deadlines),
        connection.max_sessions, connection.max_messages_per_session, options_.session_idle);
    fresh.emplace(connection.id, Outlet{std::move(connection), std::move(breaker), std::move(pool), {}});
  }
  for (auto& [id, outlet] : outlets_)
    for (Shipment& shipment : outlet.line) to_assign.push_back(std::move(shipment));
  for (auto& [id, outlet] : fresh) {
    for (Shipment& shipment : outlet.line) to_assign.push_back(std::move(shipment));
    outlet.line.clear();
  }
  outlets_ = std::move(fresh);
  for (Shipment& shipment : to_assign) assign(std::move(shipment));
}

// Reads more of what is due once half of what memory may hold is on its way.
async::Task<void> Engine::refill() {
  if (next_due_at_ && *next_due_at_ <= loop_.wall()) {
    rewind(*next_due_at_);
    next_due_at_.reset();
  }
  if (!more_due_ || held_.size() > options_.window / 2 || loop_.now() < store_trouble_until_) co_return;
  more_due_ = false;
  if (rewind_to_ && scanned_to_ && scanned_to_->number() >= rewind_to_->ms)
    scanned_to_ = store::Position{std::to_string(rewind_to_->ms), true, 0};
  rewind_to_.reset();
  const std::size_t room = options_.window - held_.size();
  Result<store::DuePage> page = co_await store_.due({loop_.wall(), scanned_to_, room});
  if (!page) {
    more_due_ = true;
    store_trouble_until_ = loop_.now() + store_patience;
    co_return;
  }
  if (page->last) scanned_to_ = page->last;
  if (page->last) more_due_ = true;  // until a read finds nothing: expired rows count in no page
  if (page->next_due_at && (!next_due_at_ || *page->next_due_at < *next_due_at_)) next_due_at_ = page->next_due_at;
  gather(std::move(page->emails));
}

// Emails of one message that may share a transaction become one shipment (fine-print, "Composition and protocol").
void Engine::gather(std::vector<DueEmail> emails) {
  std::map<std::pair<MessageId, ConnectionId>, Shipment> shared;
  std::vector<std::pair<MessageId, ConnectionId>> order;
  for (DueEmail& due : emails) {
    if (!held_.insert(due.email.id).second) continue;
    if (due.email.in_doubt_with) {
      Shipment alone;
      alone.emails.push_back(std::move(due));
      assign(std::move(alone));
      continue;
    }
    const std::pair key{due.email.message_id, due.email.pinned_to.value_or(0)};
    Shipment& shipment = shared[key];
    if (shipment.emails.empty()) order.push_back(key);
    shipment.emails.push_back(std::move(due));
    if (shipment.emails.size() == limits::recipients_per_transaction) assign(std::exchange(shipment, {}));
  }
  for (const auto& key : order)
    if (!shared[key].emails.empty()) assign(std::exchange(shared[key], {}));
}

// Puts a shipment in line for its connection, or puts its emails off with the reason.
void Engine::assign(Shipment shipment) {
  const policy::Route next = route(shipment.emails.front().email, shipment.tried);
  if (next.connection != nullptr) {
    outlets_.at(next.connection->id).line.push_back(std::move(shipment));
    return;
  }
  const Timestamp when = loop_.wall() + std::max<Duration>(next.until - loop_.now(), std::chrono::milliseconds(1));
  for (DueEmail& due : shipment.emails) {
    if (due.email.reason_class == store::ReasonClass::none || shipment.tried.empty()) {
      due.email.reason = next.reason;
      due.email.reason_class = next.reason_class;
    }
    due.email.status = EmailStatus::queued;
    due.email.next_attempt_at = when;
    to_put_off_.push_back(due.email);
  }
  look();
}

// Starts as much as the connections' session places allow.
void Engine::dispatch() {
  if (stopping_ || loop_.now() < store_trouble_until_) return;
  for (const ConnectionId id : by_priority_) {
    Outlet& outlet = outlets_.at(id);
    if (outlet.breaker.wants_probe(loop_.now()) && outlet.connection.enabled && outlet.pool->has_room()) {
      outlet.breaker.probe_begins(loop_.now());
      outlet.pool->reserve();
      under_way_.spawn(probe(id));
    }
    if (!outlet.breaker.closed() || !outlet.connection.enabled) {
      for (Shipment& shipment : std::exchange(outlet.line, {})) assign(std::move(shipment));
      continue;
    }
    while (!outlet.line.empty() && outlet.pool->has_room()) {
      Shipment shipment = std::move(outlet.line.front());
      outlet.line.pop_front();
      outlet.pool->reserve();
      under_way_.spawn(ship(std::move(shipment), id));
    }
  }
  if (more_due_ && held_.size() <= options_.window / 2) look();
}

async::Task<void> Engine::put_off(std::vector<EmailRecord> emails) {
  const Result<> stored = co_await store_.postpone(emails);
  // A row that an operator changed meanwhile was left alone and may be due as it stands now; the scan has passed it by.
  rewind(Timestamp{0});
  if (!stored) store_trouble_until_ = loop_.now() + store_patience;
  for (const EmailRecord& email : emails) {
    held_.erase(email.id);
    if (stored && email.next_attempt_at && (!next_due_at_ || *email.next_attempt_at < *next_due_at_))
      next_due_at_ = email.next_attempt_at;
  }
}

async::Task<void> Engine::keep_house() {
  housekeeping_ = true;
  next_housekeeping_ = loop_.now() + housekeeping_interval;
  Result<std::size_t> expired = co_await store_.expire(loop_.wall(), expire_batch);
  while (expired && *expired == expire_batch && !stopping_)
    expired = co_await store_.expire(loop_.wall(), expire_batch);
  std::vector<std::shared_ptr<SessionPool>> pools;
  for (auto& [id, outlet] : outlets_) pools.push_back(outlet.pool);
  for (const std::shared_ptr<SessionPool>& pool : pools) {
    const Monotonic now = loop_.now();
    co_await pool->close_idle(Monotonic{now.ns - options_.session_idle.count()});
  }
  housekeeping_ = false;
  look();
}

// Opens a session without mail; a good one serves the next message.
async::Task<void> Engine::probe(ConnectionId id) {
  const std::shared_ptr<SessionPool> pool = outlet(id)->pool;
  smtp::Conversation conversation;
  auto opened = co_await pool->acquire(Freshness::only_new, conversation);
  if (opened) {
    recovered(id);
    co_await pool->release(std::move(*opened));
  } else {
    pool->drop(nullptr);
    const smtp::Fault& fault = opened.error();
    feel(id, classify_fault(fault, outlet(id) ? outlet(id)->connection.host : ""), describe(fault));
  }
  look();
}

std::vector<policy::Candidate> Engine::candidates() const {
  std::vector<policy::Candidate> all;
  all.reserve(by_priority_.size());
  for (const ConnectionId id : by_priority_) {
    const Outlet& outlet = outlets_.at(id);
    policy::Candidate candidate;
    candidate.connection = &outlet.connection;
    candidate.healthy = outlet.breaker.closed();
    candidate.probe_at = outlet.breaker.probe_at();
    all.push_back(candidate);
  }
  return all;
}

policy::Route Engine::route(const EmailRecord& email, const std::set<ConnectionId>& tried) const {
  policy::RouteRequest request{email.pinned_to, email.in_doubt_with, tried, options_.breaker.first_probe};
  return policy::choose_connection(candidates(), request, loop_.now());
}

Engine::Outlet* Engine::outlet(ConnectionId id) {
  const auto found = outlets_.find(id);
  return found == outlets_.end() ? nullptr : &found->second;
}

void Engine::let_go(const std::vector<DueEmail>& emails) {
  for (const DueEmail& due : emails) held_.erase(due.email.id);
}

store::ConnectionHealth Engine::health(ConnectionId id) const {
  const auto found = outlets_.find(id);
  return found == outlets_.end() ? store::ConnectionHealth{} : found->second.breaker.health();
}

}  // namespace postroom::delivery
