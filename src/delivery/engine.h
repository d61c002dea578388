// Engine sends what is due. It meets intake only in the store: it reads due emails, begins each attempt durably before
// MAIL, sends, asks policy what the reply means, and records attempt and email in one transaction.
// Read shipment.cpp for the walk of one message.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "async/loop.h"
#include "async/signal.h"
#include "async/task.h"
#include "async/task_group.h"
#include "base/id.h"
#include "base/random.h"
#include "base/secret.h"
#include "delivery/session_pool.h"
#include "policy/breaker.h"
#include "policy/fate.h"
#include "policy/retry.h"
#include "policy/route.h"
#include "store/store.h"

namespace postroom::delivery {

struct EngineOptions {
  policy::RetrySchedule retry;
  policy::BreakerRule breaker;
  smtp::Deadlines deadlines;
  std::string ehlo_name = "localhost";
  Duration session_idle = std::chrono::seconds(30);
  Duration stop_patience = std::chrono::seconds(25);  // for replies to a dot, at shutdown
  std::size_t window = 2000;                          // due emails held in memory
  std::map<std::string, store::OnDoubt> lane_on_doubt;
};

// Counters for the metrics page; they only rise.
struct EngineCounters {
  std::uint64_t accepted = 0, failed = 0, deferred = 0, doubted = 0, failed_over = 0;
};

class Engine {
 public:
  // Opens a connection's sealed password. Error: the sentence why not.
  using OpenPassword = std::function<Result<Secret>(const store::ConnectionRecord&)>;

  Engine(async::Loop& loop, store::Store& store, Network network, IdGenerator& ids, Random& random,
         OpenPassword open_password, EngineOptions options);
  ~Engine();

  // Settles what a crash left open, then delivers until stop(); returns when everything under way is recorded.
  async::Task<void> run();
  void stop();
  // An operator made mail due, or a connection changed: look at once, and probe what is down.
  void wake();
  void connections_changed();

  store::ConnectionHealth health(store::ConnectionId id) const;
  const EngineCounters& counters() const { return counters_; }
  std::size_t in_memory() const { return held_.size(); }

 private:
  // Emails of one message that go over one connection in one transaction.
  struct Shipment {
    std::vector<store::DueEmail> emails;
    std::set<store::ConnectionId> tried;  // in this round
  };

  // One connection as the engine sees it now, with the shipments that stand in line for it.
  struct Outlet {
    store::ConnectionRecord connection;
    policy::Breaker breaker;
    std::shared_ptr<SessionPool> pool;  // shipments under way keep an old version's pool alive
    std::deque<Shipment> line;
  };

  struct Transaction;  // what one shipment meets on its way, shipment.cpp

  // engine.cpp: the engine's own pace.
  async::Task<void> recover();
  async::Task<void> load_connections();
  async::Task<void> refill();
  void dispatch();
  void gather(std::vector<store::DueEmail> emails);
  void assign(Shipment shipment);
  void look();
  void due_at(Timestamp earliest);
  void rewind(Timestamp to);
  async::Task<void> keep_house();
  async::Task<void> probe(store::ConnectionId id);
  async::Task<void> put_off(std::vector<store::EmailRecord> emails);
  std::vector<policy::Candidate> candidates() const;
  policy::Route route(const store::EmailRecord& email, const std::set<store::ConnectionId>& tried) const;
  Monotonic next_look() const;
  Outlet* outlet(store::ConnectionId id);
  void let_go(const std::vector<store::DueEmail>& emails);

  // shipment.cpp: the walk of one message.
  async::Task<void> ship(Shipment shipment, store::ConnectionId over);
  async::Task<bool> begin(Shipment& shipment, Transaction& transaction);
  async::Task<smtp::TransactionResult> transmit(Shipment& shipment, Transaction& transaction,
                                                const std::string& content);
  async::Task<void> settle(Shipment shipment, Transaction transaction, smtp::TransactionResult result);
  store::AttemptOutcome conclude(const Shipment& shipment, std::size_t index, const Transaction& transaction,
                                 const smtp::RecipientOutcome& outcome);
  void count(const store::EmailRecord& email);
  async::Task<void> record_until_stored(std::vector<store::AttemptOutcome> outcomes);
  async::Task<void> shelve(Shipment shipment, Error why);
  async::Task<void> save_health(store::ConnectionId id, store::ConnectionHealth health);
  void feel(store::ConnectionId id, const policy::Verdict& verdict, const std::string& reason);
  void recovered(store::ConnectionId id);
  store::OnDoubt on_doubt(const store::DueEmail& email, const store::ConnectionRecord& connection) const;

  async::Loop& loop_;
  store::Store& store_;
  Network network_;
  IdGenerator& ids_;
  Random& random_;
  OpenPassword open_password_;
  EngineOptions options_;

  std::map<store::ConnectionId, Outlet> outlets_;
  std::vector<store::ConnectionId> by_priority_;
  std::unordered_set<EmailId> held_;  // every email in memory, so that none is claimed twice
  std::optional<store::Position> scanned_to_;
  std::optional<Timestamp> rewind_to_;    // where the next read starts over, when before scanned_to_
  std::optional<Timestamp> next_due_at_;  // of what the store holds beyond the scan
  bool more_due_ = true;                  // the store may hold due mail not yet read
  bool stale_connections_ = true;
  bool stopping_ = false;
  bool looked_for_ = true;           // something changed since the last look
  Monotonic store_trouble_until_{};  // sending pauses while outcomes can't be recorded
  Monotonic next_housekeeping_{};
  bool housekeeping_ = false;
  async::Signal changed_;
  async::TaskGroup under_way_;
  std::vector<store::EmailRecord> to_put_off_;
  EngineCounters counters_;
};

}  // namespace postroom::delivery
