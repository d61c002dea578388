// HealthWatch hears how each connection's sessions fare. It keeps the breaker and the number of sessions that a
// provider allows, tells staff when a connection goes down or comes back, and remembers its health in the store.
#pragma once

#include <string>

#include "async/loop.h"
#include "async/task_group.h"
#include "base/random.h"
#include "delivery/notices.h"
#include "delivery/outlets.h"
#include "policy/breaker.h"
#include "policy/classify.h"
#include "store/delivery_store.h"

namespace postroom::delivery {

class HealthWatch {
 public:
  enum class Change { none, better, restored };  // restored: it was down

  HealthWatch(async::Loop& loop, store::DeliveryStore& store, Random& random, Outlets& outlets, Notices& notices,
              async::TaskGroup& tasks)
      : loop_(loop), store_(store), random_(random), outlets_(outlets), notices_(notices), tasks_(tasks) {}

  // A session of it failed, for the reason that stands in `verdict` and, for people, in `reason`.
  void fault(store::ConnectionId id, const policy::Verdict& verdict, const std::string& reason);
  Change success(store::ConnectionId id, policy::Proof proof);

 private:
  async::Task<void> save(store::ConnectionId id, store::ConnectionHealth health);

  async::Loop& loop_;
  store::DeliveryStore& store_;
  Random& random_;
  Outlets& outlets_;
  Notices& notices_;
  async::TaskGroup& tasks_;
};

}  // namespace postroom::delivery
