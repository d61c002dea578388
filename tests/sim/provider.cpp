#include "sim/provider.h"

#include <string>
#include <utility>
#include <vector>

#include "async/signal.h"
#include "net/line_reader.h"
#include "sim/topology.h"

namespace postroom::sim {
namespace {

using std::chrono::seconds;

constexpr std::size_t longest_line = 4096;
constexpr Duration throttle_span = seconds(10);
constexpr Duration almost_too_late = seconds(8);  // of a dot's deadline
constexpr Duration later_than_any_deadline = seconds(20);

class Provider {
 public:
  Provider(async::Loop& loop, World& world, store::ConnectionId connection, net::StreamPtr stream)
      : loop_(loop),
        world_(world),
        book_(world.providers[connection]),
        connection_(connection),
        stream_(std::move(stream)),
        reader_(*stream_) {}

  async::Task<void> run() {
    if (is(Temper::wedged)) {
      co_await async::sleep_until(loop_, loop_.now() + later_than_any_deadline);
      co_return;
    }
    const bool too_many = is(Temper::throttling) && book_.sessions > book_.measure;
    if (too_many || happens(1)) {
      co_await say(too_many ? "421 4.7.0 Too many connections" : "421 4.3.2 Service not available");
      co_return;
    }
    if (!co_await answer("220 mx.example ESMTP")) co_return;
    for (;;) {
      const Result<std::string> line = co_await reader_.read_line(longest_line);
      if (!line || !co_await obey(*line)) co_return;
    }
  }

 private:
  bool is(Temper temper) const { return !world_.quiet && book_.temper == temper; }
  // Only the moody have every fault; the others have few beside their own.
  bool happens(unsigned percent) { return (is(Temper::moody) || world_.one_in(8)) && world_.happens(percent); }

  async::Task<bool> obey(const std::string& line) {
    if (line.starts_with("EHLO")) {
      const std::string pipelining = world_.one_in(2) ? "250-PIPELINING\r\n" : "";
      const std::string eight_bit = offers_eight_bit(connection_) ? "250-8BITMIME\r\n" : "";
      co_return co_await answer("250-mx.example\r\n" + pipelining + eight_bit + "250-AUTH PLAIN\r\n250 SIZE 10000000");
    }
    if (line.starts_with("AUTH"))
      co_return co_await answer(is(Temper::refuses_login) ? "535 5.7.8 Bad credentials" : "235 2.7.0 Welcome");
    if (line.starts_with("MAIL")) {
      recipients_.clear();
      const std::string no = refuses() ? refusal("4.3.0", "5.7.1 Sender refused") : why_not_now();
      mail_ok_ = no.empty();
      co_return co_await answer(mail_ok_ ? "250 2.1.0 Ok" : no);
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
      if (happens(10)) co_await async::sleep_until(loop_, loop_.now() + later_than_any_deadline);
      co_await say("221 2.0.0 Bye");
      co_return false;
    }
    co_return co_await answer("250 2.0.0 Ok");
  }

  // At MAIL: what a provider says that has had enough; "" when it goes on.
  std::string why_not_now() {
    if (is(Temper::refuses_login)) return "530 5.7.0 Authentication required";
    if (is(Temper::quota_at_mail) && book_.taken_of_quota >= book_.measure)
      return "550 5.4.5 Daily sending quota exceeded";
    if (!is(Temper::throttling)) return {};
    while (!book_.taken.empty() && book_.taken.front() + throttle_span <= world_.time) book_.taken.pop_front();
    if (book_.taken.size() < book_.measure) return {};
    return world_.one_in(2) ? "450 4.7.1 Too many messages, slow down"
                            : "421 4.7.0 Rate limit, try again in 20 seconds";
  }

  // The body, and what follows the dot: here the provider and its client may come to differ.
  async::Task<bool> take() {
    const std::uint64_t lines_before_reset = happens(4) ? world_.below(6) : UINT64_MAX;
    for (std::uint64_t read = 0;; ++read) {
      if (read == lines_before_reset) co_return false;
      const Result<std::string> line = co_await reader_.read_line(longest_line);
      if (!line) co_return false;
      if (*line == ".\r\n") break;
    }
    if (refuses()) co_return co_await say(refusal("4.3.1", "5.7.1 Looks like spam"));
    if (is(Temper::quota_at_data) && book_.taken_of_quota >= book_.measure)
      co_return co_await say("452 4.3.1 Daily quota exceeded");
    if (happens(2)) {
      co_await say("421 4.3.2 Going down");
      co_return false;
    }
    if (happens(3)) co_return false;  // gone before it was taken
    note_taken();
    if (is(Temper::slow_dot)) co_await async::sleep_until(loop_, loop_.now() + almost_too_late);
    if (happens(4) || (is(Temper::loses_replies) && world_.one_in(2))) co_return false;  // gone after it was taken
    if (happens(3)) {
      co_await say("221 2.0.0 Bye");
      co_return false;
    }
    if (happens(2)) co_return co_await say("354 What?");
    const bool said = co_await say_in_time("250 2.0.0 Ok: queued as " + std::to_string(world_.below(100000)));
    co_return said && !(is(Temper::closes_after_n) && ++messages_ >= book_.measure);
  }

  void note_taken() {
    for (const std::string& address : recipients_) ++world_.taken[address];
    book_.taken.push_back(world_.time);
    ++book_.taken_of_quota;
    std::string takes = "connection " + std::to_string(connection_) + " takes mail for";
    for (const std::string& address : recipients_) takes += " " + address;
    world_.tell(takes);
  }

  bool refuses() { return happens(6); }
  std::string refusal(const std::string& transient, const std::string& permanent) {
    return world_.below(3) != 0 ? "450 " + transient + " Try later" : "550 " + permanent;
  }

  // A reply, or one of the ways in which a reply goes wrong. False: the session is over.
  async::Task<bool> answer(std::string reply) {
    if (happens(1)) co_return false;
    if (happens(1)) co_return co_await say("Hello? What is SMTP?");
    if (happens(1)) {
      co_await say("421 4.4.2 Timeout");
      co_return false;
    }
    co_return co_await say_in_time(std::move(reply));
  }

  async::Task<bool> say_in_time(std::string reply) {
    if (happens(2)) {
      world_.tell("connection " + std::to_string(connection_) + " stalls");
      co_await async::sleep_until(loop_, loop_.now() + later_than_any_deadline);
    } else {
      co_await async::sleep_until(loop_, loop_.now() + std::chrono::milliseconds(world_.below(100)));
    }
    if (!happens(1)) co_return co_await say(std::move(reply));
    co_await stream_->write(std::string_view(reply).substr(0, world_.below(reply.size())));
    co_return false;
  }

  async::Task<bool> say(std::string reply) {
    reply += "\r\n";
    co_return (co_await stream_->write(reply)).has_value();
  }

  async::Loop& loop_;
  World& world_;
  ProviderBook& book_;
  store::ConnectionId connection_;
  net::StreamPtr stream_;
  net::LineReader reader_;
  std::vector<std::string> recipients_;
  std::uint64_t messages_ = 0;
  bool mail_ok_ = false;
};

}  // namespace

async::Task<void> serve(async::Loop& loop, World& world, store::ConnectionId connection, net::StreamPtr stream) {
  Provider provider(loop, world, connection, std::move(stream));
  co_await provider.run();
}

}  // namespace postroom::sim
