// Outlet is one connection as the engine sees it now: its settings, its health, its limits, its sessions, and the
// shipments that stand in line for it, lane by lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delivery/session_pool.h"
#include "policy/breaker.h"
#include "policy/lane_turns.h"
#include "policy/meter.h"
#include "policy/route.h"
#include "policy/session_allowance.h"
#include "store/delivery_store.h"

namespace postroom::delivery {

// Emails of one message that go over one connection in one transaction.
struct Shipment {
  std::vector<store::DueEmail> emails;
  std::set<store::ConnectionId> tried;  // in this round
  Monotonic in_line_since{};
  std::optional<LowerLanePlace> lower_place = {};  // once it has left the line
};

// How many emails a second leave, as of late; it falls while nothing does.
class Pace {
 public:
  explicit Pace(double expected) : per_second_(expected) {}
  void left(std::size_t emails) { count_ += emails; }
  void tick(Monotonic now);  // about once a second
  double per_second() const { return per_second_; }

 private:
  double per_second_;
  std::size_t count_ = 0;
  std::optional<Monotonic> since_;
};

class Outlet {
 public:
  Outlet(store::ConnectionRecord settings, policy::Breaker health, policy::Meter limits,
         std::shared_ptr<SessionPool> sessions);

  store::ConnectionRecord connection;
  policy::Breaker breaker;
  policy::Meter meter;
  policy::SessionAllowance allowance;
  std::shared_ptr<SessionPool> pool;  // shipments under way keep an old version's pool alive
  bool paused = false;
  bool failing_over = false;  // mail has moved on since the last success: said once

  bool may_send(Monotonic now) const;
  std::uint32_t places() const { return std::min(connection.max_sessions, allowance.allowed()); }

  // In line: what the connection can send soon, and no more, so that a slow one does not fill the memory.
  bool has_room(std::size_t most) const { return waiting_ < line_length(most); }
  std::size_t wants(std::size_t most) const;  // emails to fill it up with; 0 while it is more than half full
  std::size_t waiting() const { return waiting_; }
  bool is_idle(Monotonic now, Timestamp wall);  // it could start mail at once, and has none
  void stand_in_line(std::size_t lane, Shipment shipment, Monotonic now);
  // The next shipment that may start, cut to what the limits allow, with its places in session pool and limits
  // reserved; nullopt when none may.
  std::optional<Shipment> next(Monotonic now, Timestamp wall);
  std::vector<Shipment> take_line();                     // all of it
  std::vector<Shipment> take_lane(std::size_t lane);     // of one lane
  std::vector<Shipment> take_surplus(std::size_t most);  // what has become too much, from the end
  // The first that has stood in line for longer than a line should take, and may leave it.
  std::optional<Shipment> take_impatient(Monotonic now, const std::function<bool(const Shipment&)>& may_leave);
  void tick(Monotonic now) { pace_.tick(now); }
  void left(std::size_t emails) { pace_.left(emails); }

  // As routing sees it. `limit` is what holds it up for longer than a line waits; the views refer to it and to this.
  policy::Candidate candidate(const std::optional<policy::Meter::Wait>& limit, Monotonic now) const;
  // Its limits' wait, when it is longer than mail stands in line for.
  std::optional<policy::Meter::Wait> long_wait(Monotonic now, Timestamp wall);

 private:
  std::size_t line_length(std::size_t most) const;
  std::vector<std::deque<Shipment>> lines_;
  std::size_t waiting_ = 0;  // emails
  policy::LaneTurns turns_;
  Pace pace_;
};

}  // namespace postroom::delivery
