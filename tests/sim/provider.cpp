#include "sim/provider.h"

#include <string>
#include <utility>
#include <vector>

#include "async/signal.h"
#include "net/line_reader.h"

namespace postroom::sim {
namespace {

constexpr std::size_t longest_line = 4096;

class Provider {
 public:
  Provider(async::Loop& loop, World& world, store::ConnectionId connection, net::StreamPtr stream)
      : loop_(loop), world_(world), connection_(connection), stream_(std::move(stream)), reader_(*stream_) {}

  async::Task<void> run() {
    if (world_.happens(1)) {
      co_await say("421 4.3.2 Service not available");
      co_return;
    }
    if (!co_await answer("220 mx.example ESMTP")) co_return;
    for (;;) {
      const Result<std::string> line = co_await reader_.read_line(longest_line);
      if (!line || !co_await obey(*line)) co_return;
    }
  }

 private:
  async::Task<bool> obey(const std::string& line) {
    if (line.starts_with("EHLO")) {
      const bool pipelining = world_.below(2) == 0;
      co_return co_await answer(pipelining ? "250-mx.example\r\n250-PIPELINING\r\n250 SIZE 10000000"
                                           : "250-mx.example\r\n250 SIZE 10000000");
    }
    if (line.starts_with("MAIL")) {
      recipients_.clear();
      mail_ok_ = !refuses();
      co_return co_await answer(mail_ok_ ? "250 2.1.0 Ok" : refusal("4.3.0", "5.7.1 Sender refused"));
    }
    if (line.starts_with("RCPT")) {
      const std::string address = line.substr(9, line.find('>') - 9);
      const bool yes = mail_ok_ && !refuses();
      if (yes) recipients_.push_back(address);
      const std::string no = mail_ok_ ? refusal("4.2.1 Greylisted", "5.1.1 User unknown") : "503 5.5.1 MAIL first";
      co_return co_await answer(yes ? "250 2.1.5 Ok" : no);
    }
    if (line.starts_with("DATA")) {
      if (recipients_.empty()) co_return co_await answer("554 5.5.1 No valid recipients");
      if (refuses()) co_return co_await answer(refusal("4.3.0", "5.6.0 Not this"));
      if (!co_await answer("354 Go on")) co_return false;
      co_return co_await take();
    }
    if (line.starts_with("QUIT")) {
      if (world_.happens(10)) co_await async::sleep_until(loop_, loop_.now() + std::chrono::seconds(20));
      co_await say("221 2.0.0 Bye");
      co_return false;
    }
    co_return co_await answer("250 2.0.0 Ok");
  }

  // The body, and what follows the dot: here the provider and its client may come to differ.
  async::Task<bool> take() {
    const std::uint64_t lines_before_reset = world_.happens(4) ? world_.below(6) : UINT64_MAX;
    for (std::uint64_t read = 0;; ++read) {
      if (read == lines_before_reset) co_return false;
      const Result<std::string> line = co_await reader_.read_line(longest_line);
      if (!line) co_return false;
      if (*line == ".\r\n") break;
    }
    if (refuses()) co_return co_await say(refusal("4.3.1", "5.7.1 Looks like spam"));
    if (world_.happens(2)) {
      co_await say("421 4.3.2 Going down");
      co_return false;
    }
    if (world_.happens(3)) co_return false;  // gone before it was taken
    for (const std::string& address : recipients_) ++world_.taken[address];
    std::string takes = "connection " + std::to_string(connection_) + " takes mail for";
    for (const std::string& address : recipients_) takes += " " + address;
    world_.tell(takes);
    if (world_.happens(4)) co_return false;  // gone after it was taken
    if (world_.happens(3)) {
      co_await say("221 2.0.0 Bye");
      co_return false;
    }
    if (world_.happens(2)) co_return co_await say("354 What?");
    co_return co_await say_in_time("250 2.0.0 Ok: queued as " + std::to_string(world_.below(100000)));
  }

  bool refuses() { return world_.happens(6); }
  std::string refusal(const std::string& transient, const std::string& permanent) {
    return world_.below(3) != 0 ? "450 " + transient + " Try later" : "550 " + permanent;
  }

  // A reply, or one of the ways in which a reply goes wrong. False: the session is over.
  async::Task<bool> answer(std::string reply) {
    if (world_.happens(1)) co_return false;
    if (world_.happens(1)) co_return co_await say("Hello? What is SMTP?");
    if (world_.happens(1)) {
      co_await say("421 4.4.2 Timeout");
      co_return false;
    }
    co_return co_await say_in_time(std::move(reply));
  }

  async::Task<bool> say_in_time(std::string reply) {
    if (world_.happens(2)) {
      world_.tell("connection " + std::to_string(connection_) + " stalls");
      co_await async::sleep_until(loop_, loop_.now() + std::chrono::seconds(20));
    } else {
      co_await async::sleep_until(loop_, loop_.now() + std::chrono::milliseconds(world_.below(100)));
    }
    if (!world_.happens(1)) co_return co_await say(std::move(reply));
    co_await stream_->write(std::string_view(reply).substr(0, world_.below(reply.size())));
    co_return false;
  }

  async::Task<bool> say(std::string reply) {
    reply += "\r\n";
    co_return (co_await stream_->write(reply)).has_value();
  }

  async::Loop& loop_;
  World& world_;
  store::ConnectionId connection_;
  net::StreamPtr stream_;
  net::LineReader reader_;
  std::vector<std::string> recipients_;
  bool mail_ok_ = false;
};

}  // namespace

async::Task<void> serve(async::Loop& loop, World& world, store::ConnectionId connection, net::StreamPtr stream) {
  Provider provider(loop, world, connection, std::move(stream));
  co_await provider.run();
}

}  // namespace postroom::sim
