// Semaphore bounds how many coroutines do something at once.
#pragma once

#include <cstddef>

#include "async/signal.h"
#include "async/task.h"

namespace postroom::async {

class Semaphore {
 public:
  Semaphore(Loop& loop, std::size_t permits) : free_(permits), freed_(loop) {}

  // False when the deadline passed first; true: the caller owns one permit and gives it back with release().
  Task<bool> acquire(Monotonic deadline);
  bool try_acquire();
  void release();
  std::size_t free() const { return free_; }

 private:
  std::size_t free_;
  Signal freed_;
};

}  // namespace postroom::async
