// What goes next over which connection: mail that is due is read, routed, put in line, and started as sessions, limits
// and lanes allow.
#include <algorithm>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "delivery/engine.h"
#include "delivery/session_reports.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::DueEmail;
using store::EmailRecord;
using store::EmailStatus;

// Whether mail that `drawn` has no room for may as well go over `other`: its priority is no worse, and it is not one
// that the routing rule keeps for the case that those it names can't send.
bool as_good(const store::ConnectionRecord& drawn, const store::ConnectionRecord& other,
             const store::RoutingRule* rule) {
  const auto named = [rule](ConnectionId id) {
    return rule == nullptr || std::ranges::find(rule->connections, id) != rule->connections.end();
  };
  return other.priority <= drawn.priority && (named(other.id) || !named(drawn.id));
}

}  // namespace

// What has just been accepted goes without being read, unless other mail of its lane comes before it.
void Engine::take(std::vector<DueEmail> accepted) {
  const bool sending = running_ && !stopping_ && !outlets_.pauses().all;
  for (DueEmail& due : accepted) {
    if (sending && backlog_.take(due.email)) {
      taken_.push_back(std::move(due));
    } else {
      backlog_.due_at(due.email);
    }
  }
  look();
}

// One page more, while there is room for it.
async::Task<void> Engine::read_due() {
  const auto room_at = [this](Backlog::Passer passer) { return room_for(passer); };
  gather(std::exchange(taken_, {}));
  if (outlets_.pauses().all || loop_.now() < store_trouble_until_) co_return;
  Result<std::vector<DueEmail>> page = co_await backlog_.read(room_at);
  if (!page) {
    store_trouble_until_ = loop_.now() + std::chrono::seconds(1);
    co_return;
  }
  std::erase_if(*page, [this](const DueEmail& due) { return !backlog_.hold(due.email); });
  gather(std::move(*page));
  if (backlog_.wants_read(room_at)) look();
}

std::size_t Engine::room_for(Backlog::Passer passer) {
  if (passer == Backlog::nobody) return loop_.now() >= nobody_until_ ? options_.window : 0;
  Outlet* passing = outlets_.find(passer);
  if (passing == nullptr || !passing->may_send(loop_.now())) return options_.window;  // routed anew
  return passing->wants(options_.window / 2);
}

// Emails of one message that may share a transaction become one shipment (fine-print, "Composition and protocol").
void Engine::gather(std::vector<DueEmail> held) {
  using Key = std::tuple<MessageId, ConnectionId, const store::RoutingRule*>;
  std::map<Key, Shipment> shared;
  std::vector<Key> order;
  for (DueEmail& due : held) {
    if (due.email.in_doubt_with) {
      Shipment alone;
      alone.emails.push_back(std::move(due));
      assign(std::move(alone));
      continue;
    }
    const Key key{due.email.message_id, due.email.pinned_to.value_or(0), outlets_.rule_of(due)};
    Shipment& shipment = shared[key];
    if (shipment.emails.empty()) order.push_back(key);
    shipment.emails.push_back(std::move(due));
    if (shipment.emails.size() == limits::recipients_per_transaction) assign(std::exchange(shipment, {}));
  }
  for (const Key& key : order)
    if (!shared[key].emails.empty()) assign(std::exchange(shared[key], {}));
}

// Under other rules than before: what shared a transaction may have to part.
void Engine::assign_anew(Shipment shipment) {
  std::map<const store::RoutingRule*, std::vector<DueEmail>> parts;
  for (DueEmail& due : shipment.emails) parts[outlets_.rule_of(due)].push_back(std::move(due));
  for (auto& [rule, emails] : parts) assign({std::move(emails), shipment.tried});
}

// Puts a shipment in line for its connection; where none may take it, it waits with the reason.
void Engine::assign(Shipment shipment) {
  const std::size_t lane = backlog_.lane_of(shipment.emails.front().email.lane);
  for (const DueEmail& due : shipment.emails) backlog_.comes_back(due.email);
  if (store::why_paused(outlets_.pauses(), shipment.emails.front().email.lane)) {
    for (const DueEmail& due : shipment.emails) {
      backlog_.let_go(due.email);
      backlog_.look_again(due.email);  // once the lane is resumed
    }
    return;
  }
  const policy::Route drawn = outlets_.route(shipment.emails.front(), shipment.tried);
  if (drawn.connection == nullptr) return wait(std::move(shipment), drawn);
  const auto stands_at = [&](ConnectionId id) {
    Outlet& outlet = outlets_.at(id);
    const bool may = outlet.has_room(options_.window / 2) || outlets_.size() == 1 || !shipment.tried.empty();
    if (may) outlet.stand_in_line(lane, std::move(shipment), loop_.now());
    return may;
  };
  if (stands_at(drawn.connection->id)) return;
  // Others that may serve it as well take it sooner; it is read again when the first of them has room.
  std::set<ConnectionId> full{drawn.connection->id};
  for (;;) {
    const policy::Route other = outlets_.route(shipment.emails.front(), full);
    if (other.connection == nullptr ||
        !as_good(*drawn.connection, *other.connection, outlets_.rule_of(shipment.emails.front())))
      break;
    if (stands_at(other.connection->id)) return;
    full.insert(other.connection->id);
  }
  for (const DueEmail& due : shipment.emails)
    for (const ConnectionId id : full) backlog_.pass_by(due.email, id);
}

