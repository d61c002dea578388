// The floor: the least that a durable relay can do. SMTP in, one journal write and fdatasync for all messages of a
// turn, only then their 250, SMTP out over kept sessions. No retries, no log, no restart: what Postroom costs above
// this is what its features cost. usage: floor OUT_PORT OUT_SESSIONS JOURNAL_FILE; prints "listening smtp
// 127.0.0.1:PORT".
#include <fcntl.h>

#include <deque>
#include <memory>
#include <unordered_map>

#include "loopback.h"

namespace postroom::bench {
namespace {

constexpr std::string_view end_of_data = "\r\n.\r\n";  // RFC 5321 §4.1.1.4
constexpr std::string_view envelope = "MAIL FROM:<shop@example.com>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n";

struct Session : Channel {
  enum class Side { incoming, outgoing };
  explicit Session(Side which) : side(which) {}
  Side side;
  bool in_data = false;     // incoming
  bool idle = false;        // outgoing
  int replies_to_skip = 0;  // outgoing: those of MAIL and RCPT
  std::string content;      // outgoing: sent after the 354
};

struct Pending {
  int socket;  // whose 250 waits for the journal
  std::string content;
};

class Floor {
 public:
  Floor(std::uint16_t out_port, std::size_t out_sessions, const char* journal)
      : journal_(open(journal, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600)) {
    if (journal_ < 0) give_up(journal);
    for (std::size_t i = 0; i < out_sessions; ++i) add(connect_to(out_port), Session::Side::outgoing);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(listener_, 1024) != 0)
      give_up("listen");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    watch(epoll_, listener_, &listener_, EPOLLIN);
    std::printf("listening smtp 127.0.0.1:%u\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    epoll_event events[256];
    for (;;) {
      const int count = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr == &listener_) {
          accept_all();
        } else {
          serve(*static_cast<Session*>(static_cast<Channel*>(events[i].data.ptr)), events[i].events);
        }
      }
      commit();
      deliver();
    }
  }

 private:
  Session& add(int socket, Session::Side side) {
    auto& session = sessions_[socket] = std::make_unique<Session>(side);
    session->socket = socket;
    watch(epoll_, socket, static_cast<Channel*>(session.get()), EPOLLIN);
    return *session;
  }

  void accept_all() {
    for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
      send_at_once(socket);
      add(socket, Session::Side::incoming).send(epoll_, "220 floor.bench ESMTP\r\n");
    }
  }

  void serve(Session& session, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !session.out.empty()) session.flush(epoll_);
    if ((events & ~static_cast<std::uint32_t>(EPOLLOUT)) == 0) return;
    if (!session.receive()) {
      if (session.side == Session::Side::outgoing) give_up("the sink closed a session");
      const int socket = session.socket;
      sessions_.erase(socket);
      close(socket);
    } else if (session.side == Session::Side::incoming) {
      take(session);
    } else {
      read_replies(session);
    }
  }

  void take(Session& session) {
    std::string replies;
    std::size_t at = 0;
    for (;;) {
      const std::string_view rest = std::string_view(session.in).substr(at);
      if (session.in_data) {
        const std::size_t end = rest.find(end_of_data);
        if (end == std::string_view::npos) break;
        pending_.push_back({session.socket, std::string(rest.substr(0, end + end_of_data.size()))});
        at += end + end_of_data.size();
        session.in_data = false;
        continue;
      }
      const std::size_t newline = rest.find('\n');
      if (newline == std::string_view::npos) break;
      const char verb = static_cast<char>(rest.front() & 0xdf);
      session.in_data = verb == 'D';
      replies += session.in_data ? "354 go on\r\n"
                 : verb == 'E'   ? "250-floor.bench\r\n250 PIPELINING\r\n"
                                 : "250 2.1.0 ok\r\n";
      at += newline + 1;
    }
    session.in.erase(0, at);
    if (!replies.empty()) session.send(epoll_, replies);
  }

  void read_replies(Session& session) {
    std::size_t at = 0;
    for (std::size_t newline; (newline = session.in.find('\n', at)) != std::string::npos; at = newline + 1) {
      if (session.in[at + 3] == '-') continue;
      if (session.in[at] == '3') {
        session.send(epoll_, session.content);
      } else if (session.replies_to_skip > 0) {
        --session.replies_to_skip;
      } else if (session.in.compare(at, 3, "220") == 0) {
        session.send(epoll_, "EHLO floor.bench\r\n");
      } else {
        session.idle = true;  // the reply to EHLO or to the dot
      }
    }
    session.in.erase(0, at);
  }

  // The yes of every message of this turn comes after one fdatasync for all of them.
  void commit() {
    if (pending_.empty()) return;
    std::string bytes;
    for (const Pending& pending : pending_) bytes += pending.content;
    if (write(journal_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) || fdatasync(journal_) != 0)
      give_up("journal");
    for (Pending& pending : pending_) {
      const auto session = sessions_.find(pending.socket);
      if (session != sessions_.end()) session->second->send(epoll_, "250 2.0.0 stored\r\n");
      due_.push_back(std::move(pending.content));
    }
    pending_.clear();
  }

  void deliver() {
    for (auto& [socket, session] : sessions_) {
      if (due_.empty()) return;
      if (!session->idle) continue;
      session->idle = false;
      session->replies_to_skip = 2;
      session->content = std::move(due_.front());
      due_.pop_front();
      session->send(epoll_, envelope);
    }
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int journal_;
  int listener_ = -1;
  std::unordered_map<int, std::unique_ptr<Session>> sessions_;
  std::vector<Pending> pending_;
  std::deque<std::string> due_;
};

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  if (count != 4) {
    std::fprintf(stderr, "usage: floor OUT_PORT OUT_SESSIONS JOURNAL_FILE\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::strtoul(words[1], nullptr, 10));
  postroom::bench::Floor(port, std::strtoul(words[2], nullptr, 10), words[3]).run();
}
