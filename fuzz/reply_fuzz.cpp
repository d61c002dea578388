// Any bytes, in two pieces: the parser stays within its limits, says the same as for one piece, and takes no byte
// beyond a reply's end.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/limits.h"
#include "smtp/reply_parser.h"

using postroom::smtp::ReplyParser;

namespace {

// What a parser made of the bytes: its replies' texts, and the trouble at the end.
std::string told(ReplyParser& parser, std::string_view bytes) {
  std::string story;
  while (!bytes.empty() && parser.status() == ReplyParser::Status::incomplete) {
    bytes.remove_prefix(parser.push(bytes));
    if (parser.status() != ReplyParser::Status::complete) continue;
    const postroom::mail::Reply reply = parser.take();
    POSTROOM_ASSERT(reply.code >= 100 && reply.code <= 599);
    POSTROOM_ASSERT(!reply.lines.empty() && reply.lines.size() <= postroom::limits::smtp_reply_lines);
    POSTROOM_ASSERT(!reply.enhanced || reply.enhanced->status_class == reply.code / 100);
    story += reply.text() + "\n";
  }
  return story + parser.problem();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  ReplyParser whole;
  const std::string expected = told(whole, bytes);
  ReplyParser pieces;
  const std::size_t cut = bytes.size() * data[0] / 255;
  std::string story = told(pieces, bytes.substr(0, cut));
  if (pieces.status() == ReplyParser::Status::incomplete) story += told(pieces, bytes.substr(cut));
  POSTROOM_ASSERT(story == expected);
  POSTROOM_ASSERT(whole.line().size() <= postroom::limits::smtp_reply_bytes + 1);
  return 0;
}
