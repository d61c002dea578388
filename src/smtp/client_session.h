// ClientSession speaks SMTP to a provider (RFC 5321, 3207, 4954, 1870, 6152, 6531, 2920, 2034). It reports what was
// said and what broke, as values; what that means for an email is policy/classify.h's decision, not made here.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "base/secret.h"
#include "mail/envelope.h"
#include "mail/reply.h"
#include "net/line_reader.h"
#include "net/stream.h"
#include "smtp/conversation.h"

namespace postroom::smtp {

enum class Security { none, starttls, implicit_tls };
enum class SaslChoice { automatic, plain, login, cram_md5, scram_sha_256, xoauth2 };

// Where in the session something happened. Order matters: everything before `dot` is definite.
enum class Phase { resolve, connect, tls, greeting, ehlo, starttls, auth, mail, rcpt, data, dot, quit };
std::string_view to_word(Phase phase);

// RFC 5321 §4.5.3.2, minimum beside each.
struct Deadlines {
  Duration connect = std::chrono::seconds(25);  // less than a stop may take: nothing cuts it short
  Duration tls = std::chrono::seconds(30);
  Duration greeting = std::chrono::minutes(5);  // 5 min
  Duration command = std::chrono::minutes(5);   // MAIL, RCPT: 5 min
  Duration data = std::chrono::minutes(2);      // 2 min
  Duration block = std::chrono::minutes(3);     // 3 min per block of the body
  Duration dot = std::chrono::minutes(10);      // 10 min
  Duration quit = std::chrono::seconds(5);
};

struct ClientOptions {
  std::string host;  // as configured: SNI and certificate name
  std::uint16_t port = 587;
  Security security = Security::starttls;
  bool verify_certificate = true;
  std::string ca_file;
  std::string username;
  Secret password;
  SaslChoice sasl = SaslChoice::automatic;
  std::string ehlo_name = "localhost";
  Deadlines deadlines;
};

// What EHLO offered, after TLS if there is TLS.
struct Extensions {
  bool starttls = false, pipelining = false, eight_bit_mime = false, smtputf8 = false, enhanced_codes = false;
  std::optional<std::uint64_t> size;  // RFC 1870; 0: no fixed maximum
  std::vector<std::string> auth;      // mechanisms, upper case
};

// The session or transaction could not go on: either the server said so (reply) or something broke (error).
struct Fault {
  Phase phase = Phase::connect;
  std::optional<mail::Reply> reply;
  std::string detail;  // a sentence: "connection refused", "certificate has expired", "no STARTTLS offered"
  ErrorCode code =
      ErrorCode::io;  // of what broke; `denied` for a demand of ours the server can't meet (STARTTLS, AUTH)
};

// One recipient's fate in a transaction.
struct RecipientOutcome {
  enum class Kind {
    accepted,  // 2yz to the dot (221 excepted)
    refused,   // a definite reply: to MAIL, this RCPT, DATA or the dot
    broken,    // a fault before the final dot was written: definite, nothing was sent
    doubt,     // the dot was written and no clear reply came
  };
  Kind kind = Kind::broken;
  Phase phase = Phase::mail;
  std::optional<mail::Reply> reply;  // of refused and accepted; of doubt when a 1yz/3yz/221 came
  std::optional<Fault> fault;        // of broken and doubt
};

struct TransactionResult {
  std::vector<RecipientOutcome> recipients;  // as in the envelope
  bool session_usable = false;               // may carry another transaction
  bool mail_sent = false;                    // MAIL went out (a try counts against limits from then on)
};

// Told how far an opening got: the test connection's steps.
using PhaseObserver = std::function<void(Phase phase, bool ok, std::string_view detail, Duration took)>;

class ClientSession {
 public:
  // Not connected yet.
  static std::unique_ptr<ClientSession> create(async::Loop& loop, ClientOptions options);

  virtual ~ClientSession() = default;
  // Once, before all else; resolves nothing: `address` is where to connect. On success the session is ready for MAIL,
  // else it is of no more use.
  virtual async::Task<std::expected<void, Fault>> open(net::Dialer& dialer, net::Tls& tls, net::IpAddress address,
                                                       Conversation& conversation, PhaseObserver observer) = 0;
  // One transaction (RFC 5321 §3.3). `body` is the frozen message with CRLF lines; it is dot-stuffed on the way and
  // must outlive the await. Nothing is written after the final dot until its reply is complete.
  virtual async::Task<TransactionResult> send(const mail::Envelope& envelope, std::string_view body,
                                              Conversation& conversation) = 0;
  // MAIL and one RCPT, then RSET: the test connection's `mail` step. nullopt when both were answered 2yz.
  virtual async::Task<std::optional<Fault>> rehearse(const mail::Envelope& envelope, Conversation& conversation) = 0;
  virtual async::Task<void> quit() = 0;  // QUIT, its reply (or not), and the stream's end
  // Cuts the stream: pending calls end with canceled, open() too, as soon as it is connected.
  virtual void abort() = 0;

  virtual const Extensions& extensions() const = 0;
  virtual std::string remote() const = 0;  // "smtp.example.org [192.0.2.1]:587"
  virtual std::string tls_version() const = 0;
};

}  // namespace postroom::smtp
