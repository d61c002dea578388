// Posts MESSAGES messages of about BYTES bytes to /api/v1/messages over CONNECTIONS kept HTTP connections, each after
// the answer to the one before it. The API key comes on stdin. usage: http_source PORT MESSAGES CONNECTIONS BYTES
#include <deque>
#include <iostream>
#include <optional>

#include "loopback.h"

namespace postroom::bench {
namespace {

constexpr std::string_view head_end = "\r\n\r\n";

struct Caller : Channel {
  SteadyTime begin;
  bool waiting = false;
};

// The whole length of the answer at the start of `bytes`; nullopt while it is not all there. RFC 9112 §6.
std::optional<std::size_t> answer_length(std::string_view bytes) {
  const std::size_t end = bytes.find(head_end);
  if (end == std::string_view::npos) return std::nullopt;
  std::string head(bytes.substr(0, end));
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t field = head.find("\r\ncontent-length:");
  if (field == std::string::npos) give_up("an answer without Content-Length");
  const std::size_t length = end + head_end.size() + std::strtoul(head.c_str() + field + 17, nullptr, 10);
  return bytes.size() >= length ? std::optional(length) : std::nullopt;
}

class Source {
 public:
  Source(std::uint16_t port, std::size_t messages, std::size_t connections, std::size_t bytes, const std::string& key)
      : messages_(messages), figures_(messages), request_(request(bytes, key)) {
    for (std::size_t i = 0; i < connections; ++i) {
      Caller& caller = callers_.emplace_back();
      caller.socket = connect_to(port);
      watch(epoll_, caller.socket, static_cast<Channel*>(&caller), EPOLLIN);
    }
  }

  int run() {
    for (Caller& caller : callers_) post(caller);
    epoll_event events[256];
    while (figures_.count() < messages_) {
      const int count = epoll_wait(epoll_, events, 256, 60'000);
      if (count == 0) give_up("no answer for 60 s");
      for (int i = 0; i < count; ++i) {
        Caller& caller = *static_cast<Caller*>(static_cast<Channel*>(events[i].data.ptr));
        if ((events[i].events & EPOLLOUT) != 0 && !caller.out.empty()) caller.flush(epoll_);
        if (!caller.receive() && caller.waiting) give_up("the server closed a connection");
        read_answer(caller);
      }
    }
    figures_.print();
    return 0;
  }

 private:
  static std::string request(std::size_t bytes, const std::string& key) {
    std::string text;
    while (text.size() < bytes) text += std::string(76, 'x') + "\\n";
    const std::string body =
        R"({"from":"shop@example.com","to":["ann@example.org"],"subject":"bench","text":")" + text + "\"}";
    return "POST /api/v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  void post(Caller& caller) {
    if (begun_ == messages_) return;
    ++begun_;
    caller.waiting = true;
    caller.begin = std::chrono::steady_clock::now();
    caller.send(epoll_, request_);
  }

  void read_answer(Caller& caller) {
    const auto length = answer_length(caller.in);
    if (!length) return;
    if (caller.in.compare(9, 3, "202") != 0) {
      std::fprintf(stderr, "bench: refused: %s\n", caller.in.c_str());
      std::exit(1);
    }
    caller.in.erase(0, *length);
    caller.waiting = false;
    figures_.add(caller.begin);
    post(caller);
  }

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::size_t messages_;
  std::size_t begun_ = 0;
  Figures figures_;
  std::string request_;
  std::deque<Caller> callers_;
};

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  std::string key;
  if (count != 5 || !std::getline(std::cin, key)) {
    std::fprintf(stderr, "usage: http_source PORT MESSAGES CONNECTIONS BYTES <<< KEY\n");
    return 2;
  }
  const auto number = [&](int index) { return std::strtoul(words[index], nullptr, 10); };
  return postroom::bench::Source(static_cast<std::uint16_t>(number(1)), number(2), number(3), number(4), key).run();
}
