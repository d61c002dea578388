#include "net/system_loop.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <utility>

#include "net/asio_loop.h"

namespace postroom::net {
namespace {

void await_signal(SystemLoop::Implementation& loop) {
  loop.signals.async_wait([&loop](const boost::system::error_code& error, int) {
    if (error) return;
    if (loop.on_stop) loop.on_stop();
    await_signal(loop);
  });
}

}  // namespace

SystemLoop::SystemLoop()
    : implementation_(std::make_unique<Implementation>()), workers_(std::make_unique<Workers>(*this)) {
  std::signal(SIGPIPE, SIG_IGN);
}

SystemLoop::~SystemLoop() {
  workers_.reset();
  implementation_->posted.clear();
}

Monotonic SystemLoop::now() const {
  return {std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count()};
}

Timestamp SystemLoop::wall() const {
  return implementation_->wall.read(system_wall(), passing());
}

void SystemLoop::start_wall_at_least(Timestamp stored) {
  implementation_->wall.start_at_least(stored);
}

Duration SystemLoop::system_wall() {
  return std::chrono::system_clock::now().time_since_epoch();
}

Monotonic SystemLoop::passing() {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);  // unlike the steady clock it counts while the machine sleeps
  return {(std::chrono::seconds(at.tv_sec) + Duration(at.tv_nsec)).count()};
}

void SystemLoop::post(Work work) {
  Implementation& loop = *implementation_;
  bool first = false;
  {
    const std::scoped_lock lock(loop.posted_mutex);
    first = loop.posted.empty();
    loop.posted.push_back(std::move(work));
  }
  if (!first) return;
  boost::asio::post(loop.context, [&loop] {
    std::vector<Work> burst;
    {
      const std::scoped_lock lock(loop.posted_mutex);
      burst.swap(loop.posted);
    }
    for (Work& next : burst) next();
  });
}

// One system timer serves all; it is set for the earliest before each wait.
void SystemLoop::arm_system_timer() {
  Implementation& loop = *implementation_;
  const Monotonic next = next_timer();
  if (next >= loop.timer_at && loop.timer_at != Monotonic::never()) return;  // it rings early enough
  if (next == Monotonic::never()) return;
  loop.timer_at = next;
  loop.timer.expires_at(std::chrono::steady_clock::time_point(Duration(next.ns)));
  loop.timer.async_wait([&loop, next](const boost::system::error_code& error) {
    if (error || loop.timer_at != next) return;
    loop.timer_at = Monotonic::never();
  });
}

void SystemLoop::run() {
  Implementation& loop = *implementation_;
  if (loop.context.stopped()) loop.context.restart();
  while (!loop.context.stopped()) {
    run_due_timers(now());
    arm_system_timer();
    if (loop.context.poll() == 0) loop.context.run_one();
  }
}

void SystemLoop::stop() {
  implementation_->context.stop();
}

void SystemLoop::run(async::Task<void> task) {
  bool done = false;
  async::start(std::move(task), [this, &done] {
    done = true;
    stop();
  });
  while (!done) run();
}

void SystemLoop::on_stop_signal(std::function<void()> callback) {
  Implementation& loop = *implementation_;
  loop.on_stop = std::move(callback);
  loop.signals.add(SIGTERM);
  loop.signals.add(SIGINT);
  await_signal(loop);
}

}  // namespace postroom::net
