#include "async/signal.h"

#include "base/assert.h"

namespace postroom::async {

Signal::~Signal() {
  POSTROOM_ASSERT(waiting_.empty());
}

void Signal::notify_one() {
  if (!waiting_.empty()) waiting_.front()->wake(Woken::by_signal);
}

void Signal::notify_all() {
  while (!waiting_.empty()) waiting_.front()->wake(Woken::by_signal);
}

Signal::Wait::~Wait() {
  if (listed_) signal_.waiting_.erase(place_);
}

void Signal::Wait::await_suspend(std::coroutine_handle<> waiter) {
  waiter_ = waiter;
  place_ = signal_.waiting_.insert(signal_.waiting_.end(), this);
  listed_ = true;
  timer_.arm(deadline_, [this] { wake(Woken::by_deadline); });
}

// The waiter resumes from a timer due at once, so that a coroutine destroyed meanwhile is never resumed.
void Signal::Wait::wake(Woken how) {
  woken_ = how;
  if (listed_) signal_.waiting_.erase(place_);
  listed_ = false;
  timer_.arm(Monotonic{0}, [this] { waiter_.resume(); });
}

}  // namespace postroom::async
