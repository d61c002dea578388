// Engine sends what is due. It meets intake only in the store: it reads due emails, begins each attempt durably before
// MAIL, sends, asks policy what the reply means, and records attempt and email in one transaction.
// Read dispatch.cpp for what goes next over which connection, and shipment.cpp for the walk of one message.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
#include "base/secret.h"
#include "delivery/backlog.h"
#include "delivery/outlet.h"
#include "delivery/session_pool.h"
#include "policy/breaker.h"
#include "policy/fate.h"
#include "policy/retry.h"
#include "policy/route.h"
#include "store/pauses.h"
#include "store/store.h"

namespace postroom::delivery {

struct EngineOptions {
  policy::RetrySchedule retry;
  policy::BreakerRule breaker;
  smtp::Deadlines deadlines;
  std::string ehlo_name = "localhost";
  Duration session_idle = std::chrono::seconds(30);
  Duration stop_patience = std::chrono::seconds(25);        // for replies to a dot, at shutdown
  std::size_t window = 2000;                                // due emails of a lane held in memory
  std::vector<std::string> lanes{"transactional", "bulk"};  // by priority
  std::map<std::string, store::OnDoubt> lane_on_doubt;
};

// Counters for the metrics page; they only rise.
struct EngineCounters {
  std::uint64_t accepted = 0, failed = 0, deferred = 0, doubted = 0, failed_over = 0;
};

// Of mail that may not exist: which connection it would take.
struct RouteQuestion {
  std::string from, to, lane;
  std::vector<std::string> tags;
  std::optional<store::ConnectionId> pinned_to;
};
struct RouteExplanation {
  std::vector<policy::Consideration> connections;  // valid until the engine runs on
  std::optional<std::size_t> rule;                 // the routing rule that fits, counted from 0
  std::string reason;                              // why the mail would wait; "" when a connection is chosen
};

struct ConnectionState {
  store::ConnectionHealth health;
  store::SendingLimits used;  // within the present windows
  std::uint32_t sessions = 0;
  bool paused = false;
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
  // Hears each event that staff should see, beside the store that keeps it.
  void on_event(std::function<void(const store::EventRecord&)> listener) { event_listener_ = std::move(listener); }
  // An operator made mail due: look at once, and probe what is down.
  void wake();
  // Connections, routing rules or pauses were changed.
  void settings_changed();
  // Returns when it goes by what is stored, or after a second of a store that can't be read. Without run(), this is
  // what makes state() and explain() know anything.
  async::Task<void> settings_in_force();

  ConnectionState state(store::ConnectionId id);
  RouteExplanation explain(const RouteQuestion& question);
  // Over which connection it would go; if it had to wait, the first that it may go over.
  std::optional<store::ConnectionId> likely_connection(const RouteQuestion& question);
  const EngineCounters& counters() const { return counters_; }
  std::size_t in_memory() const { return backlog_.held(); }

 private:
  struct Transaction;  // what one shipment meets on its way, shipment.cpp
  struct Candidates;   // what routing chooses from, dispatch.cpp
  using Outlets = std::map<store::ConnectionId, Outlet>;

  // engine.cpp: the engine's own pace.
  async::Task<void> recover();
  async::Task<void> load_settings();
  async::Task<Result<policy::Meter>> meter_for(const store::ConnectionRecord& connection);
  Outlet make_outlet(store::ConnectionRecord connection, std::optional<store::ConnectionHealth> remembered,
                     policy::Meter meter, BusyPlaces busy);
  void replace_outlets(Outlets fresh);
  async::Task<void> end_waits();
  void look();
  async::Task<void> keep_house();
  void dismiss_idle(Monotonic idle_before);
  Monotonic next_look();
  void tell(std::string_view event, store::ConnectionId connection, std::string detail);
  async::Task<void> record_event(store::EventRecord event);

