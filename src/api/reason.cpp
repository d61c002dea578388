#include "api/reason.h"

#include <algorithm>

namespace postroom::api {

bool is_reason(std::string_view text) {
  constexpr std::ptrdiff_t characters_at_most = 500;
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };  // of UTF-8
  return std::ranges::count_if(text, begins_character) <= characters_at_most;
}

std::string read_reason(ObjectReader& reader) {
  std::string reason = reader.text_or_empty("reason");
  if (!is_reason(reason)) reader.error("reason", "too_long", std::string(reason_rule));
  return reason;
}

}  // namespace postroom::api
