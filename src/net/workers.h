// Workers run calls that block and that nobody can end (getaddrinfo) on a few threads of their own. They are waited for
// by nobody: when the loop goes, what has not begun is dropped, and what still runs finds no loop to answer.
#pragma once

#include <functional>
#include <memory>

#include "async/loop.h"

namespace postroom::net {

class Workers {
 public:
  // Its result is what the loop is to do then.
  using Blocking = std::move_only_function<async::Loop::Work()>;

  explicit Workers(async::Loop& loop);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void run(Blocking call);

 private:
  struct Shared;
  static void work(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace postroom::net
