// compose() writes a whole message from its parts: the frozen bytes that every attempt sends. Lines end in CRLF, the
// bytes are 7-bit ASCII unless an address needs SMTPUTF8, and there is never a Bcc field. What goes in has been
// validated (no control characters in header material, field names allowed).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/timestamp.h"
#include "mail/address.h"

namespace postroom::mime {

// The views must outlive the call.
struct ComposedPart {
  std::string_view filename;      // "" : none
  std::string_view content_type;  // "" : application/octet-stream
  std::string_view content;
  std::string_view content_id;  // not "": shown inside the HTML, by cid:
};

struct ComposedMessage {
  mail::Mailbox from;
  std::vector<mail::Mailbox> to, cc, reply_to;
  std::string_view subject;
  Timestamp date;
  std::string message_id;  // "id@host", without brackets
  std::optional<std::string_view> text, html;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::vector<ComposedPart> parts;
};

// Error invalid: a header field that would break the message.
Result<std::string> compose(const ComposedMessage& message);

}  // namespace postroom::mime
