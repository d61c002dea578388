#include "mime/transfer_encoding.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::mime {
namespace {

constexpr std::size_t encoded_line = 76;  // RFC 2045 §6.7 (5) and §6.8

bool is_literal(unsigned char c) {
  return c >= 0x20 && c < 0x7f && c != '=';
}

}  // namespace

std::string_view to_word(TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::seven_bit:
      return "7bit";
    case TransferEncoding::quoted_printable:
      return "quoted-printable";
    case TransferEncoding::base64:
      return "base64";
  }
  return "";
}

std::string with_crlf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size() + text.size() / 32 + 2);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    lines.append(text, at, end - at);
    lines += "\r\n";
    at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return lines;
}

TransferEncoding choose_encoding(std::string_view crlf_text) {
  std::size_t beyond_ascii = 0;
  std::size_t line = 0;
  bool seven_bit = true;
  for (const char c : crlf_text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) ++beyond_ascii;
    if (byte == 0x7f || (byte < 0x20 && c != '\t' && c != '\r' && c != '\n')) seven_bit = false;
    line = c == '\n' ? 0 : line + 1;
    if (line > limits::mail_line + 1) seven_bit = false;  // 998 and the CR
  }
  if (seven_bit && beyond_ascii == 0) return TransferEncoding::seven_bit;
  // A byte costs three characters quoted, 4/3 in base64: base64 is shorter from about one byte in six.
  return beyond_ascii * 6 > crlf_text.size() ? TransferEncoding::base64 : TransferEncoding::quoted_printable;
}

void append_quoted_printable(std::string& into, std::string_view crlf_text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  into.reserve(into.size() + crlf_text.size() + crlf_text.size() / 4);
  std::size_t column = 0;
  for (std::size_t i = 0; i < crlf_text.size(); ++i) {
    const char c = crlf_text[i];
    if (crlf_text.substr(i).starts_with("\r\n")) {
      into += "\r\n";
      column = 0;
      ++i;
      continue;
    }
    // RFC 2045 §6.7 (3): white space at a line's end is encoded.
    const bool ends_line = i + 1 == crlf_text.size() || crlf_text.substr(i + 1).starts_with("\r\n");
    const bool literal = c == ' ' || c == '\t' ? !ends_line : is_literal(static_cast<unsigned char>(c));
    const std::size_t width = literal ? 1 : 3;
    if (column + width > encoded_line - (ends_line ? 0 : 1)) {
      into += "=\r\n";
      column = 0;
    }
    if (literal) {
      into += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      into += '=';
      into += digits[byte >> 4];
      into += digits[byte & 15];
    }
    column += width;
  }
}

void append_base64(std::string& into, std::string_view bytes) {
  constexpr std::size_t per_line = encoded_line / 4 * 3;
  into.reserve(into.size() + bytes.size() * 4 / 3 + bytes.size() / per_line * 2 + 8);
  for (std::size_t at = 0; at < bytes.size(); at += per_line) {
    into += base64_encode(bytes.substr(at, per_line));
    into += "\r\n";
  }
}

}  // namespace postroom::mime
