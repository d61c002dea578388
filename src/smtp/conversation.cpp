#include "smtp/conversation.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::smtp {
namespace {

constexpr std::size_t line_bytes = 1024;
constexpr std::string_view gap = "* (lines left out here)\n";

// "4,096"
std::string with_thousands(std::uint64_t number) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

void Conversation::client(std::string_view line) {
  append("C: ", line);
}
void Conversation::client_secret(std::string_view verb) {
  append("C: ", verb.empty() ? "***" : fmt::format("{} ***", verb));
}
void Conversation::client_body(std::size_t bytes) {
  append("C: ", fmt::format("<message of {} bytes>", with_thousands(bytes)));
}
void Conversation::server(std::string_view line) {
  append("S: ", line);
}
void Conversation::note(std::string_view text) {
  append("* ", text);
}

void Conversation::clear() {
  text_.clear();
  cut_ = false;
}

std::string Conversation::text() const {
  return text_;
}

void Conversation::append(std::string_view prefix, std::string_view text) {
  text_ += prefix;
  text_ += printable(text, line_bytes);
  text_ += '\n';
  if (text_.size() <= limits::conversation_bytes) return;

  // The first half stays. Of what follows the gap, the oldest lines go; more than needed, so that this is rare.
  const std::size_t head = text_.rfind('\n', limits::conversation_bytes / 2) + 1;
  const std::size_t excess = text_.size() - limits::conversation_bytes * 3 / 4;
  const std::size_t tail = text_.find('\n', head + excess) + 1;
  text_.replace(head, tail - head, gap);
  cut_ = true;
}

}  // namespace postroom::smtp
