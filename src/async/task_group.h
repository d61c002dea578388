// TaskGroup owns tasks that run beside their creator. Its owner must await join() before it dies: no task outlives the
// thing that started it.
#pragma once

#include <cstddef>
#include <memory>

#include "async/loop.h"
#include "async/signal.h"
#include "async/task.h"

namespace postroom::async {

class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : idle_(loop) {}
  ~TaskGroup() { POSTROOM_ASSERT(running_ == 0); }
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(Task<void> task);  // runs at once up to its first suspension
  Task<void> join();            // until no task is left, later spawned ones included
  std::size_t running() const { return running_; }

 private:
  std::size_t running_ = 0;
  Signal idle_;
};

// Starts a task from outside any coroutine (main, tests); `done` runs when it has ended.
void start(Task<void> task, std::function<void()> done);

}  // namespace postroom::async
