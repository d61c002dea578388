// Outlets are the connections in force, with the routing rules and pauses that say which of them mail may take. When an
// operator has changed what is stored of them, load() brings it into force: a connection that is as it was keeps its
// health, its sessions and what it has learned.
//
// Read outlets.cpp for how that happens, and routing.cpp for which connection mail takes.
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
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "delivery/engine_options.h"
#include "delivery/outlet.h"
#include "delivery/session_pool.h"
#include "policy/retry.h"
#include "policy/route.h"
#include "store/pauses.h"
#include "store/store.h"

namespace postroom::delivery {

// Of mail that may not exist: which connection it would take.
struct RouteQuestion {
  std::string from, to, lane;
  std::vector<std::string> tags;
  std::optional<store::ConnectionId> pinned_to;
};
struct RouteExplanation {
  std::vector<policy::Consideration> connections;  // valid until the loop runs on
  std::optional<std::size_t> rule;                 // the routing rule that fits, counted from 0
  std::string reason;                              // why the mail would wait; "" when a connection is chosen
};

struct ConnectionState {
  store::ConnectionHealth health;
  store::SendingLimits used;  // within the present windows
  std::uint32_t sessions = 0;
  bool paused = false;
};

class Outlets {
 public:
  // Opens a connection's sealed password. Error: the sentence why not.
  using OpenPassword = std::function<Result<Secret>(const store::ConnectionRecord&)>;

  // `options` outlive this.
  Outlets(async::Loop& loop, store::Store& store, Network network, Random& random, OpenPassword open_password,
          const EngineOptions& options);

  // outlets.cpp: what is in force.
  void stored_ones_changed() { stale_ = true; }
  bool is_stale() const { return stale_; }
  bool is_loading() const { return loading_; }
  // Brings into force what is stored. After an error all is as it was, and stale.
  struct Loaded {
    std::vector<Shipment> in_line;          // what stood there chooses anew
    std::set<store::ConnectionId> changed;  // those that may take mail otherwise than before, or are gone
    bool other_choice = false;              // mail that waits may find a way now: by these or by the rules
  };
  async::Task<Result<Loaded>> load();
  // co_await loaded(deadline): the end of the load under way, or of the next one.
  async::Signal::Wait loaded(Monotonic deadline) { return loaded_.wait(deadline); }
  // Rises with each load that succeeds; mail not yet begun under an earlier one chooses anew.
  std::uint64_t version() const { return version_; }

  Outlet* find(store::ConnectionId id);
  Outlet& at(store::ConnectionId id) { return by_id_.at(id); }
  auto begin() { return by_id_.begin(); }
  auto end() { return by_id_.end(); }
  std::size_t size() const { return by_id_.size(); }
  const std::vector<store::ConnectionId>& by_priority() const { return by_priority_; }
  const store::Pauses& pauses() const { return pauses_; }
  ConnectionState state(store::ConnectionId id);
  void keep_no_session();  // for the next message: there will be none
  void abort_sessions();   // also those of earlier versions that still carry mail

  // What has begun stands in the history that a load reads, or is reserved, never both: no attempt begins meanwhile.
  bool is_reading_history(store::ConnectionId id) const { return reading_history_.contains(id); }
  async::Signal::Wait history_read() { return may_begin_.wait(); }
  void begins(store::ConnectionId id) { ++beginning_[id]; }
  void begin_is_answered(store::ConnectionId id);

  // routing.cpp: which of them mail takes.
  const store::RoutingRule* rule_of(const store::DueEmail& due) const;
  policy::Route route(const store::DueEmail& due, const std::set<store::ConnectionId>& tried);
  // Those that could take mail, were there not other mail before it.
  std::set<store::ConnectionId> busy();
  RouteExplanation explain(const RouteQuestion& question);
  // Over which connection it would go; if it had to wait, the first that it may go over.
  std::optional<store::ConnectionId> likely_connection(const RouteQuestion& question);

 private:
  struct Candidates;  // what routing chooses from
  using ById = std::map<store::ConnectionId, Outlet>;

  async::Task<Result<std::map<store::ConnectionId, policy::Meter>>> read_meters(
      const std::vector<store::ConnectionRecord>& connections);
  async::Task<Result<policy::Meter>> meter_for(const store::ConnectionRecord& connection);
  Outlet make_outlet(store::ConnectionRecord connection, std::optional<store::ConnectionHealth> remembered,
                     policy::Meter meter, BusyPlaces busy);
  std::set<store::ConnectionId> changed_by(const std::vector<store::ConnectionRecord>& connections,
                                           const store::Pauses& pauses) const;
  std::vector<Shipment> replace(ById fresh);
  Duration next_round_of(const store::EmailRecord& email) const;

  async::Loop& loop_;
  store::Store& store_;
  Network network_;
  Random& random_;
  OpenPassword open_password_;
  const EngineOptions& options_;
  policy::RetrySchedule rounds_;  // of mail that all its connections have failed

  ById by_id_;
  std::vector<store::ConnectionId> by_priority_;
  store::RoutingTable routing_;
  store::Pauses pauses_;
  std::uint64_t version_ = 0;
  bool stale_ = true;
  bool loading_ = false;
  async::Signal loaded_;
  std::vector<std::weak_ptr<SessionPool>> retired_pools_;  // of earlier versions, with mail under way

  std::map<store::ConnectionId, std::size_t> beginning_;  // begins whose answer is awaited
  std::set<store::ConnectionId> reading_history_;
  async::Signal may_begin_;
};

}  // namespace postroom::delivery
