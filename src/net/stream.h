// Stream, Dialer, Listener, Resolver and Tls are the doors to the network. Behind them: tcp and tls in service,
// tests/sim's network under simulation, stream_pair in unit tests. Only src/app names what stands behind a door.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "base/timestamp.h"

namespace postroom::net {

struct IpAddress {
  std::string text;  // canonical: "192.0.2.7", "2001:db8::7"

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  bool is_loopback() const;
  bool is_link_local() const;  // RFC 3927, RFC 4291 §2.5.6; IPv4-mapped IPv6 counts as its IPv4
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

// "192.0.2.7:25", "[2001:db8::7]:25".
std::string to_string(const Endpoint& endpoint);

// "HOST:PORT" of a listener's flag: an IP literal (IPv6 in brackets) or "localhost". Error: invalid.
Result<Endpoint> parse_endpoint(std::string_view text);

// What a finished TLS handshake agreed on.
struct TlsInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;   // "TLS_AES_256_GCM_SHA384"
  bool resumed = false;
};

// A byte stream with one reader and one writer at a time.
// Errors: timeout (the deadline passed), canceled (abort() was called), unreachable (reset, broken pipe), tls, io.
class Stream {
 public:
  virtual ~Stream() = default;

  // At least one byte, or 0 at the end of the stream.
  virtual async::Task<Result<std::size_t>> read_some(std::span<char> into) = 0;
  // All of `bytes`, or an error.
  virtual async::Task<Result<void>> write(std::string_view bytes) = 0;
  // Pending and later operations fail with `timeout` at this moment. never() lifts it.
  virtual void set_deadline(Monotonic at) = 0;
  // Pending and later operations fail with `canceled`. Callable at any time on the loop's thread.
  virtual void abort() = 0;
  // Says goodbye properly: close_notify under TLS, then FIN. Errors are of no interest any more.
  virtual async::Task<void> shutdown() = 0;

  virtual Endpoint peer() const = 0;
  virtual Endpoint local() const = 0;
  virtual std::optional<TlsInfo> tls() const { return std::nullopt; }
  // The user behind a Unix-domain peer; nullopt on every other stream.
  virtual std::optional<unsigned> peer_uid() const { return std::nullopt; }
};

using StreamPtr = std::unique_ptr<Stream>;

class Dialer {
 public:
  virtual ~Dialer() = default;
  // Errors: refused, unreachable, timeout.
  virtual async::Task<Result<StreamPtr>> dial(Endpoint to, Monotonic deadline) = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  // The next peer. Error canceled after close(). Trouble of one peer or a full file table is waited out, not returned.
  virtual async::Task<Result<StreamPtr>> accept() = 0;
  virtual void close() = 0;
  virtual Endpoint local() const = 0;
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  // All addresses of a host name or IP literal, in the order to try. Errors: not_found, timeout, unavailable.
  virtual async::Task<Result<std::vector<IpAddress>>> resolve(std::string host, Monotonic deadline) = 0;
};

// What a client demands of a server's certificate.
struct TlsClientPolicy {
  std::string server_name;         // SNI, and the name the certificate must bear
  bool verify_certificate = true;  // chain, dates and name
  std::string ca_file;             // PEM; empty: the system's authorities
};

class Tls {
 public:
  virtual ~Tls() = default;
  // The lower stream is consumed also on error. Error tls carries a sentence fit for the operator: what is wrong with
  // which certificate. The lower stream's deadline stays in force.
  virtual async::Task<Result<StreamPtr>> connect(StreamPtr lower, TlsClientPolicy policy) = 0;
  virtual async::Task<Result<StreamPtr>> accept(StreamPtr lower) = 0;  // with the process's own certificate
  virtual bool can_accept() const = 0;                                 // whether such a certificate is configured
};

}  // namespace postroom::net
