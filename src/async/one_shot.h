// OneShot<T> is a value that one coroutine awaits and somebody sets once, on the loop's thread. Worker threads set it
// through Loop::post. It must outlive the await.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/assert.h"

namespace postroom::async {

template <class T>
class OneShot {
 public:
  OneShot() = default;
  OneShot(const OneShot&) = delete;
  OneShot& operator=(const OneShot&) = delete;

  void set(T value) {
    POSTROOM_ASSERT(!value_);
    value_.emplace(std::move(value));
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }

  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  T await_resume() { return std::move(*value_); }

 private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_ = nullptr;
};

}  // namespace postroom::async
