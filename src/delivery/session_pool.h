// SessionPool keeps one connection's SMTP sessions: opens them on places that are reserved, keeps idle ones for the
// next message, and never hands one out that was opened with other settings (the pool dies with its connection's
// version). Its places are the connection's: sessions of an earlier version, and those that say QUIT, hold theirs until
// they are over, so that a provider never sees more sessions than it allows.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/signal.h"
#include "async/task.h"
#include "net/stream.h"
#include "smtp/client_session.h"
#include "store/records.h"

namespace postroom::delivery {

// The doors through which sessions are opened.
struct Network {
  net::Dialer& dialer;
  net::Resolver& resolver;
  net::Tls& tls;
  // Whether an address may be connected to (link-local and configured networks are refused).
  std::function<Result<>(const net::IpAddress&)> may_connect;
};

struct Session {
  std::unique_ptr<smtp::ClientSession> smtp;
  std::uint32_t messages = 0;
  Monotonic idle_since{};
};

enum class Freshness { kept_or_new, only_new };

// What is in use of a connection's places for sessions, whatever version of it opened them.
struct PlacesInUse {
  std::uint32_t busy = 0;
  std::uint32_t with_lower_lanes = 0;  // of these
};
using BusyPlaces = std::shared_ptr<PlacesInUse>;

// While it lives, mail of a lower lane holds one of the places (policy/lane_turns.h).
class LowerLanePlace {
 public:
  explicit LowerLanePlace(BusyPlaces of) : of_(std::move(of)) { ++of_->with_lower_lanes; }
  LowerLanePlace(LowerLanePlace&&) = default;
  LowerLanePlace& operator=(LowerLanePlace&& other) noexcept {
    of_.swap(other.of_);
    return *this;
  }
  ~LowerLanePlace() {
    if (of_) --of_->with_lower_lanes;
  }

 private:
  BusyPlaces of_;
};

class SessionPool {
 public:
  SessionPool(async::Loop& loop, Network& network, smtp::ClientOptions options, std::uint32_t max_messages,
              Duration idle, BusyPlaces busy);

  // A place, taken before acquire() and given back by release() or drop().
  bool has_room(std::uint32_t places) const { return busy_->busy < places; }
  void reserve() { ++busy_->busy; }
  // A session ready for MAIL, on a reserved place. After a Fault the place is given back by drop(nullptr).
  async::Task<std::expected<std::unique_ptr<Session>, smtp::Fault>> acquire(Freshness freshness,
                                                                            smtp::Conversation& conversation);
  // Keeps it for the next message. One that has carried all it may comes back, to be dismissed.
  std::unique_ptr<Session> release(std::unique_ptr<Session> session);
  async::Task<void> dismiss(std::unique_ptr<Session> session);  // QUIT; its place is given back when that is over
  void drop(std::unique_ptr<Session> session);                  // it is no use any more
  // Those that nobody has used since, each on a place of its own, to be dismissed.
  std::vector<std::unique_ptr<Session>> take_idle(Monotonic idle_before);
  void retire();  // its connection's settings are others now: nothing is kept any more
  void abort();   // cuts the sessions in use and those being opened; no other is opened

  // What the server said to EHLO when a session was opened last; nullopt: none has been yet.
  const std::optional<smtp::Extensions>& offers() const { return offers_; }
  std::uint32_t busy() const { return busy_->busy; }
  const BusyPlaces& places() const { return busy_; }

 private:
  async::Loop& loop_;
  Network& network_;
  smtp::ClientOptions options_;
  std::uint32_t max_messages_;
  Duration idle_;
  BusyPlaces busy_;
  bool retired_ = false;
  std::optional<smtp::Extensions> offers_;
  bool aborted_ = false;
  std::deque<std::unique_ptr<Session>> idle_sessions_;  // the latest used in front
  std::set<smtp::ClientSession*> in_use_;
  std::set<smtp::ClientSession*> opening_;
};

// The real path to a provider, used by the pool, probes and the connection test alike: resolve, check the address,
// connect (the next address when one does not answer), TLS, EHLO, AUTH. Meanwhile the session stands in `opening`, so
// that it can be cut; a cut one is not followed by the next address.
async::Task<std::expected<std::unique_ptr<smtp::ClientSession>, smtp::Fault>> open_session(
    async::Loop& loop, Network& network, smtp::ClientOptions options, std::set<smtp::ClientSession*>& opening,
    smtp::Conversation& conversation, smtp::PhaseObserver observer = {});

}  // namespace postroom::delivery
