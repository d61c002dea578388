// Small questions about bytes and text that many folders ask. ASCII only where not said otherwise.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postroom {

bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
bool contains_ignoring_case(std::string_view text, std::string_view part);
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string_view trim(std::string_view text);  // spaces, tabs, CR, LF at both ends
std::vector<std::string_view> split(std::string_view text, char separator);

bool is_ascii(std::string_view text);
bool is_valid_utf8(std::string_view text);           // RFC 3629: no surrogates, no overlong forms
bool has_control_characters(std::string_view text);  // 0x00–0x1f and 0x7f

// At most `bytes` bytes of `text`, cut at a UTF-8 character's border.
std::string_view truncate_utf8(std::string_view text, std::size_t bytes);
// Printable form of what a peer sent: controls and broken UTF-8 become '?', cut at `bytes`.
std::string printable(std::string_view text, std::size_t bytes);
// Whether a text may be a host's name or address, as far as its characters go: no scheme, port, brackets or blanks.
bool is_host_name(std::string_view text);

// The number that all of `text` is, in decimal digits; nothing when it is none, or too large for its type.
template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string base64_encode(std::string_view bytes);                   // RFC 4648 §4, padded
bool base64_decode(std::string_view text, std::string& bytes);       // strict: padding right, no other characters
std::string base64url_encode(std::string_view bytes);                // RFC 4648 §5, without padding
std::optional<std::string> base64url_decode(std::string_view text);  // strict, too
std::string hex_encode(std::string_view bytes);
std::string percent_encode(std::string_view text);  // RFC 3986 §2.1: all but the unreserved characters

}  // namespace postroom
