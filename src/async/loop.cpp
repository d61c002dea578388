#include "async/loop.h"

#include <tuple>
#include <utility>

namespace postroom::async {

void Timer::arm(Monotonic at, std::function<void()> callback) {
  callback_ = std::move(callback);
  rearm(at);
}

void Timer::rearm(Monotonic at) {
  disarm();
  if (at == Monotonic::never()) return;
  at_ = at;
  order_ = loop_.armed_ever_++;
  armed_ = true;
  loop_.timers_.insert(this);
}

void Timer::disarm() {
  if (!armed_) return;
  loop_.timers_.erase(this);
  armed_ = false;
}

bool Loop::Earlier::operator()(const Timer* a, const Timer* b) const {
  return std::tie(a->at_, a->order_) < std::tie(b->at_, b->order_);
}

Monotonic Loop::next_timer() const {
  return timers_.empty() ? Monotonic::never() : (*timers_.begin())->at_;
}

void Loop::run_due_timers(Monotonic now) {
  while (!timers_.empty() && (*timers_.begin())->at_ <= now) {
    Timer* due = *timers_.begin();
    due->disarm();
    const std::function<void()> callback = due->callback_;  // a copy: the callback may end its timer's life
    callback();
  }
}

}  // namespace postroom::async
