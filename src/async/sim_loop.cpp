#include "async/sim_loop.h"

#include "base/assert.h"

namespace postroom::async {

bool SimLoop::step() {
  if (!posted_.empty()) {
    Work work = std::move(posted_.front());
    posted_.pop_front();
    work();
    return true;
  }
  const Monotonic next = next_timer();
  if (next == Monotonic::never()) return false;
  if (next > now_) now_ = next;
  run_due_timers(now_);
  return true;
}

void SimLoop::run_for(Duration span) {
  const Monotonic end = now_ + span;
  while (!posted_.empty() || next_timer() <= end) step();
  now_ = end;
}

void SimLoop::run(Task<void> task) {
  bool done = false;
  start(std::move(task), [&done] { done = true; });
  while (!done) POSTROOM_ASSERT(step());
}

}  // namespace postroom::async
