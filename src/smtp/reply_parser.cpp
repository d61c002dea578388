#include "smtp/reply_parser.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"

namespace postroom::smtp {
namespace {

constexpr std::size_t code_and_separator = 4;

// RFC 5321 §4.2: Reply-code = %x32-35 %x30-35 %x30-39. Any second digit is taken, and a first digit of 1, which only
// the reader of the reply can judge. 0: no code.
int parse_code(std::string_view line) {
  if (line.size() < 3) return 0;
  const auto digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9' ? line[i] - '0' : -1; };
  if (digit(0) < 1 || digit(0) > 5 || digit(1) < 0 || digit(2) < 0) return 0;
  return digit(0) * 100 + digit(1) * 10 + digit(2);
}

std::optional<mail::EnhancedStatusCode> enhanced_of(const mail::Reply& reply) {
  const std::optional<mail::EnhancedStatusCode> enhanced = mail::parse_enhanced(reply.lines.front());
  // RFC 2034 §4: the class of the enhanced code must agree with the reply's first digit.
  if (!enhanced || enhanced->status_class != reply.code / 100) return std::nullopt;
  return enhanced;
}

}  // namespace

std::size_t ReplyParser::push(std::string_view bytes) {
  std::size_t taken = 0;
  while (status_ == Status::incomplete && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    const std::size_t lf = rest.find('\n');
    const std::size_t length = lf == std::string_view::npos ? rest.size() : lf + 1;
    line_ += rest.substr(0, std::min(length, limits::smtp_reply_bytes - bytes_ + 1));
    bytes_ += length;
    taken += length;
    if (bytes_ > limits::smtp_reply_bytes) {
      reject("the reply is too long");
    } else if (line_.size() > limits::smtp_reply_line + code_and_separator + 2) {
      reject("a line of the reply is too long");
    } else if (lf != std::string_view::npos) {
      end_line();
    }
  }
  return taken;
}

void ReplyParser::end_line() {
  // A line may end with a bare LF: old servers do that, and unlike a message a reply carries nothing that could be
  // smuggled past its end. A CR elsewhere is text.
  std::string_view line = line_;
  line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);

  const int code = parse_code(line);
  if (code == 0) return reject("a line of the reply has no reply code: " + printable(line, 80));
  // RFC 5321 §4.2: text after a space; §4.2.1: more lines after a hyphen. A code alone is taken as a last line.
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-')
    return reject("a reply code is followed by neither space nor hyphen");
  // RFC 5321 §4.2.1: the reply code on each of the lines must be the same.
  if (!reply_.lines.empty() && code != reply_.code) return reject("the lines of the reply have different codes");
  if (reply_.lines.size() == limits::smtp_reply_lines) return reject("the reply has too many lines");

  reply_.code = code;
  reply_.lines.emplace_back(line.substr(std::min(line.size(), code_and_separator)));
  if (line.size() <= 3 || line[3] == ' ') {
    reply_.enhanced = enhanced_of(reply_);
    status_ = Status::complete;
  }
  line_.clear();
}

void ReplyParser::reject(std::string_view problem) {
  status_ = Status::malformed;
  problem_ = problem;
}

mail::Reply ReplyParser::take() {
  POSTROOM_ASSERT(status_ == Status::complete);
  status_ = Status::incomplete;
  bytes_ = 0;
  return std::exchange(reply_, {});
}

}  // namespace postroom::smtp
