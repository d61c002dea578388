// What the API needs of delivery, without seeing it: app plugs the engine in here (docs/life_of_a_message.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/secret.h"
#include "store/records.h"

namespace postroom::api {

struct TestStep {
  std::string step;  // resolve, connect, tls, ehlo, auth, mail, send
  bool ok = false;
  std::int64_t duration_ms = 0;
  std::string detail;  // what was found, or the server's words
  std::string advice;  // of a failed one: what to change; may be empty
};

struct TestReport {
  bool ok = false;
  std::vector<TestStep> steps;  // up to and with the first failing one
};

struct ConnectionTest {
  store::ConnectionRecord connection;  // sealed_password is ignored
  Secret password;
  std::string send_to;  // "" : no real mail
};

// A connection as delivery sees it now.
struct ConnectionState {
  store::ConnectionHealth health;
  store::SendingLimits used;   // within the present windows
  std::uint32_t sessions = 0;  // that it has learned to use at once; at most max_sessions
  bool paused = false;
};

// Of mail that may not exist: which connection would it take?
struct RouteQuestion {
  std::string from, to;  // addresses
  std::string lane;
  std::vector<std::string> tags;
  std::optional<store::ConnectionId> pinned_to;
};

struct RouteAnswer {
  struct Considered {
    store::ConnectionId id = 0;
    std::string caption;
    bool usable = false, chosen = false;
    std::string why;
  };
  std::vector<Considered> connections;  // in the order they are asked
  std::optional<std::size_t> rule;      // the routing rule that fits, counted from 0
  std::string waits_for;                // why the mail would wait; "" when it would go
};

class DeliveryDoor {
 public:
  virtual ~DeliveryDoor() = default;
  virtual async::Task<TestReport> test(ConnectionTest test) = 0;  // within 30 s
  virtual ConnectionState state(store::ConnectionId id) = 0;
  virtual RouteAnswer explain(const RouteQuestion& question) = 0;
  virtual async::Task<void> settings_in_force() = 0;  // returns once it goes by what is stored
  virtual void wake() = 0;                            // an operator made mail due
};

}  // namespace postroom::api
