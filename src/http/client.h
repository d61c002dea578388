// One exchange with another HTTP server: a connection of its own, one request, one bounded answer (RFC 9112). For the
// few calls that Postroom makes itself; nothing of mail goes this way.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "net/stream.h"

namespace postroom::http {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets
  std::uint16_t port = 0;
  std::string target;  // path and query, at least "/"
};
// Error invalid: no http or https URL, or one with a user or a fragment.
Result<Url> parse_url(std::string_view text);

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ClientResponse {
  int status = 0;
  std::string body;
};

class Client {
 public:
  Client(async::Loop& loop, net::Dialer& dialer, net::Resolver& resolver, net::Tls& tls)
      : loop_(loop), dialer_(dialer), resolver_(resolver), tls_(tls) {}
  std::string ca_file;  // PEM; empty: the system's authorities

  // Redirects are not followed. Errors: invalid (the URL), those of Resolver, Dialer, Stream and Tls, io (no proper
  // answer, or one of more than 1 MiB).
  async::Task<Result<ClientResponse>> call(ClientRequest request);

 private:
  async::Task<Result<net::StreamPtr>> connect(Url url, Monotonic deadline);

  async::Loop& loop_;
  net::Dialer& dialer_;
  net::Resolver& resolver_;
  net::Tls& tls_;
};

}  // namespace postroom::http
