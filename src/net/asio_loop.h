// What stands behind SystemLoop. Included by the .cpp files of this folder only: Asio costs seconds in each.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <vector>

#include "base/paced_clock.h"
#include "net/system_loop.h"

namespace postroom::net {

struct SystemLoop::Implementation {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard{context.get_executor()};
  boost::asio::steady_timer timer{context};
  boost::asio::signal_set signals{context};
  Monotonic timer_at = Monotonic::never();
  std::function<void()> on_stop;
  PacedClock wall{SystemLoop::system_wall(), SystemLoop::passing()};

  std::mutex posted_mutex;
  std::vector<Work> posted;  // one wake-up serves a burst
};

}  // namespace postroom::net
