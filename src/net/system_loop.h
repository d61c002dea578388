// SystemLoop is the Loop of service: the operating system's clocks, sockets and signals, one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "async/loop.h"
#include "async/task.h"
#include "async/task_group.h"
#include "net/workers.h"

namespace postroom::net {

class SystemLoop final : public async::Loop {
 public:
  SystemLoop();
  ~SystemLoop() override;

  Monotonic now() const override;
  // The system's clock, paced (base/paced_clock.h).
  Timestamp wall() const override;
  void start_wall_at_least(Timestamp stored);
  static Duration system_wall();  // since 1970
  static Monotonic passing();
  void post(Work work) override;

  // Runs until stop(); may be run again.
  void run();
  void stop();
  // Runs a task to its end and gives its value.
  template <class T>
  T run(async::Task<T> task);
  void run(async::Task<void> task);

  // Calls back on the loop's thread at each SIGTERM or SIGINT. SIGPIPE is ignored from construction on.
  void on_stop_signal(std::function<void()> callback);
  // Runs a blocking call on one of a few threads of its own, and on the loop's thread what it gives.
  void offload(Workers::Blocking call) { workers_->run(std::move(call)); }

  struct Implementation;  // asio's, in asio_loop.h
  Implementation& implementation() { return *implementation_; }

 private:
  void arm_system_timer();
  std::unique_ptr<Implementation> implementation_;
  std::unique_ptr<Workers> workers_;
};

namespace detail {
template <class T>
async::Task<void> keep_result(async::Task<T> task, std::optional<T>& result) {
  result.emplace(co_await task);
}
}  // namespace detail

template <class T>
T SystemLoop::run(async::Task<T> task) {
  std::optional<T> result;
  run(detail::keep_result(std::move(task), result));
  return std::move(*result);
}

}  // namespace postroom::net
