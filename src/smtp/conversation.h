// Conversation is the record of an SMTP session as the log shows it: who said what, with secrets removed and the
// message body reduced to its size. Bounded by limits::conversation_bytes: beyond it the middle is left out.
#pragma once

#include <string>
#include <string_view>

namespace postroom::smtp {

class Conversation {
 public:
  void client(std::string_view line);         // without CRLF; never a credential: say client_secret
  void client_secret(std::string_view verb);  // "AUTH PLAIN ***"
  void client_body(std::size_t bytes);        // "<message of 4,096 bytes>"
  void server(std::string_view line);         // made printable
  void note(std::string_view text);           // "* TLSv1.3 established", "* connection lost"
  void clear();                               // a new transaction on a kept session starts a new record
  std::string text() const;                   // "C: …", "S: …", "* …", LF-separated

 private:
  void append(std::string_view prefix, std::string_view text);
  std::string text_;
  bool cut_ = false;
};

}  // namespace postroom::smtp
