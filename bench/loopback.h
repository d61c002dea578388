// What the benchmark's ends share: loopback sockets, an output buffer, and the figures they print. Errors end the
// program with a sentence: a benchmark that goes on after one measures something else.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] inline void give_up(const char* what) {
  std::fprintf(stderr, "bench: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void send_at_once(int socket) {
  const int on = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline int connect_to(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (socket < 0 || connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    give_up("connect");
  send_at_once(socket);
  return socket;
}

inline void watch(int epoll, int socket, void* owner, std::uint32_t events, int operation = EPOLL_CTL_ADD) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  if (epoll_ctl(epoll, operation, socket, &event) != 0) give_up("epoll_ctl");
}

// One connection of an end: bytes that came in, and bytes that the socket did not take yet.
struct Channel {
  int socket = -1;
  std::string in;
  std::string out;

  void send(int epoll, std::string_view bytes) {
    if (out.empty()) bytes.remove_prefix(write_some(bytes));
    if (bytes.empty()) return;
    if (out.empty()) watch(epoll, socket, this, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
    out.append(bytes);
  }

  void flush(int epoll) {
    out.erase(0, write_some(out));
    if (out.empty()) watch(epoll, socket, this, EPOLLIN, EPOLL_CTL_MOD);
  }

  // False at end of file.
  bool receive() {
    char buffer[65536];
    const ssize_t count = recv(socket, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) in.append(buffer, static_cast<std::size_t>(count));
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  }

 private:
  std::size_t write_some(std::string_view bytes) const {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }
};

// The field in which a message bears the moment it came at: nanoseconds of the steady clock.
inline constexpr std::string_view sent_field = "X-Sent: ";

inline float ms_since(SteadyTime begin) {
  return std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

inline double percentile_of(std::vector<float> all, std::size_t percent) {
  if (all.empty()) return 0;
  const auto place = all.begin() + static_cast<std::ptrdiff_t>(all.size() * percent / 100);
  std::nth_element(all.begin(), place, all.end());
  return static_cast<double>(*place);
}

// Acceptance latencies and the rate, printed as one JSON line.
class Figures {
 public:
  explicit Figures(std::size_t expected) { latencies_ms_.reserve(expected); }

  void add(SteadyTime begin) { latencies_ms_.push_back(ms_since(begin)); }

  std::size_t count() const { return latencies_ms_.size(); }

  void print() {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const std::size_t size = latencies_ms_.size();
    std::printf(
        "{\"accepted\": %zu, \"seconds\": %.3f, \"accepted_per_s\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f}\n", size,
        seconds, static_cast<double>(size) / seconds, percentile_of(latencies_ms_, 50),
        percentile_of(latencies_ms_, 99));
  }

 private:
  SteadyTime begin_ = std::chrono::steady_clock::now();
  std::vector<float> latencies_ms_;
};

}  // namespace postroom::bench
