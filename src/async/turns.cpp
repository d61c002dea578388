#include "async/turns.h"

namespace postroom::async {

Task<Turns::Turn> Turns::take() {
  while (taken_) co_await free_again_.wait();
  taken_ = true;
  co_return Turn(*this);
}

void Turns::give_back() {
  taken_ = false;
  free_again_.notify_one();
}

}  // namespace postroom::async
