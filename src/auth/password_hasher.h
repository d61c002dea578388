// PasswordHasher computes argon2id beside the loop: a hash takes tens of milliseconds on purpose, and mail must not
// wait for it. One thread, so that guessing costs the guesser's time and not all of the machine.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "async/loop.h"
#include "async/task.h"
#include "base/result.h"
#include "base/secret.h"

namespace postroom::auth {

class PasswordHasher {
 public:
  explicit PasswordHasher(async::Loop& loop);
  ~PasswordHasher();
  PasswordHasher(const PasswordHasher&) = delete;
  PasswordHasher& operator=(const PasswordHasher&) = delete;

  // The hash with its parameters and salt. Error unavailable: too many wait already, or memory is short.
  async::Task<Result<std::string>> hash(Secret password);
  // Whether it is the password of `hash`. An empty hash takes as long as any other and is never right, so that the time
  // does not tell which accounts exist. Error as above.
  async::Task<Result<bool>> verify(std::string hash, Secret password);

 private:
  // Runs on the thread; false when the queue is full.
  bool submit(std::function<void()> work);
  void run();

  async::Loop& loop_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queued_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace postroom::auth
