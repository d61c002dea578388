#include "async/task_group.h"

#include <utility>

namespace postroom::async {
namespace {

// A coroutine that owns itself: its frame ends when its body does.
struct Detached {
  struct promise_type {
    Detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
};

Detached run_detached(Task<void> task, std::function<void()> done) {
  {
    Task<void> owned = std::move(task);
    co_await owned;
  }  // the task's frame is gone before anyone hears that it has ended
  done();
}

}  // namespace

void start(Task<void> task, std::function<void()> done) {
  run_detached(std::move(task), std::move(done));
}

void TaskGroup::spawn(Task<void> task) {
  ++running_;
  start(std::move(task), [this] {
    if (--running_ == 0) idle_.notify_all();
  });
}

Task<void> TaskGroup::join() {
  while (running_ > 0) co_await idle_.wait();
}

}  // namespace postroom::async
