// A provider for tests of delivery: each session that is opened plays the next transcript (scripted/peer.h), and
// when these are used up, the one for all that follow.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "async/sim_loop.h"
#include "delivery/session_pool.h"
#include "scripted/peer.h"

namespace postroom::delivery::testing {

using smtp::testing::Script;

inline const Script hello = {"S: 220 mx.example.org", "C: EHLO localhost", "S: 250 mx.example.org"};

// One message, taken or not: `reply` is what is said after the dot.
inline Script one_message(const std::string& reply) {
  Script script = hello;
  for (const char* line :
       {"C: MAIL FROM:*", "S: 250 Ok", "C: RCPT TO:*", "S: 250 Ok", "C: DATA", "S: 354 Go on", "DATA"})
    script.emplace_back(line);
  if (!reply.empty()) script.push_back("S: " + reply);
  return script;
}

class ScriptedNetwork final : public net::Dialer, public net::Resolver {
 public:
  explicit ScriptedNetwork(async::Loop& loop) : loop_(loop) {}

  Network network() {
    return {*this, *this, tls_, [](const net::IpAddress&) { return Result<>{}; }};
  }
  void next(std::optional<Script> script) { scripts_.push_back(std::move(script)); }  // nullopt: connection refused
  void then(std::optional<Script> script) { last_ = std::move(script); }
  std::size_t dials() const { return dials_; }
  std::size_t sessions() const { return sessions_; }  // open now

  async::Task<Result<std::vector<net::IpAddress>>> resolve(std::string, Monotonic) override {
    co_return std::vector<net::IpAddress>{{"192.0.2.2"}};
  }
  async::Task<Result<net::StreamPtr>> dial(net::Endpoint, Monotonic) override {
    ++dials_;
    std::optional<Script> script = last_;
    if (!scripts_.empty()) {
      script = std::move(scripts_.front());
      scripts_.pop_front();
    }
    if (!script) co_return fail(ErrorCode::refused, "connection refused");
    auto [ours, theirs] = net::stream_pair(loop_);
    async::start(play(std::move(theirs), std::move(*script)), [] {});
    co_return std::move(ours);
  }

 private:
  async::Task<void> play(net::StreamPtr stream, Script script) {
    ++sessions_;
    smtp::testing::ScriptedPeer peer(loop_, std::move(stream), std::move(script));
    co_await peer.run();
    --sessions_;
  }

  async::Loop& loop_;
  smtp::testing::PretendedTls tls_;
  std::deque<std::optional<Script>> scripts_;
  std::optional<Script> last_ = hello;
  std::size_t dials_ = 0, sessions_ = 0;
};

}  // namespace postroom::delivery::testing
