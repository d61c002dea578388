// Signal wakes coroutines that wait for something to change. A waiter always has a deadline.
#pragma once

#include <coroutine>
#include <list>

#include "async/loop.h"
#include "base/timestamp.h"

namespace postroom::async {

enum class Woken { by_signal, by_deadline };

class Signal {
 public:
  explicit Signal(Loop& loop) : loop_(loop) {}
  ~Signal();
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Wakes the longest waiter / all present waiters; they resume from the loop, not inside the caller. A signal without
  // a waiter is lost: check the condition before waiting.
  void notify_one();
  void notify_all();

  class Wait;
  // co_await signal.wait(deadline) → Woken. Monotonic::never() waits for the signal alone.
  Wait wait(Monotonic deadline = Monotonic::never());

 private:
  Loop& loop_;
  std::list<Wait*> waiting_;
};

class Signal::Wait {
 public:
  Wait(Signal& signal, Monotonic deadline) : signal_(signal), deadline_(deadline), timer_(signal.loop_) {}
  Wait(const Wait&) = delete;
  ~Wait();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);
  Woken await_resume() const noexcept { return woken_; }

 private:
  friend class Signal;
  void wake(Woken how);

  Signal& signal_;
  Monotonic deadline_;
  Timer timer_;
  std::coroutine_handle<> waiter_ = nullptr;
  std::list<Wait*>::iterator place_;
  bool listed_ = false;
  Woken woken_ = Woken::by_signal;
};

inline Signal::Wait Signal::wait(Monotonic deadline) {
  return Wait(*this, deadline);
}

// co_await sleep_until(loop, when)
class sleep_until {
 public:
  sleep_until(Loop& loop, Monotonic when) : when_(when), timer_(loop) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    timer_.arm(when_, [waiter] { waiter.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  Monotonic when_;
  Timer timer_;
};

}  // namespace postroom::async
