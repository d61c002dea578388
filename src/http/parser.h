// RequestParser turns bytes, cut anywhere, into requests. It does no I/O. What could be read in two ways by two parsers
// (request smuggling, RFC 9112 §11.2) is refused: both framing headers, repeated or odd ones, folded lines, bare CR or
// LF.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "http/request.h"

namespace postroom::http {

// The connection can't go on after it: where the next request begins is not known.
struct ParseRefusal {
  int status = 400;
  std::string code;
  std::string detail;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct ParserLimits {
  std::size_t header_bytes = limits::http_header_bytes;
  std::uint64_t body_bytes = limits::http_body_bytes;
};

class RequestParser {
 public:
  enum class State { head, body, complete };

  explicit RequestParser(ParserLimits limits = {});
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;

  // Takes bytes and goes on as far as they lead. A refusal is final.
  std::optional<ParseRefusal> feed(std::string_view bytes);
  State state() const;
  bool untouched() const;       // no byte of the next request has come
  const Request& head() const;  // valid from State::body on
  // The complete request. What came behind it is parsed by the next feed(), which may be empty.
  Request take();

 private:
  struct Body;
  std::optional<ParseRefusal> advance_head();
  std::optional<ParseRefusal> read_head(std::string_view block);
  std::optional<ParseRefusal> advance_body();

  ParserLimits limits_;
  std::string buffer_;
  std::size_t scanned_ = 0;  // bytes of buffer_ known to hold no end of head
  State state_ = State::head;
  Request request_;
  std::unique_ptr<Body> body_;
};

}  // namespace postroom::http
