// Request is one complete HTTP/1.1 request (RFC 9110, RFC 9112), its body read and its framing checked.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/stream.h"

namespace postroom::http {

struct Request {
  std::string method;
  std::string path;   // as sent, percent-encoded, without the query
  std::string query;  // after the "?", percent-encoded
  bool keep_alive = true;
  bool takes_chunks = true;  // false for HTTP/1.0 (RFC 9112 §6.1)
  bool expects_continue = false;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  std::string id;  // X-Request-Id of the answer
  net::Endpoint peer;
  std::optional<unsigned> peer_uid;  // of a Unix-domain peer
  bool over_tls = false;

  // The first header of this name, whatever its case; nullptr when there is none.
  const std::string* header(std::string_view name) const;
};

// Decodes %XX. nullopt for a broken escape, a NUL or broken UTF-8.
std::optional<std::string> percent_decode(std::string_view text);

// "a=1&b=2" in order, decoded; "+" is a space (application/x-www-form-urlencoded). nullopt when a part is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

}  // namespace postroom::http
