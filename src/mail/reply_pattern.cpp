#include "mail/reply_pattern.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace postroom::mail {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_part(std::string_view part) {
  return part == "*" || (!part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit));
}

bool part_matches(std::string_view part, int number) {
  if (part == "*") return true;
  int wanted = 0;
  std::from_chars(part.data(), part.data() + part.size(), wanted);
  return wanted == number;
}

}  // namespace

bool is_code_pattern(std::string_view pattern) {
  return pattern.size() == 3 && (pattern[0] == '4' || pattern[0] == '5') &&
         std::ranges::all_of(pattern.substr(1), [](char c) { return is_digit(c) || c == 'x'; });
}

bool code_matches(std::string_view pattern, int code) {
  const std::array<int, 3> digits{code / 100, code / 10 % 10, code % 10};
  for (std::size_t i = 0; i < pattern.size() && i < digits.size(); ++i)
    if (pattern[i] != 'x' && pattern[i] != '0' + digits[i]) return false;
  return true;
}

bool is_enhanced_pattern(std::string_view pattern) {
  const std::vector<std::string_view> parts = split(pattern, '.');
  return parts.size() == 3 && (parts[0] == "4" || parts[0] == "5" || parts[0] == "*") &&
         std::ranges::all_of(parts, is_part);
}

bool enhanced_matches(std::string_view pattern, const std::optional<EnhancedStatusCode>& code) {
  if (pattern.empty()) return true;
  if (!code) return false;
  const std::vector<std::string_view> parts = split(pattern, '.');
  return parts.size() == 3 && part_matches(parts[0], code->status_class) && part_matches(parts[1], code->subject) &&
         part_matches(parts[2], code->detail);
}

}  // namespace postroom::mail