  // dispatch.cpp: what goes next over which connection.
  void take(std::vector<store::DueEmail> accepted);
  async::Task<void> read_due();
  std::size_t room_for(Backlog::Passer passer);  // emails
  void gather(std::vector<store::DueEmail> held);
  void assign(Shipment shipment);
  void assign_anew(Shipment shipment);
  void wait(Shipment shipment, const policy::Route& route);
  void relieve(store::ConnectionId id);
  std::set<store::ConnectionId> busy_outlets();
  void dispatch();
  void start(store::ConnectionId id);
  async::Task<void> probe(store::ConnectionId id);
  async::Task<void> put_off(std::vector<store::EmailRecord> emails);
  Duration next_round_of(const store::EmailRecord& email) const;
  policy::Route route(const store::DueEmail& due, const std::set<store::ConnectionId>& tried);
  const store::RoutingRule* rule_of(const store::DueEmail& due) const;
  Outlet* outlet(store::ConnectionId id);

  // shipment.cpp: the walk of one message.
  async::Task<void> ship(Shipment shipment, store::ConnectionId over);
  async::Task<bool> begin(Shipment& shipment, Transaction& transaction);
  store::AttemptRecord attempt_of(const store::DueEmail& due, const Transaction& transaction);
  void release_places(const Transaction& transaction, std::size_t emails);
  void take_places(Transaction& transaction, std::size_t emails);
  void give_back(const Transaction& transaction, std::size_t emails);
  async::Task<void> take_back(store::ConnectionId over, std::vector<AttemptId> attempts,
                              std::vector<store::DueEmail> emails);
  void begin_is_answered(store::ConnectionId over);
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
  async::Task<void> save_health(store::ConnectionId id, store::ConnectionHealth health);
  void feel(store::ConnectionId id, const policy::Verdict& verdict, const std::string& reason);
  void recovered(store::ConnectionId id, policy::Proof proof);
  store::OnDoubt on_doubt(const store::DueEmail& email, const store::ConnectionRecord& connection) const;

  async::Loop& loop_;
  store::Store& store_;
  Network network_;
  IdGenerator& ids_;
  Random& random_;
  OpenPassword open_password_;
  EngineOptions options_;
  policy::RetrySchedule rounds_;  // of mail that all its connections have failed

  Backlog backlog_;
  Outlets outlets_;
  std::vector<store::ConnectionId> by_priority_;
  std::vector<std::weak_ptr<SessionPool>> retired_pools_;  // of earlier versions, with mail under way
  std::uint64_t settings_ = 0;  // rises when connections, rules or pauses are others: mail not yet begun chooses anew
  // Begins whose answer is awaited. None starts while a connection's history is read, or it might count twice.
  std::map<store::ConnectionId, std::size_t> beginning_;
  std::set<store::ConnectionId> reading_history_;
  store::RoutingTable routing_;
  store::Pauses pauses_;
  bool stale_settings_ = true;
  bool loading_settings_ = false;
  bool knows_settings_ = false;
  bool ending_waits_ = false;
  bool running_ = false;
  bool stopping_ = false;
  bool looked_for_ = true;              // something changed since the last look
  Monotonic store_trouble_until_{};     // sending pauses while outcomes can't be recorded
  Monotonic nobody_until_{};            // mail that no connection could take is routed anew from then on
  std::vector<store::DueEmail> taken_;  // just accepted and held; in line with the next look
  std::vector<store::EmailRecord> to_put_off_;
  std::size_t put_off_budget_ = 0;  // writes of this second: a deep queue without a way out costs no more
  Monotonic next_housekeeping_{};
  Monotonic next_time_mark_{};
  bool housekeeping_ = false;
  async::Signal changed_;
  async::Signal settings_loaded_;
  async::Signal may_begin_;
  async::TaskGroup under_way_;
  EngineCounters counters_;
  std::function<void(const store::EventRecord&)> event_listener_;
};

}  // namespace postroom::delivery
