// freeze_raw() makes a complete message, given by someone else, fit to be kept and sent. It changes nothing but: LF
// line ends become CRLF, Received is added where there is one, Date and Message-ID when they are missing, Bcc,
// Resent-Bcc (RFC 5322 §3.6.6) and X-Postroom-* fields are taken out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"

namespace postroom::mime {

struct RawAdditions {
  Timestamp date;
  std::string message_id;  // "id@host"
  std::string received;    // the value of a Received field for the top (RFC 5321 §4.4), folded; "": none
};

struct RawMessage {
  std::string content;
  std::string subject;       // decoded, for people; "" when there is none
  bool eight_bit = false;    // a byte above 0x7f anywhere
  bool utf8_header = false;  // RFC 6532: a header field holds UTF-8
};

// Error invalid: a NUL, a bare CR, a line over 998 bytes, a header block that is none, too many Received fields; the
// message says which line.
Result<RawMessage> freeze_raw(std::string_view given, const RawAdditions& additions);

}  // namespace postroom::mime
