// Submission is what an application asks for, decoded from JSON or SMTP but not yet checked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "mail/address.h"
#include "store/records.h"

namespace postroom::intake {

// A recipient or sender as given: one text ("Bo <bo@example.org>") or address and name apart.
struct GivenMailbox {
  std::string email;
  std::optional<std::string> name;  // nullopt: `email` may carry the name
};

struct Attachment {
  std::string filename;
  std::string content_type;  // "" : application/octet-stream
  std::string content;       // decoded bytes
  std::string content_id;    // "": not an inline part
};

// What both composed and raw submissions may ask.
struct DeliveryOptions {
  std::vector<std::string> tags;
  std::string metadata = "{}";  // a JSON object of strings
  std::optional<std::string> lane;
  std::optional<store::ConnectionId> connection_id;
  std::optional<Timestamp> send_at;
  std::optional<std::int64_t> expires_in_s;
  store::OnDoubt on_doubt = store::OnDoubt::inherit;
  bool dry_run = false;
};

struct ComposedSubmission {
  std::optional<GivenMailbox> from;
  std::vector<GivenMailbox> to, cc, bcc, reply_to;
  std::string subject;
  std::optional<std::string> text, html;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<Attachment> attachments;
  DeliveryOptions options;
};

// Where a message came from, for its Received field (RFC 5321 §4.4).
struct Trace {
  std::string from;      // "client.example.org ([192.0.2.7])"
  std::string protocol;  // RFC 3848: "ESMTPSA"
};

struct RawSubmission {
  std::string from;  // the reverse-path; "" or "<>" is the null one
  std::vector<std::string> to;
  std::string content;  // as given
  std::optional<Trace> trace;
  DeliveryOptions options;
};

// Why a submission was refused; the API's problem+json is made of it.
struct FieldError {
  std::string pointer;  // RFC 6901: "/to/0"
  std::string code;     // "address_invalid"
  std::string detail;   // a sentence that says what to do
};

struct Refusal {
  int status = 422;  // 413, 422, 429, 503
  std::string code;  // "invalid" when `errors` tells more
  std::string detail;
  std::vector<FieldError> errors;
};

}  // namespace postroom::intake
