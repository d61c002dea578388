// Checks what an application asks, all of it, before anything is composed: every wrong field is named at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "intake/intake.h"
#include "intake/submission.h"
#include "mail/address.h"

namespace postroom::intake {

// What a checked submission comes to.
struct Checked {
  std::optional<mail::Mailbox> from;  // nullopt: not given
  std::vector<mail::Mailbox> to, cc, bcc, reply_to;
  std::vector<mail::Address> recipients;  // of the envelope, each once
  mail::Address reverse_path;             // of raw submissions
  std::string lane;
  Timestamp due_at;  // now, or send_at
  bool scheduled = false;
  Timestamp expires_at;
};

struct Surroundings {
  Timestamp now;
  const Limits& limits;
  const std::vector<store::ConnectionRecord>& connections;
};

Checked check(const ComposedSubmission& submission, const Surroundings& around, std::vector<FieldError>& errors);
Checked check(const RawSubmission& submission, const Surroundings& around, std::vector<FieldError>& errors);

}  // namespace postroom::intake
