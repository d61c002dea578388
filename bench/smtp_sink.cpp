// The last hop of the benchmark: takes every message and forgets it. Prints "listening smtp 127.0.0.1:PORT", and on
// each line read from stdin the number of messages taken so far, so that the runner asks instead of guessing; behind it
// p50 and p99 in milliseconds from the moment that messages bear (smtp_source.cpp), 0 when none does. A line that
// begins with "n" begins anew with these.
#include <memory>
#include <unordered_map>

#include "loopback.h"

namespace postroom::bench {
namespace {

constexpr std::string_view ehlo_reply =
    "250-sink.bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE "
    "52428800\r\n";
constexpr std::string_view end_of_data = "\r\n.\r\n";  // RFC 5321 §4.1.1.4

struct Session : Channel {
  bool in_data = false;
  bool finished = false;
};

class Sink {
 public:
  int run() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 1024) != 0)
      give_up("listen");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening smtp 127.0.0.1:%u\n", ntohs(address.sin_port));
    std::fflush(stdout);
    watch(epoll_, listener_, &listener_, EPOLLIN);
    watch(epoll_, STDIN_FILENO, &asked_, EPOLLIN);
    while (turn()) {
    }
    return 0;
  }

 private:
  bool turn() {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      void* owner = events[i].data.ptr;
      if (owner == &listener_) {
        accept_all();
      } else if (owner == &asked_) {
        if (!tell()) return false;
      } else {
        serve(*static_cast<Session*>(static_cast<Channel*>(owner)), events[i].events);
      }
    }
    return true;
  }

  void accept_all() {
    for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      send_at_once(socket);
      auto session = std::make_unique<Session>();
      session->socket = socket;
      watch(epoll_, socket, static_cast<Channel*>(session.get()), EPOLLIN);
      session->send(epoll_, "220 sink.bench ESMTP\r\n");
      sessions_[socket] = std::move(session);
    }
  }

  bool tell() {
    char question[256];
    if (read(STDIN_FILENO, question, sizeof question) <= 0) return false;
    if (question[0] == 'n') latencies_ms_.clear();
    std::printf("%llu %.3f %.3f\n", taken_, percentile_of(latencies_ms_, 50), percentile_of(latencies_ms_, 99));
    std::fflush(stdout);
    return true;
  }

  void serve(Session& session, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !session.out.empty()) session.flush(epoll_);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    if (!session.receive() || !answer(session)) {
      const int socket = session.socket;
      sessions_.erase(socket);
      close(socket);
    }
  }

  // False when the session is over.
  bool answer(Session& session) {
    std::string replies;
    std::size_t at = 0;
    while (!session.finished) {
      const std::string_view rest = std::string_view(session.in).substr(at);
      if (session.in_data) {
        const std::size_t end = rest.find(end_of_data);
        if (end == std::string_view::npos) break;
        note_latency(rest.substr(0, end));
        at += end + end_of_data.size();
        session.in_data = false;
        ++taken_;
        replies += "250 2.0.0 taken\r\n";
        continue;
      }
      const std::size_t newline = rest.find('\n');
      if (newline == std::string_view::npos) break;
      reply_to(session, rest.front(), replies);
      // The line end before the content counts as the one that may begin an empty message's final dot.
      at += session.in_data ? newline - 1 : newline + 1;
    }
    session.in.erase(0, at);
    if (!replies.empty()) session.send(epoll_, replies);
    return !session.finished;
  }

  void note_latency(std::string_view content) {
    const std::size_t field = content.substr(0, 1024).find(sent_field);
    if (field == std::string_view::npos) return;
    const SteadyTime sent(SteadyTime::duration(std::strtoll(content.data() + field + sent_field.size(), nullptr, 10)));
    latencies_ms_.push_back(ms_since(sent));
  }

  static void reply_to(Session& session, char verb, std::string& replies) {
    switch (verb & 0xdf) {
      case 'E':
        replies += ehlo_reply;
        break;
      case 'D':
        session.in_data = true;
        replies += "354 go on\r\n";
        break;
      case 'Q':
        session.finished = true;
        replies += "221 2.0.0 bye\r\n";
        break;
      default:
        replies += "250 2.1.0 ok\r\n";
    }
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_ = -1;
  char asked_ = 0;  // its address stands for stdin
  unsigned long long taken_ = 0;
  std::vector<float> latencies_ms_;
  std::unordered_map<int, std::unique_ptr<Session>> sessions_;
};

}  // namespace
}  // namespace postroom::bench

int main() {
  return postroom::bench::Sink().run();
}
