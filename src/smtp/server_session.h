// ServerSession is the receiving side of SMTP (RFC 5321, 6409, 3207, 4954, 1870, 6152, 6531, 2920, 2034), with strict
// framing: commands end in CRLF, data ends in CRLF "." CRLF and in nothing else. What to do with mail is its handler's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "async/task.h"
#include "base/secret.h"
#include "mail/envelope.h"
#include "mail/reply.h"
#include "net/line_reader.h"
#include "net/stream.h"

namespace postroom::smtp {

struct ServerOptions {
  std::string host_name = "localhost";
  std::uint64_t message_bytes = 0;  // SIZE; 0: what limits::message_bytes says
  std::size_t recipients = 1000;
  bool require_authentication = false;  // MAIL without AUTH: 530
  bool clear_authentication = false;    // AUTH before TLS (loopback)
  Duration command_patience = std::chrono::minutes(5);
  Duration data_patience = std::chrono::minutes(3);  // a block
};

// The door to whoever takes the mail.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  enum class Login { granted, denied, unavailable };
  virtual bool offers_authentication() const = 0;
  virtual async::Task<Login> authenticate(std::string username, Secret password) = 0;
  // A positive reply takes the sender or recipient.
  virtual mail::Reply sender(const mail::Address& reverse_path) = 0;
  virtual mail::Reply recipient(const mail::Address& address) = 0;
  // The whole message. A positive reply is given only when it is safe.
  virtual async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) = 0;
};

class ServerSession {
 public:
  ServerSession(async::Loop& loop, net::StreamPtr stream, net::Tls& tls, ServerHandler& handler, ServerOptions options);

  // Serves one peer until it leaves, breaks the rules for good or falls silent.
  async::Task<void> run();
  // The next command is answered 421 (RFC 5321 §3.8); a message under way is finished.
  void stop() { stopping_ = true; }
  void abort() {
    if (stream_) stream_->abort();
  }

  bool encrypted() const { return stream_ && stream_->tls().has_value(); }
  bool authenticated() const { return authenticated_; }
  const std::string& helo() const { return helo_; }

 private:
  enum class Next { go_on, close };

  async::Task<Next> serve_command(std::string line);
  async::Task<Next> starttls();
  async::Task<Next> auth(std::string_view arguments);
  async::Task<Next> data();
  async::Task<std::optional<std::string>> ask(std::string_view challenge);
  void ehlo(std::string_view arguments);
  void start_mail(std::string_view arguments);
  void add_recipient(std::string_view arguments);
  void say(int code, std::string_view text);
  void say(const mail::Reply& reply);
  async::Task<bool> flush();
  void reset() { envelope_.reset(); }

  async::Loop& loop_;
  net::StreamPtr stream_;
  net::LineReader reader_;
  net::Tls& tls_;
  ServerHandler& handler_;
  ServerOptions options_;
  std::string replies_;  // pipelined commands are answered in one write
  std::string helo_;
  bool extended_ = false, authenticated_ = false, stopping_ = false;
  int errors_ = 0;
  std::optional<mail::Envelope> envelope_;
};

}  // namespace postroom::smtp
