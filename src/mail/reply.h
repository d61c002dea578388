// Reply is what an SMTP server says (RFC 5321 §4.2): a code, one or more lines, and perhaps an enhanced status code
// (RFC 3463, RFC 2034).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postroom::mail {

struct EnhancedStatusCode {
  int status_class = 0;  // 2, 4 or 5
  int subject = 0;       // 0–999
  int detail = 0;        // 0–999
  friend bool operator==(const EnhancedStatusCode&, const EnhancedStatusCode&) = default;
};

std::string to_string(const EnhancedStatusCode& code);  // "5.1.1"
// At the start of a reply's text, followed by a space or the end. nullopt when there is none.
std::optional<EnhancedStatusCode> parse_enhanced(std::string_view text);

struct Reply {
  int code = 0;                                // 200–599
  std::vector<std::string> lines;              // texts without codes and line ends, enhanced codes kept
  std::optional<EnhancedStatusCode> enhanced;  // that of the first line, when its class agrees with the code

  bool positive() const { return code >= 200 && code < 300; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }
  std::string text() const;  // "550 5.1.1 User unknown", lines joined by a space
};

}  // namespace postroom::mail
