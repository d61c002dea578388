#include "net/workers.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace postroom::net {
namespace {

constexpr std::size_t threads_at_most = 8;

}  // namespace

struct Workers::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Blocking> calls;
  std::size_t threads = 0, idle = 0;
  async::Loop* loop = nullptr;  // null: it is gone
};

Workers::Workers(async::Loop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->loop = &loop;
}

Workers::~Workers() {
  const std::scoped_lock lock(shared_->mutex);
  shared_->loop = nullptr;
  shared_->calls.clear();
  shared_->changed.notify_all();
}

void Workers::run(Blocking call) {
  const std::scoped_lock lock(shared_->mutex);
  shared_->calls.push_back(std::move(call));
  shared_->changed.notify_one();
  if (shared_->calls.size() <= shared_->idle || shared_->threads == threads_at_most) return;
  ++shared_->threads;
  std::thread(work, shared_).detach();
}

void Workers::work(std::shared_ptr<Shared> shared) {
  std::unique_lock lock(shared->mutex);
  while (shared->loop != nullptr) {
    if (shared->calls.empty()) {
      ++shared->idle;
      shared->changed.wait(lock);
      --shared->idle;
      continue;
    }
    Blocking call = std::move(shared->calls.front());
    shared->calls.pop_front();
    lock.unlock();
    async::Loop::Work then = call();
    lock.lock();
    if (shared->loop != nullptr) shared->loop->post(std::move(then));
  }
}

}  // namespace postroom::net
