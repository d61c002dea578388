// Submits MESSAGES messages of about BYTES bytes over SESSIONS kept SMTP connections, each after the 250 of the one
// before it, as an application's client does. The first line of stdin, if not empty, is the password of AUTH PLAIN.
// With RATE, messages come at random moments, RATE a second in the mean (a Poisson process, the same in every run),
// each over a session that is free; its content bears the moment (smtp_sink.cpp), and latency counts from it. usage:
// smtp_source PORT MESSAGES SESSIONS BYTES [RATE]
#include <deque>
#include <iostream>
#include <random>

#include "loopback.h"

namespace postroom::bench {
namespace {

struct Session : Channel {
  enum class Awaiting { greeting, ehlo, auth, mail, rcpt, data, dot, nothing };
  Awaiting awaiting = Awaiting::greeting;
  SteadyTime begin;
};

std::string base64(std::string_view bytes) {  // RFC 4648 §4
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = group << 8 | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) text += at + i > bytes.size() ? '=' : letters[group >> (18 - 6 * i) & 63];
  }
  return text;
}

class Source {
 public:
  Source(std::uint16_t port, std::size_t messages, std::size_t sessions, std::size_t bytes, double rate,
         std::string_view password)
      : messages_(messages), rate_(rate), figures_(messages), content_(content(bytes)) {
    if (!password.empty()) auth_ = "AUTH PLAIN " + base64(std::string("\0bench\0", 7).append(password)) + "\r\n";
    for (std::size_t i = 0; i < sessions; ++i) {
      Session& session = sessions_.emplace_back();
      session.socket = connect_to(port);
      watch(epoll_, session.socket, static_cast<Channel*>(&session), EPOLLIN);
    }
  }

  int run() {
    epoll_event events[256];
    SteadyTime heard = std::chrono::steady_clock::now();
    while (figures_.count() < messages_) {
      const timespec patience = until_next();
      const int count = epoll_pwait2(epoll_, events, 256, &patience, nullptr);
      if (count > 0) heard = std::chrono::steady_clock::now();
      if (std::chrono::steady_clock::now() - heard > std::chrono::minutes(1)) give_up("no reply for 60 s");
      for (int i = 0; i < count; ++i) {
        Session& session = *static_cast<Session*>(static_cast<Channel*>(events[i].data.ptr));
        if ((events[i].events & EPOLLOUT) != 0 && !session.out.empty()) session.flush(epoll_);
        if (!session.receive()) give_up("the server closed a session");
        read_replies(session);
      }
      if (rate_ > 0) begin_due();
    }
    figures_.print();
    return 0;
  }

 private:
  static std::string content(std::size_t bytes) {
    std::string text =
        "From: <shop@example.com>\r\nTo: <ann@example.org>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
        "Message-ID: <bench@example.com>\r\nSubject: bench\r\n\r\n";
    while (text.size() < bytes) text += std::string(76, 'x') + "\r\n";
    return text + ".\r\n";
  }

  void read_replies(Session& session) {
    std::size_t at = 0;
    for (std::size_t newline; (newline = session.in.find('\n', at)) != std::string::npos; at = newline + 1) {
      const std::string_view line = std::string_view(session.in).substr(at, newline - at);
      if (line.size() > 3 && line[3] == '-') continue;
      if (line.empty() || (line[0] != '2' && line[0] != '3')) {
        std::fprintf(stderr, "bench: refused: %.*s\n", static_cast<int>(line.size()), line.data());
        std::exit(1);
      }
      go_on(session);
    }
    session.in.erase(0, at);
  }

  void go_on(Session& session) {
    using Awaiting = Session::Awaiting;
    switch (session.awaiting) {
      case Awaiting::greeting:
        session.send(epoll_, "EHLO source.bench\r\n");
        session.awaiting = Awaiting::ehlo;
        break;
      case Awaiting::dot:
        figures_.add(session.begin);
        [[fallthrough]];
      case Awaiting::auth:
        is_free(session);
        break;
      case Awaiting::ehlo:
        if (auth_.empty()) return is_free(session);
        session.send(epoll_, auth_);
        session.awaiting = Awaiting::auth;
        break;
      case Awaiting::mail:
        session.awaiting = Awaiting::rcpt;
        break;
      case Awaiting::rcpt:
        session.awaiting = Awaiting::data;
        break;
      case Awaiting::data:
        if (rate_ > 0)
          session.send(epoll_,
                       std::string(sent_field) + std::to_string(session.begin.time_since_epoch().count()) + "\r\n");
        session.send(epoll_, content_);
        session.awaiting = Awaiting::dot;
        break;
      case Awaiting::nothing:
        break;
    }
  }

  void is_free(Session& session) {
    session.awaiting = Session::Awaiting::nothing;
    if (rate_ > 0) {
      free_.push_back(&session);
    } else {
      begin(session, std::chrono::steady_clock::now());
    }
  }

  timespec until_next() const {
    if (rate_ == 0 || free_.empty() || begun_ == messages_) return {1, 0};
    const auto left = std::chrono::nanoseconds(next_ - std::chrono::steady_clock::now()).count();
    return {0, std::clamp<long>(left, 0, 999'999'999)};
  }

  void begin_due() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (begun_ == 0 && free_.size() < sessions_.size()) next_ = now;  // until all are open
    for (; next_ <= now && !free_.empty() && begun_ < messages_; free_.pop_front()) {
      begin(*free_.front(), next_);
      next_ += std::chrono::duration_cast<SteadyTime::duration>(std::chrono::duration<double>(gap_(chance_)));
    }
  }

  void begin(Session& session, SteadyTime at) {
    if (begun_ == messages_) return;
    ++begun_;
    session.begin = at;
    session.send(epoll_, "MAIL FROM:<shop@example.com>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\n");  // RFC 2920
    session.awaiting = Session::Awaiting::mail;
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::size_t messages_;
  double rate_;  // a second; 0: as fast as the replies come
  std::size_t begun_ = 0;
  Figures figures_;
  std::string content_;
  std::string auth_;
  std::deque<Session> sessions_;
  std::deque<Session*> free_;
  SteadyTime next_;
  std::mt19937 chance_;
  std::exponential_distribution<> gap_{rate_ > 0 ? rate_ : 1};
};

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  std::string password;
  if (count < 5 || count > 6 || !std::getline(std::cin, password)) {
    std::fprintf(stderr, "usage: smtp_source PORT MESSAGES SESSIONS BYTES [RATE] <<< PASSWORD\n");
    return 2;
  }
  const auto number = [&](int index) { return std::strtoul(words[index], nullptr, 10); };
  const double rate = count == 6 ? std::strtod(words[5], nullptr) : 0;
  return postroom::bench::Source(static_cast<std::uint16_t>(number(1)), number(2), number(3), number(4), rate, password)
      .run();
}
