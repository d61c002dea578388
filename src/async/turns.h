// Turns lets coroutines do something one after the other: what one reads before it waits is still so when it writes.
#pragma once

#include <utility>

#include "async/signal.h"
#include "async/task.h"

namespace postroom::async {

class Turns {
 public:
  // Goes back by itself.
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(&turns) {}
    Turn(Turn&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->give_back();
    }

   private:
    Turns* turns_;
  };

  explicit Turns(Loop& loop) : free_again_(loop) {}

  // Waits until nobody else has it, however long that takes.
  Task<Turn> take();

 private:
  void give_back();

  bool taken_ = false;
  Signal free_again_;
};

}  // namespace postroom::async
