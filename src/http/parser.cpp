#include "http/parser.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/assert.h"
#include "base/text.h"

namespace postroom::http {
namespace {

namespace beast_http = boost::beast::http;

ParseRefusal bad(std::string detail) {
  return {400, "malformed_request", std::move(detail)};
}

// RFC 9112 §2.2 lets a recipient take a bare LF, and §5.2 a folded line; we refuse both, and bare CR.
std::optional<ParseRefusal> check_lines(std::string_view block) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (block[i] == '\n' && (i == 0 || block[i - 1] != '\r')) return bad("A header line ends in a bare LF.");
    if (block[i] == '\r' && (i + 1 == block.size() || block[i + 1] != '\n')) return bad("The header has a bare CR.");
    if (block[i] == '\n' && i + 1 < block.size() && (block[i + 1] == ' ' || block[i + 1] == '\t'))
      return bad("Folded header lines are not accepted.");
  }
  return std::nullopt;
}

std::string_view as_view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// RFC 9112 §3.2: origin-form, or absolute-form, whose scheme and authority are left aside.
bool split_target(std::string_view target, Request& request) {
  if (starts_with_ignoring_case(target, "http://") || starts_with_ignoring_case(target, "https://")) {
    const std::size_t slash = target.find('/', target.find("://") + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (!target.starts_with('/') || target.find('#') != std::string_view::npos) return false;
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  return true;
}

// RFC 9110 §7.2 uri-host [ ":" port ], as far as its characters go.
bool is_host(std::string_view value) {
  constexpr std::string_view others = "-._~!$&'()*+,;=%:[]";
  return std::ranges::all_of(value, [others](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || others.contains(c);
  });
}

// Fields that decide who asks, for what, and how often: a proxy may read the first of two, and we the last.
bool stands_once(std::string_view name) {
  constexpr std::array<std::string_view, 3> fields{"Authorization", "Content-Type", "Idempotency-Key"};
  return std::ranges::any_of(fields, [name](std::string_view field) { return equals_ignoring_case(name, field); });
}

struct Framing {
  int hosts = 0, lengths = 0, encodings = 0;
  bool odd_host = false, odd_encoding = false, odd_length = false, odd_expectation = false, repeated = false;
};

Framing read_framing(Request& request) {
  Framing framing;
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "Host")) {
      ++framing.hosts;
      framing.odd_host |= !is_host(value);
    }
    if (stands_once(name)) framing.repeated |= request.header(name) != &value;
    if (equals_ignoring_case(name, "Content-Length")) {
      ++framing.lengths;
      framing.odd_length |= value.empty() || !std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    }
    if (equals_ignoring_case(name, "Transfer-Encoding")) {
      ++framing.encodings;
      framing.odd_encoding |= !equals_ignoring_case(value, "chunked");
    }
    if (equals_ignoring_case(name, "Expect")) {
      request.expects_continue = equals_ignoring_case(value, "100-continue");
      framing.odd_expectation |= !request.expects_continue;
    }
  }
  return framing;
}

std::optional<ParseRefusal> check_framing(const Framing& framing, unsigned version) {
  if (framing.hosts > 1 || (framing.hosts == 0 && version >= 11))
    return bad("Exactly one Host header is required.");  // RFC 9112 §3.2
  if (framing.odd_host) return bad("The Host header names no host.");
  if (framing.repeated) return bad("A header that may stand once stands twice.");
  if (framing.lengths > 0 && framing.encodings > 0)
    return bad("Content-Length and Transfer-Encoding exclude each other.");  // RFC 9112 §6.1
  if (framing.lengths > 1 || framing.encodings > 1) return bad("The body's framing is given more than once.");
  if (framing.odd_length) return bad("Content-Length is not a number.");
  if (framing.odd_encoding) return bad("The only transfer coding taken is chunked.");
  if (framing.encodings > 0 && version < 11) return bad("HTTP/1.0 has no transfer codings.");
  if (framing.odd_expectation) return ParseRefusal{417, "expectation_failed", "The only expectation is 100-continue."};
  return std::nullopt;
}

}  // namespace

// Beast's parser, behind this file's border.
struct RequestParser::Body {
  beast_http::request_parser<beast_http::string_body> parser;

  explicit Body(const ParserLimits& limits) {
    parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes + 64));
    parser.body_limit(limits.body_bytes);
  }
};

RequestParser::RequestParser(ParserLimits limits) : limits_(limits) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;

RequestParser::State RequestParser::state() const {
  return state_;
}
bool RequestParser::untouched() const {
  return state_ == State::head && buffer_.empty();
}
const Request& RequestParser::head() const {
  return request_;
}

