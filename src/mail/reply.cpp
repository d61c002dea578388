#include "mail/reply.h"

#include <fmt/format.h>

#include <charconv>

namespace postroom::mail {
namespace {

// One to `width` digits and what must follow them; false when they are not there.
bool take(std::string_view& text, std::size_t width, int& number) {
  std::size_t digits = 0;
  while (digits < text.size() && digits <= width && text[digits] >= '0' && text[digits] <= '9') ++digits;
  if (digits == 0 || digits > width) return false;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return true;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string to_string(const EnhancedStatusCode& code) {
  return fmt::format("{}.{}.{}", code.status_class, code.subject, code.detail);
}

// RFC 3463 §2: class "." subject "." detail, class one of 2, 4, 5.
std::optional<EnhancedStatusCode> parse_enhanced(std::string_view text) {
  EnhancedStatusCode code;
  if (!take(text, 1, code.status_class) || !take_dot(text) || !take(text, 3, code.subject) || !take_dot(text) ||
      !take(text, 3, code.detail))
    return std::nullopt;
  if (code.status_class != 2 && code.status_class != 4 && code.status_class != 5) return std::nullopt;
  if (!text.empty() && text[0] != ' ') return std::nullopt;
  return code;
}

std::string Reply::text() const {
  std::string all = std::to_string(code);
  for (const std::string& line : lines) {
    all += ' ';
    all += line;
  }
  return all;
}

}  // namespace postroom::mail
