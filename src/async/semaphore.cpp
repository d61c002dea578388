#include "async/semaphore.h"

namespace postroom::async {

Task<bool> Semaphore::acquire(Monotonic deadline) {
  while (free_ == 0)
    if (co_await freed_.wait(deadline) == Woken::by_deadline && free_ == 0) co_return false;
  --free_;
  co_return true;
}

bool Semaphore::try_acquire() {
  if (free_ == 0) return false;
  --free_;
  return true;
}

void Semaphore::release() {
  ++free_;
  freed_.notify_one();
}

}  // namespace postroom::async
