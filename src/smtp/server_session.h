// ServerSession is the receiving side of SMTP (RFC 5321, 6409, 3207, 4954, 1870, 6152, 6531, 2920, 2034), with strict
// framing: commands end in CRLF, data ends in CRLF "." CRLF and in nothing else. What to do with mail is its handler's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "async/loop.h"
#include "async/task.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/secret.h"
#include "mail/envelope.h"
#include "mail/reply.h"
#include "net/line_reader.h"
#include "net/stream.h"
#include "smtp/message_memory.h"
#include "smtp/scram.h"

namespace postroom::smtp {

// What is done about a CR or LF by itself in a message (RFC 5321 §2.3.8). Neither ever ends the data.
enum class BareLineEnds { refused, made_crlf };

struct ServerOptions {
  std::string host_name = "localhost";
  std::uint64_t message_bytes = limits::message_bytes;  // SIZE
  std::size_t recipients = limits::recipients;
  BareLineEnds bare_line_ends = BareLineEnds::refused;
  bool require_authentication = false;  // MAIL without AUTH: 530
  bool clear_authentication = false;    // AUTH before TLS (loopback)
  Duration command_patience = std::chrono::minutes(5);
  // A message may lag behind its rate by this (RFC 5321 §4.5.3.2.5 gives three minutes for a block).
  Duration data_patience = std::chrono::minutes(3);
  std::uint64_t data_bytes_per_second = 1024;
  std::shared_ptr<MessageMemory> memory = std::make_shared<MessageMemory>(limits::smtp_messages_bytes);  // of all
};

// The door to whoever takes the mail.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  enum class Login { granted, denied, unavailable };
  virtual bool offers_authentication() const = 0;
  virtual async::Task<Login> authenticate(std::string username, Secret password) = 0;
  // RFC 3207 §4.2: what was learned before TLS is forgotten.
  virtual void forget_authentication() {}
  // For SCRAM. The keys of a user that is not there look like any other's, and no proof fits them.
  virtual bool offers_scram() const { return false; }
  virtual ScramKeys scram_keys(const std::string&) { return {}; }
  // After the proof: what comes of it.
  enum class Proof { right, wrong };
  virtual async::Task<Login> authenticate_by_proof(std::string, Proof) { co_return Login::denied; }

  // A positive reply takes the sender or recipient.
  virtual mail::Reply sender(const mail::Address& reverse_path) = 0;
  virtual mail::Reply recipient(const mail::Address& address) = 0;
  // The whole message. A positive reply is given only when it is safe.
  virtual async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) = 0;
};

class ServerSession {
 public:
  ServerSession(async::Loop& loop, net::StreamPtr stream, net::Tls& tls, Random& random, ServerHandler& handler,
                ServerOptions options);

  // Serves one peer until it leaves, breaks the rules for good or falls silent.
  async::Task<void> run();
  // The next command is answered 421 (RFC 5321 §3.8), and a peer that says nothing hears it after `patience`; a message
  // under way is finished.
  void stop(Duration patience);
  void abort() {
    if (stream_) stream_->abort();
  }

  std::optional<net::TlsInfo> tls() const { return stream_ ? stream_->tls() : std::nullopt; }
  bool encrypted() const { return tls().has_value(); }
  bool extended() const { return extended_; }  // EHLO, not HELO
  bool authenticated() const { return authenticated_; }
  const std::string& helo() const { return helo_; }

 private:
  enum class Next { go_on, close };
  struct Credentials {
    std::string username;
    Secret password;
  };

  // server_session.cpp: the dialogue.
  async::Task<Next> hear_command();
  async::Task<Next> serve_command(std::string line);
  Next refuse_bare_lf();
  async::Task<Next> starttls();
  enum class Greeting { ehlo, helo };
  void hello(Greeting greeting, std::string_view arguments);
  void say(int code, std::string_view text);
  void say(const mail::Reply& reply);
  void blame(int code, std::string_view text);  // says it, and counts it as an error of the peer
  async::Task<bool> flush();

  // server_auth.cpp
  async::Task<Next> auth(std::string_view arguments);
  async::Task<std::optional<Credentials>> hear_plain(std::optional<std::string> initial);
  async::Task<std::optional<Credentials>> hear_login(std::optional<std::string> initial);
  async::Task<std::optional<ServerHandler::Login>> scram(std::optional<std::string> initial);
  async::Task<std::optional<std::string>> ask(std::string_view challenge);

  // server_transaction.cpp
  void start_mail(std::string_view arguments);
  void add_recipient(std::string_view arguments);
  async::Task<Next> data();
  void reset();

  async::Loop& loop_;
  net::StreamPtr stream_;
  net::LineReader reader_;
  net::Tls& tls_;
  Random& random_;
  ServerHandler& handler_;
  ServerOptions options_;
  std::string replies_;  // pipelined commands are answered in one write
  std::string helo_;
  bool extended_ = false, authenticated_ = false, stopping_ = false, awaiting_command_ = false;
  int errors_ = 0;                // since the last message
  int idle_commands_ = 0;         // that brought no mail on, since the last message
  int failed_logins_ = 0;         // of the session
  std::size_t refused_here_ = 0;  // recipients of this transaction
  std::optional<mail::Envelope> envelope_;
};

}  // namespace postroom::smtp