// Mail that has stood in line for long goes over a connection that may serve it as well and has nothing to do. When it
// chose, that one was down, rested, or had just been tried.
void Engine::relieve(ConnectionId id) {
  Outlet& from = outlets_.at(id);
  while (from.waiting() > 0) {
    const std::set<ConnectionId> busy = outlets_.busy();
    if (busy.size() == outlets_.size()) return;
    const store::ConnectionRecord* to = nullptr;
    std::optional<Shipment> shipment = from.take_impatient(loop_.now(), [&](const Shipment& waiting) {
      const DueEmail& first = waiting.emails.front();
      to = outlets_.route(first, busy).connection;
      if (to == nullptr || !as_good(from.connection, *to, outlets_.rule_of(first))) return false;
      return !waiting.tried.contains(to->id) ||
             loop_.now() - waiting.in_line_since >= options_.breaker.first_probe;  // a round of its own by now
    });
    if (!shipment) return;
    if (shipment->tried.contains(to->id)) shipment->tried.clear();
    const std::size_t lane = backlog_.lane_of(shipment->emails.front().email.lane);
    outlets_.at(to->id).stand_in_line(lane, std::move(*shipment), loop_.now());
    start(to->id);
  }
}

void Engine::wait(Shipment shipment, const policy::Route& route) {
  const Duration wait = std::max<Duration>(route.until - loop_.now(), std::chrono::milliseconds(1));
  if (put_off_budget_ < shipment.emails.size()) {
    nobody_until_ = std::max(nobody_until_, loop_.now() + std::min<Duration>(wait, std::chrono::seconds(1)));
    for (const DueEmail& due : shipment.emails) backlog_.pass_by(due.email, Backlog::nobody);
    return;
  }
  put_off_budget_ -= shipment.emails.size();
  for (DueEmail& due : shipment.emails) {
    if (due.email.reason_class == store::ReasonClass::none || shipment.tried.empty()) {
      due.email.reason = truncate_utf8(route.reason, limits::reason);
      due.email.reason_class = route.reason_class;
    }
    due.email.status = EmailStatus::queued;
    due.email.next_attempt_at = loop_.wall() + wait;
    to_put_off_.push_back(due.email);
  }
  look();
}

void Engine::dispatch() {
  if (stopping_ || loop_.now() < store_trouble_until_) return;
  for (const ConnectionId id : outlets_.by_priority()) {
    Outlet& outlet = outlets_.at(id);
    if (outlet.connection.enabled && outlet.breaker.wants_probe(loop_.now()) &&
        outlet.pool->has_room(outlet.places())) {
      outlet.breaker.probe_begins();
      outlet.pool->reserve();
      under_way_.spawn(probe(id));
    }
    const bool stuck = !outlet.may_send(loop_.now()) || outlet.long_wait(loop_.now(), loop_.wall());
    if (stuck && outlet.waiting() > 0)
      for (Shipment& shipment : outlet.take_line()) assign(std::move(shipment));
    start(id);
  }
  if (!outlets_.pauses().all && backlog_.wants_read([this](Backlog::Passer passer) { return room_for(passer); }))
    look();
}

// Starts as much as the connection's sessions and limits allow.
void Engine::start(ConnectionId id) {
  if (stopping_ || outlets_.pauses().all || loop_.now() < store_trouble_until_) return;
  Outlet* from = outlets_.find(id);
  while (from != nullptr) {
    std::optional<Shipment> shipment = from->next(loop_.now(), loop_.wall());
    if (!shipment) return;
    for (const DueEmail& due : shipment->emails) backlog_.sets_out(due.email);
    under_way_.spawn(ship(std::move(*shipment), id));
    from = outlets_.find(id);
  }
}

async::Task<void> Engine::put_off(std::vector<EmailRecord> emails) {
  const Result<std::vector<bool>> changed = co_await store_.postpone(emails);
  if (!changed) store_trouble_until_ = loop_.now() + std::chrono::seconds(1);
  for (std::size_t i = 0; i < emails.size(); ++i) {
    backlog_.let_go(emails[i]);
    if (changed && (*changed)[i]) {
      backlog_.due_at(emails[i]);
    } else {  // the row is as an operator left it, and may be due: the scan has passed it by
      backlog_.look_again(emails[i]);
    }
  }
}

// Opens a session without mail; a good one serves the next message.
async::Task<void> Engine::probe(ConnectionId id) {
  const std::shared_ptr<SessionPool> pool = outlets_.find(id)->pool;
  smtp::Conversation conversation;
  auto opened = co_await pool->acquire(Freshness::only_new, conversation);
  const Outlet* probed = outlets_.find(id);
  const bool current = probed != nullptr && probed->pool == pool;  // else it is another connection by now
  if (opened) {
    if (current) is_well(id, policy::Proof::probe);
    if (std::unique_ptr<Session> worn = pool->release(std::move(*opened))) co_await pool->dismiss(std::move(worn));
  } else {
    const smtp::Fault& fault = opened.error();
    if (current && !stopping_) health_.fault(id, classify_fault(fault, probed->connection), describe(fault));
    pool->drop(nullptr);
  }
  look();
}

}  // namespace postroom::delivery