std::optional<ParseRefusal> RequestParser::feed(std::string_view bytes) {
  buffer_ += bytes;
  if (state_ == State::head)
    if (auto refusal = advance_head()) return refusal;
  if (state_ == State::body) return advance_body();
  return std::nullopt;
}

std::optional<ParseRefusal> RequestParser::advance_head() {
  if (scanned_ == 0)
    while (buffer_.starts_with("\r\n")) buffer_.erase(0, 2);  // RFC 9112 §2.2: empty lines before a request
  const std::size_t end = buffer_.find("\r\n\r\n", scanned_);
  const std::size_t head_bytes = end == std::string::npos ? buffer_.size() : end + 4;
  if (head_bytes > limits_.header_bytes)
    return ParseRefusal{431, "header_too_large", "The request's header is larger than the server takes."};
  if (end == std::string::npos) {
    // The last byte may be the first half of a line end: it is judged with what follows.
    const std::size_t whole = buffer_.ends_with('\r') ? buffer_.size() - 1 : buffer_.size();
    scanned_ = buffer_.size() > 3 ? buffer_.size() - 3 : 0;
    return check_lines(std::string_view(buffer_).substr(0, whole));
  }
  scanned_ = 0;
  const std::string block = buffer_.substr(0, head_bytes);
  buffer_.erase(0, head_bytes);
  return read_head(block);
}

std::optional<ParseRefusal> RequestParser::read_head(std::string_view block) {
  if (auto refusal = check_lines(block)) return refusal;
  body_ = std::make_unique<Body>(limits_);
  boost::beast::error_code error;
  auto& parser = body_->parser;
  parser.put(boost::asio::buffer(block.data(), block.size()), error);
  if (error == beast_http::error::need_more) error = {};
  if (error == beast_http::error::bad_version)
    return ParseRefusal{505, "version_not_supported", "The server speaks HTTP/1.1."};
  if (error == beast_http::error::header_limit)
    return ParseRefusal{431, "header_too_large", "The request's header is larger than the server takes."};
  if (error == beast_http::error::body_limit)
    return ParseRefusal{413, "body_too_large", "The request's body is larger than the server takes."};
  if (error || !parser.is_header_done()) return bad("The request's header is not valid HTTP/1.1.");

  request_ = {};
  const auto& message = parser.get();
  request_.method = as_view(message.method_string());
  if (!split_target(as_view(message.target()), request_)) return bad("The request target is not valid.");
  for (const auto& field : message) request_.headers.emplace_back(as_view(field.name_string()), as_view(field.value()));
  request_.keep_alive = message.keep_alive();
  request_.takes_chunks = message.version() >= 11;
  const Framing framing = read_framing(request_);
  request_.expects_continue &= message.version() >= 11;  // RFC 9110 §10.1.1: HTTP/1.0 knows no 100
  if (auto refusal = check_framing(framing, message.version())) return refusal;
  const auto length = parser.content_length();
  if (length && *length > limits_.body_bytes)
    return ParseRefusal{413, "body_too_large", "The request's body is larger than the server takes."};
  state_ = State::body;
  return std::nullopt;
}

std::optional<ParseRefusal> RequestParser::advance_body() {
  auto& parser = body_->parser;
  std::size_t used = 0;
  while (!parser.is_done()) {
    // No chunked body ends with fewer bytes than these, and Beast must not be asked about fewer of its last chunk.
    constexpr std::size_t last_chunk = std::string_view("0\r\n\r\n").size();
    if (parser.chunked() && buffer_.size() - used < last_chunk) break;
    boost::beast::error_code error;
    const std::size_t taken = parser.put(boost::asio::buffer(buffer_.data() + used, buffer_.size() - used), error);
    used += taken;
    if (error == beast_http::error::need_more || (!error && taken == 0 && !parser.is_done())) break;
    if (error == beast_http::error::body_limit)
      return ParseRefusal{413, "body_too_large", "The request's body is larger than the server takes."};
    if (error) return bad("The request's body is not framed as HTTP/1.1 demands.");
  }
  buffer_.erase(0, used);
  // What stays behind is the start of a chunk's header or of the trailers; neither may grow without end.
  if (!parser.is_done() && buffer_.size() > limits_.header_bytes) return bad("A chunk's header is too long.");
  if (parser.is_done()) {
    request_.body = std::move(parser.get().body());
    body_.reset();
    state_ = State::complete;
  }
  return std::nullopt;
}

Request RequestParser::take() {
  POSTROOM_ASSERT(state_ == State::complete);
  state_ = State::head;
  return std::exchange(request_, {});
}

}  // namespace postroom::http
