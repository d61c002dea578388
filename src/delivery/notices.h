// Notices tell staff what they should see: the store keeps each, and a listener hears it at once.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "async/loop.h"
#include "async/task_group.h"
#include "store/delivery_store.h"

namespace postroom::delivery {

class Notices {
 public:
  using Listener = std::function<void(const store::EventRecord&)>;

  // What is being kept is a task of `tasks`.
  Notices(async::Loop& loop, store::DeliveryStore& store, async::TaskGroup& tasks)
      : loop_(loop), store_(store), tasks_(tasks) {}

  void on_event(Listener listener) { listener_ = std::move(listener); }
  void tell(std::string_view event, store::ConnectionId connection, std::string detail) {
    store::EventRecord record{0, loop_.wall(), std::string(event), connection, std::move(detail)};
    if (listener_) listener_(record);
    tasks_.spawn(keep(std::move(record)));
  }

 private:
  async::Task<void> keep(store::EventRecord event) {
    const Result<> kept = co_await store_.append_event(std::move(event));
    static_cast<void>(kept);  // the state it tells of stands in the connection's health
  }

  async::Loop& loop_;
  store::DeliveryStore& store_;
  async::TaskGroup& tasks_;
  Listener listener_;
};

}  // namespace postroom::delivery
