#include "mime/header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace postroom::mime {
namespace {

constexpr std::size_t fold_at = 76;             // RFC 2047 §2; RFC 5322 §2.1.1 wants 78 for other lines
constexpr std::size_t encoded_word_bytes = 39;  // 64 characters; with "Reply-To: " 74
constexpr std::size_t longest_plain_word = 200;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

// RFC 2045 §5.1.
bool is_token_character(char c) {
  constexpr std::string_view special = "!#$%&'*+-.^_`{|}~";
  return is_alphanumeric(c) || special.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_token_character);
}

// RFC 5322 §3.2.3: words of a phrase that need no quotes. Of several spaces between words a reader would keep one.
bool is_atom_phrase(std::string_view text) {
  constexpr std::string_view special = "!#$%&'*+-/=?^_`{|}~ ";
  return text.find("  ") == std::string_view::npos && std::ranges::all_of(text, [special](char c) {
           return is_alphanumeric(c) || special.find(c) != std::string_view::npos;
         });
}

bool is_plain(std::string_view text) {
  return is_ascii(text) && !has_control_characters(text) && text.find("=?") == std::string_view::npos &&
         trim(text).size() == text.size() && longest_word(text) <= longest_plain_word;
}

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    // RFC 2047 §5: a character is never split between words.
    const std::string_view piece = truncate_utf8(text, encoded_word_bytes);
    if (!words.empty()) words += ' ';
    words += "=?UTF-8?B?";
    words += base64_encode(piece);
    words += "?=";
    text.remove_prefix(piece.size());
  }
  return words;
}

// A parameter at the front of `text`, after its semicolon. npos when it is none, else where it ends.
std::size_t parameter_end(std::string_view text) {
  const std::size_t start = std::min(text.find_first_not_of(" \t"), text.size());
  const std::size_t equals = text.find('=', start);
  if (equals == std::string_view::npos || !is_token(text.substr(start, equals - start))) return std::string_view::npos;
  std::size_t at = equals + 1;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at)
      if (text[at] == '\\') ++at;
    return at < text.size() ? at + 1 : std::string_view::npos;
  }
  const std::size_t end = std::min(text.find_first_of("; \t", at), text.size());
  return is_token(text.substr(at, end - at)) ? end : std::string_view::npos;
}

}  // namespace

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 &&
         std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f && c != ':'; });
}

bool is_content_type(std::string_view text) {
  if (text.size() > 255 || !is_ascii(text) || has_control_characters(text)) return false;
  const std::size_t end = std::min(text.find_first_of("; "), text.size());
  const std::string_view type = text.substr(0, end);
  const std::size_t slash = type.find('/');
  if (slash == std::string_view::npos || !is_token(type.substr(0, slash)) || !is_token(type.substr(slash + 1)))
    return false;
  text.remove_prefix(end);
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (text.front() != ';') return false;
    text.remove_prefix(1);
    const std::size_t parameter = parameter_end(text);
    if (parameter == std::string_view::npos) return false;
    text.remove_prefix(parameter);
  }
  return true;
}

namespace {

// A run of spaces and the word behind it, at `at`: where it ends.
std::size_t word_end(std::string_view text, std::size_t at) {
  return std::min(text.find(' ', text.find_first_not_of(' ', at)), text.size());
}

}  // namespace

std::size_t longest_word(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
    end = word_end(text, at);
    longest = std::max(longest, end - at);
  }
  return longest;
}

void append_field(std::string& into, std::string_view name, std::string_view value) {
  value = trim(value);
  into += name;
  into += ": ";
  std::size_t column = name.size() + 2;
  std::size_t at = 0;
  while (at < value.size()) {
    // The fold goes before a word's spaces, so that unfolding gives them back.
    const std::size_t end = word_end(value, at);
    if (at > 0 && column + (end - at) > fold_at) {
      into += "\r\n";
      column = 0;
    }
    into += value.substr(at, end - at);
    column += end - at;
    at = end;
  }
  into += "\r\n";
}

std::string encode_text(std::string_view text) {
  return is_plain(text) ? std::string(text) : encoded_words(text);
}

std::string encode_mailbox(const mail::Mailbox& mailbox) {
  if (mailbox.name.empty()) return mailbox.address.text();
  std::string phrase = !is_plain(mailbox.name)        ? encoded_words(mailbox.name)
                       : is_atom_phrase(mailbox.name) ? mailbox.name
                                                      : quote(mailbox.name);
  return phrase + " <" + mailbox.address.text() + ">";
}

std::string encode_mailboxes(std::span<const mail::Mailbox> mailboxes) {
  std::string list;
  for (const mail::Mailbox& mailbox : mailboxes) {
    if (!list.empty()) list += ", ";
    list += encode_mailbox(mailbox);
  }
  return list;
}

std::string encode_parameter(std::string_view name, std::string_view value) {
  constexpr std::size_t one_line = 60;
  constexpr std::size_t longest_character = 12;  // four bytes as %XX
  // Readers disagree about escapes and encoded-words between quotes; they agree about %XX.
  const bool tricky =
      value.find_first_of("\"\\") != std::string_view::npos || value.find("=?") != std::string_view::npos;
  if (is_ascii(value) && !tricky && value.size() <= one_line) return fmt::format("; {}={}", name, quote(value));
  std::string encoded;
  std::string section = "UTF-8''";
  int sections = 0;
  for (const char c : value) {
    // Some readers decode each section by itself: a character is never split between two.
    const bool begins_character = (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (begins_character && section.size() > one_line - longest_character) {
      encoded += fmt::format("; {}*{}*={}", name, sections++, section);
      section.clear();
    }
    // RFC 2231 §7: attribute characters; all others as %XX.
    if (is_alphanumeric(c) || c == '.' || c == '-' || c == '_') {
      section += c;
    } else {
      section += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (sections == 0) return fmt::format("; {}*={}", name, section);
  if (!section.empty()) encoded += fmt::format("; {}*{}*={}", name, sections, section);
  return encoded;
}

std::string unfold(std::string_view value) {
  std::string plain;
  for (const char c : trim(value))
    if (c != '\r' && c != '\n') plain += c;
  return plain;
}

void for_each_field(std::string_view message,
                    const std::function<void(std::string_view name, std::string_view value)>& visit) {
  while (!message.empty() && message[0] != '\n' && !message.starts_with("\r\n")) {
    std::size_t end = message.find('\n');
    while (end != std::string_view::npos && end + 1 < message.size() &&
           (message[end + 1] == ' ' || message[end + 1] == '\t'))
      end = message.find('\n', end + 1);
    const std::string_view field = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    const std::size_t colon = field.find(':');
    if (colon != std::string_view::npos) visit(trim(field.substr(0, colon)), field.substr(colon + 1));
  }
}

}  // namespace postroom::mime
