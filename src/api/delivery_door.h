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
  std::string detail;  // what was found, or the server's words and what to change
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

class DeliveryDoor {
 public:
  virtual ~DeliveryDoor() = default;
  virtual async::Task<TestReport> test(ConnectionTest test) = 0;  // within 30 s
  virtual store::ConnectionHealth health(store::ConnectionId id) const = 0;
  virtual store::SendingLimits used(store::ConnectionId id) = 0;  // within the present windows
  virtual void wake() = 0;                                        // an operator made mail due
};

}  // namespace postroom::api
