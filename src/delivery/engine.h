// Engine sends what is due. It meets intake only in the store: it reads due emails, begins each attempt durably before
// MAIL, sends, asks policy what the reply means, and records attempt and email in one transaction.
// Read dispatch.cpp for what goes next over which connection, and shipment.cpp for the walk of one message.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "async/loop.h"
#include "async/signal.h"
#include "async/task.h"
#include "async/task_group.h"
#include "base/id.h"
#include "base/random.h"
#include "delivery/backlog.h"
#include "delivery/engine_options.h"
#include "delivery/health_watch.h"
#include "delivery/notices.h"
#include "delivery/outlets.h"
#include "policy/fate.h"
#include "policy/route.h"
#include "store/store.h"

namespace postroom::delivery {

// Counters for the metrics page; they only rise.
struct EngineCounters {
  std::uint64_t accepted = 0, failed = 0, deferred = 0, doubted = 0, failed_over = 0;
};

class Engine {
 public:
  Engine(async::Loop& loop, store::Store& store, Network network, IdGenerator& ids, Random& random,
         Outlets::OpenPassword open_password, EngineOptions options);
  ~Engine();

  // Settles what a crash left open, then delivers until stop(); returns when everything under way is recorded.
  async::Task<void> run();
  void stop();
  // Hears each event that staff should see, beside the store that keeps it.
  void on_event(Notices::Listener listener) { notices_.on_event(std::move(listener)); }
  // An operator made mail due: look at once, and probe what is down.
  void wake();
  // Connections, routing rules or pauses were changed.
  void settings_changed();
  // Returns when it goes by what is stored, or after a second of a store that can't be read. Without run(), this is
  // what makes state() and explain() know anything.
  async::Task<void> settings_in_force();

  ConnectionState state(store::ConnectionId id) { return outlets_.state(id); }
  RouteExplanation explain(const RouteQuestion& question) { return outlets_.explain(question); }
  std::optional<store::ConnectionId> likely_connection(const RouteQuestion& question) {
    return outlets_.likely_connection(question);
  }
  const EngineCounters& counters() const { return counters_; }
  std::size_t in_memory() const { return backlog_.held(); }

 private:
  struct Transaction;  // what one shipment meets on its way, shipment.cpp

  // engine.cpp: the engine's own pace.
  async::Task<void> recover();
  async::Task<void> load_settings();
  async::Task<void> end_waits();
  void look();
  async::Task<void> keep_house();
  void dismiss_idle(Monotonic idle_before);
  Monotonic next_look();

  // dispatch.cpp: what goes next over which connection.
  void take(std::vector<store::DueEmail> accepted);
  async::Task<void> read_due();
  std::size_t room_for(Backlog::Passer passer);  // emails
  void gather(std::vector<store::DueEmail> held);
  void assign(Shipment shipment);
  void assign_anew(Shipment shipment);
  void wait(Shipment shipment, const policy::Route& route);
  void relieve(store::ConnectionId id);
  void dispatch();
  void start(store::ConnectionId id);
  async::Task<void> probe(store::ConnectionId id);
  async::Task<void> put_off(std::vector<store::EmailRecord> emails);

  // shipment.cpp: the walk of one message.
  async::Task<void> ship(Shipment shipment, store::ConnectionId over);
  async::Task<bool> begin(Shipment& shipment, Transaction& transaction);
  store::AttemptRecord attempt_of(const store::DueEmail& due, const Transaction& transaction);
  void release_places(const Transaction& transaction, std::size_t emails);
  void take_places(Transaction& transaction, std::size_t emails);
  void give_back(const Transaction& transaction, std::size_t emails);
  async::Task<void> take_back(store::ConnectionId over, std::vector<AttemptId> attempts,
                              std::vector<store::DueEmail> emails);
  enum class Afterwards { keep_session, drop_session };
  void finish_with(Transaction& transaction, Afterwards what);
  async::Task<void> dismiss(std::shared_ptr<SessionPool> pool, std::unique_ptr<Session> session,
                            store::ConnectionId over);
  async::Task<smtp::TransactionResult> transmit(Shipment& shipment, Transaction& transaction,
                                                const std::string& content);
  async::Task<void> settle(Shipment shipment, Transaction transaction, smtp::TransactionResult result);
  store::AttemptOutcome conclude(const Shipment& shipment, std::size_t index, const Transaction& transaction,
                                 const smtp::TransactionResult& result);
  void fail_over(Shipment shipment, const Transaction& transaction, const store::AttemptOutcome& why);
  void judge_connection(const Transaction& transaction, const smtp::TransactionResult& result);
  void count(const store::EmailRecord& email);
  async::Task<void> record_until_stored(std::vector<store::AttemptOutcome> outcomes);
  async::Task<void> shelve(Shipment shipment, Error why);
  void is_well(store::ConnectionId id, policy::Proof proof);
  store::OnDoubt on_doubt(const store::DueEmail& email, const store::ConnectionRecord& connection) const;

  async::Loop& loop_;
  store::Store& store_;
  IdGenerator& ids_;
  Random& random_;
  const EngineOptions options_;

  async::Signal changed_;
  async::TaskGroup under_way_;
  Backlog backlog_;
  Outlets outlets_;
  Notices notices_;
  HealthWatch health_;
  EngineCounters counters_;

  bool running_ = false;
  bool stopping_ = false;
  Monotonic stop_by_{};     // patience ends, once it is stopping
  bool looked_for_ = true;  // something changed since the last look
  bool ending_waits_ = false;
  std::set<store::ConnectionId> changed_since_;  // whose mail's waits are being ended
  bool housekeeping_ = false;
  Monotonic next_housekeeping_{};
  Monotonic next_time_mark_{};
  Monotonic store_trouble_until_{};     // sending pauses while outcomes can't be recorded
  Monotonic nobody_until_{};            // mail that no connection could take is routed anew from then on
  std::vector<store::DueEmail> taken_;  // just accepted and held; in line with the next look
  std::vector<store::EmailRecord> to_put_off_;
  std::size_t put_off_budget_ = 0;  // writes of this second: a deep queue without a way out costs no more
};

}  // namespace postroom::delivery
