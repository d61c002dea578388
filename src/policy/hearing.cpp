#include "policy/hearing.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::policy {
namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_part_of_name(char c) {
  return is_word_character(c) || c == '.' || c == '-' || c == '_';
}

// "<"any words"@example.org>": a local part may hold spaces.
std::string without_paths(std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    const std::size_t close = open == std::string_view::npos ? open : text.find('>', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = text.substr(open, close - open + 1);
    kept += text.substr(0, open);
    if (inside.size() > limits::path + 2 || !inside.contains('@')) kept += inside;
    kept += ' ';
    text.remove_prefix(close + 1);
  }
  kept += text;
  return kept;
}

bool is_address_or_link(std::string_view word) {
  return word.contains('@') || word.contains("://") || word.starts_with("www.");
}

// The words of one line; `said` ends with a space after each.
void hear(std::string_view line, std::string& said) {
  if (mail::parse_enhanced(line)) line.remove_prefix(std::min(line.size(), line.find(' ')));
  const std::string text = without_paths(line);
  std::size_t quoted = std::string::npos;  // where an open quotation began in `said`
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (is_address_or_link(word)) {
      // The end of "any words"@example.org takes its beginning with it.
      if (word.contains("\"@") && quoted != std::string::npos) said.resize(quoted);
      continue;
    }
    if (word.starts_with('"')) quoted = said.size();
    said += word;
    said += ' ';
  }
}

}  // namespace

std::string heard(const mail::Reply& reply) {
  std::string said;
  for (const std::string& line : reply.lines) hear(to_lower(line), said);
  return said;
}

bool says(std::string_view text, std::string_view phrases) {
  if (phrases.empty()) return true;
  for (const std::string_view phrase : split(phrases, '|')) {
    for (std::size_t at = text.find(phrase); at != std::string_view::npos; at = text.find(phrase, at + 1)) {
      std::size_t end = at + phrase.size();
      while (end < text.size() && (is_word_character(text[end]) || text[end] == '-')) ++end;
      const bool begins = at == 0 || !is_part_of_name(text[at - 1]);
      const bool in_name = end + 1 < text.size() && text[end] == '.' && is_word_character(text[end + 1]);
      if (begins && !in_name) return true;
    }
  }
  return false;
}

// qmail and its kin end their sentences with it: "sorry, no mailbox here by that name. (#5.1.1)".
std::optional<mail::EnhancedStatusCode> enhanced_of(const mail::Reply& reply) {
  if (reply.enhanced) return reply.enhanced;
  for (const std::string& line : reply.lines) {
    const std::size_t open = line.find("(#");
    if (open == std::string::npos) continue;
    const std::size_t close = line.find(')', open);
    if (close == std::string::npos) continue;
    const auto code = mail::parse_enhanced(std::string_view(line).substr(open + 2, close - open - 2));
    if (code && code->status_class == reply.code / 100) return code;
  }
  return std::nullopt;
}

}  // namespace postroom::policy
