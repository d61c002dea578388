// A server made of a transcript, for tests of ClientSession:
//   "S: 220 mx"          what it says; lines in a row leave in one segment
//   "C: EHLO localhost"  the line it must hear next; a final * stands for the rest
//   "DATA"               it hears a message up to CRLF "." CRLF
//   "PAUSE 61"           it waits that many seconds
//   "TLS"                both sides are under TLS from here on
//   "CLOSE"              it closes; the end of the transcript waits for the client to do so
// Whatever the client says beside the transcript is a violation.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/sim_loop.h"
#include "net/line_reader.h"
#include "net/stream_pair.h"

namespace postroom::smtp::testing {

using Script = std::vector<std::string>;

class ScriptedPeer {
 public:
  ScriptedPeer(async::Loop& loop, net::StreamPtr stream, Script script)
      : loop_(loop), stream_(std::move(stream)), reader_(*stream_), script_(std::move(script)) {}

  async::Task<void> run() {
    for (std::size_t i = 0; i < script_.size(); ++i) {
      const std::string_view line = script_[i];
      if (line == "CLOSE") break;
      if (line == "TLS") continue;
      if (line == "DATA") {
        if (!co_await hear_message()) break;
      } else if (line.starts_with("PAUSE ")) {
        co_await async::sleep_until(loop_, loop_.now() + std::chrono::seconds(std::stoi(std::string(line.substr(6)))));
      } else if (line.starts_with("C: ")) {
        if (!co_await hear(line.substr(3))) break;
      } else {
        said_ += line.substr(3);
        said_ += "\r\n";
        const bool more = i + 1 < script_.size() && script_[i + 1].starts_with("S: ");
        if (!more) co_await stream_->write(std::exchange(said_, {}));
      }
    }
    if (script_.empty() || script_.back() != "CLOSE") co_await hear_the_end();
    stream_.reset();
  }

  const std::string& message() const { return message_; }  // as it came, dots included
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  async::Task<bool> hear(std::string_view wanted) {
    const Result<std::string> line = co_await reader_.read_line(64 * 1024);
    const std::string heard = line ? *line : "<" + line.error().message + ">";
    const bool prefix = wanted.ends_with('*') && heard.starts_with(wanted.substr(0, wanted.size() - 1));
    if (prefix || heard == std::string(wanted) + "\r\n") co_return true;
    violations_.push_back("wanted " + std::string(wanted) + ", heard " + heard);
    co_return false;
  }

  async::Task<bool> hear_message() {
    message_ = "\r\n";
    while (!message_.ends_with("\r\n.\r\n")) {
      const Result<std::string> line = co_await reader_.read_line(1024 * 1024);
      if (!line) {
        violations_.push_back("the message has no end");
        co_return false;
      }
      message_ += *line;
    }
    message_.erase(0, 2);
    co_return true;
  }

  async::Task<void> hear_the_end() {
    std::string heard;
    for (;;) {
      const Result<std::string> chunk = co_await reader_.read_chunk();
      if (!chunk || chunk->empty()) break;
      heard += *chunk;
    }
    if (!heard.empty()) violations_.push_back("at the end, heard " + heard);
  }

  async::Loop& loop_;
  net::StreamPtr stream_;
  net::LineReader reader_;
  Script script_;
  std::string said_, message_;
  std::vector<std::string> violations_;
};

// Dials the one stream it was given.
class OneDialer final : public net::Dialer {
 public:
  explicit OneDialer(net::StreamPtr stream) : stream_(std::move(stream)) {}
  async::Task<Result<net::StreamPtr>> dial(net::Endpoint, Monotonic) override {
    if (!stream_) co_return fail(ErrorCode::refused, "connection refused");
    co_return std::move(stream_);
  }

 private:
  net::StreamPtr stream_;
};

// A stream that says it is under TLS; its bytes are in clear.
class PretendedTlsStream final : public net::Stream {
 public:
  explicit PretendedTlsStream(net::StreamPtr lower) : lower_(std::move(lower)) {}
  async::Task<Result<std::size_t>> read_some(std::span<char> into) override { return lower_->read_some(into); }
  async::Task<Result<void>> write(std::string_view bytes) override { return lower_->write(bytes); }
  void set_deadline(Monotonic at) override { lower_->set_deadline(at); }
  void abort() override { lower_->abort(); }
  async::Task<void> shutdown() override { return lower_->shutdown(); }
  net::Endpoint peer() const override { return lower_->peer(); }
  net::Endpoint local() const override { return lower_->local(); }
  std::optional<net::TlsInfo> tls() const override { return net::TlsInfo{"TLSv1.3", "pretended"}; }

 private:
  net::StreamPtr lower_;
};

class PretendedTls final : public net::Tls {
 public:
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr lower, net::TlsClientPolicy demanded) override {
    policy = std::move(demanded);
    if (!trouble.empty()) co_return fail(ErrorCode::tls, trouble);
    co_return std::make_unique<PretendedTlsStream>(std::move(lower));
  }
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr lower) override {
    co_return std::make_unique<PretendedTlsStream>(std::move(lower));
  }
  bool can_accept() const override { return true; }

  net::TlsClientPolicy policy;  // as demanded last
  std::string trouble;          // what every handshake fails with
};

}  // namespace postroom::smtp::testing
