// Loop is the door to time and to the process's one event thread: the clocks, timers, and work posted from elsewhere.
// net/system_loop.h waits on the operating system; tests/sim moves a simulated clock. Everything but post() and
// now() is called on the loop's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <set>

#include "base/timestamp.h"

namespace postroom::async {

class Loop;

// A moment at which a callback runs, once. Owned by whoever waits; disarmed by its destructor. Not movable.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  ~Timer() { disarm(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(Monotonic at, std::function<void()> callback);  // replaces what was armed; never() only stores the callback
  void rearm(Monotonic at);                                // same callback, another time
  void disarm();
  bool armed() const { return armed_; }

 private:
  friend class Loop;
  Loop& loop_;
  std::function<void()> callback_;
  Monotonic at_{};
  std::uint64_t order_ = 0;  // among timers of the same moment: first armed, first run
  bool armed_ = false;
};

class Loop {
 public:
  using Work = std::move_only_function<void()>;

  virtual ~Loop() = default;
  virtual Monotonic now() const = 0;  // any thread, of a loop that has others beside it
  virtual Timestamp wall() const = 0;
  // Runs `work` on the loop's thread, in the order posted, never inside the caller. Any thread.
  virtual void post(Work work) = 0;

 protected:
  Monotonic next_timer() const;  // never() when none is armed
  void run_due_timers(Monotonic now);

 private:
  friend class Timer;
  struct Earlier {
    bool operator()(const Timer* a, const Timer* b) const;
  };
  std::set<Timer*, Earlier> timers_;
  std::uint64_t armed_ever_ = 0;
};

}  // namespace postroom::async
