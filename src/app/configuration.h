// Configuration is what an operator may set: the TOML file first, then POSTROOM_… variables, then flags. Read here and
// nowhere else.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "intake/submission_server.h"
#include "net/networks.h"
#include "store/records.h"

namespace postroom::app {

// One place where SMTP is served.
struct SmtpListener {
  std::string address;  // HOST:PORT
  intake::ListenerPolicy policy;
  bool needs_certificate = false;  // its encryption was asked for by name
};

struct Configuration {
  std::string data_dir = "./postroom-data";
  std::string http = "127.0.0.1:8600";
  std::string https;                    // HTTP over TLS, too; "": not
  std::optional<std::string> smtp;      // default_smtp when not set, "off": not
  std::string smtps;                    // SMTP over TLS from the first byte; "": not
  std::vector<SmtpListener> listeners;  // more of them, each with its own policy
  net::Networks http_proxies;           // trusted to say in X-Forwarded-For who is behind them
  std::string tls_cert, tls_key;        // PEM files; read again when they change
  std::string submit_socket;            // where every user of this machine may submit mail; "": nowhere
  intake::SubmissionLimits submission_limits;
  std::string sendmail_domain;           // of addresses without one that sendmail is given; the host's name when empty
  std::string sendmail_local_recipient;  // who gets what sendmail is given for a local user ("root"); "": that user
  std::string url;              // as browsers reach the Back Office: "https://mail.example.org"; by default --http's
  std::string host_name;        // of Message-ID and EHLO; the machine's when empty
  std::string secret_key_file;  // DIR/secret.key when empty

  std::vector<Duration> retry;  // the default schedule when empty
  std::optional<Duration> probe;
  std::optional<Duration> dot_timeout;
  Duration session_idle = std::chrono::seconds(30);
  std::vector<std::string> lanes{"transactional", "bulk"};
  std::map<std::string, store::OnDoubt> lane_on_doubt;

  std::optional<std::uint64_t> reserve_bytes;  // limits.reserve; computed from the disk when not set
  std::uint64_t message_bytes;
  std::vector<std::string> allow, deny;  // networks that connections may, may not name
  bool metrics_open = false;

  std::string oidc_issuer, oidc_client_id,
      oidc_client_secret_file;               // sign-in by an issuer, when all but the file are set
  std::string oidc_name = "single sign-on";  // on the button
  std::string oidc_ca_file;

  Configuration();
  std::string socket() const { return data_dir + "/postroom.sock"; }
  std::string key_file() const { return secret_key_file.empty() ? data_dir + "/secret.key" : secret_key_file; }
};

inline constexpr const char* default_smtp = "127.0.0.1:2525";

// "90s", "15m", "8h", "3d", "250ms". Error: invalid.
Result<Duration> parse_duration(const std::string& text);

// Reads a TOML file over the defaults. Errors: io, invalid (an unknown key is one: a mistyped setting must not be
// silent).
Result<Configuration> read_configuration(const std::string& file);

}  // namespace postroom::app
