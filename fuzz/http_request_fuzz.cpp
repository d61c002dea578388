// Any bytes, cut anywhere: the parser gives the same requests as when they come in one piece, and none beyond its
// limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "http/parser.h"

namespace {

using postroom::http::ParserLimits;
using postroom::http::Request;
using postroom::http::RequestParser;

constexpr ParserLimits bounds = {.header_bytes = 1024, .body_bytes = 4096};

// What was read, each request as text.
struct Reading {
  std::vector<std::string> requests;
  int refused = 0;
};

std::string show(const Request& request) {
  POSTROOM_ASSERT(request.path.starts_with('/'));
  POSTROOM_ASSERT(request.body.size() <= bounds.body_bytes);
  std::string shown = request.method + ' ' + request.path + '?' + request.query + '\n';
  for (const auto& [name, value] : request.headers) {
    POSTROOM_ASSERT(value.find_first_of("\r\n") == std::string::npos);
    shown += name + ": " + value + '\n';
  }
  if (const auto query = postroom::http::parse_query(request.query))
    for (const auto& [name, value] : *query) shown += name + '=' + value + '\n';
  return shown + '\n' + request.body;
}

Reading read(std::string_view bytes, std::size_t piece) {
  Reading reading;
  RequestParser parser(bounds);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto refusal = parser.feed(bytes.substr(at, piece));
    while (!refusal && parser.state() == RequestParser::State::complete) {
      reading.requests.push_back(show(parser.take()));
      refusal = parser.feed({});
    }
    if (refusal) {
      reading.refused = refusal->status;
      break;
    }
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t piece = 1 + data[0] % 61U;
  const Reading whole = read(bytes, bytes.size() + 1);
  const Reading pieces = read(bytes, piece);
  // Whoever sends in small pieces may be refused earlier (a chunk's header must end within the limit), never read
  // otherwise.
  POSTROOM_ASSERT(pieces.requests.size() <= whole.requests.size());
  for (std::size_t i = 0; i < pieces.requests.size(); ++i) POSTROOM_ASSERT(pieces.requests[i] == whole.requests[i]);
  if (whole.refused != 0 || pieces.refused == 0)
    POSTROOM_ASSERT(pieces.requests == whole.requests && (pieces.refused == 0) == (whole.refused == 0));
  return 0;
}
