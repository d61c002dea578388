// SimLoop is the Loop of tests and simulation: time stands still while there is work and jumps to the next timer when
// there is none. Single-threaded and deterministic.
#pragma once

#include <deque>
#include <optional>

#include "async/loop.h"
#include "async/task.h"
#include "async/task_group.h"

namespace postroom::async {

class SimLoop final : public Loop {
 public:
  explicit SimLoop(Timestamp start = {1764000000000}) : wall_start_(start) {}  // 2025-11-24T16:00:00Z

  Monotonic now() const override { return now_; }
  Timestamp wall() const override { return wall_start_ + Duration(now_.ns) + wall_jump_; }
  void post(Work work) override { posted_.push_back(std::move(work)); }

  // One posted piece of work, or the next moment's timers. False when nothing is left to happen.
  bool step();
  void run_until_idle() {
    while (step()) {
    }
  }
  // Everything that happens up to and at `now + span`.
  void run_for(Duration span);
  void jump_wall_clock(Duration by) { wall_jump_ += by; }

  // Runs a task to its end and gives its value. Asserts that it ends.
  template <class T>
  T run(Task<T> task);
  void run(Task<void> task);

 private:
  Timestamp wall_start_;
  Duration wall_jump_{};
  Monotonic now_{1};
  std::deque<Work> posted_;
};

namespace detail {
template <class T>
Task<void> store_result(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await task);
}
}  // namespace detail

template <class T>
T SimLoop::run(Task<T> task) {
  std::optional<T> result;
  run(detail::store_result(std::move(task), result));
  return std::move(*result);
}

}  // namespace postroom::async
