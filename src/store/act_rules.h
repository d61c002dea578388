// Operators' acts on mail: which of it each takes (fine-print, "Acting on mail"), what it makes of it, and what it is
// called. Pure; every backend asks them inside its writing transaction.
#pragma once

#include <cstddef>
#include <optional>

#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {

bool applies(QueueAct act, const EmailRecord& email);  // false: the act skips it
const char* event_of(QueueAct act);                    // in the email's story: "held"

// What an email was before it was held.
struct FormerState {
  std::optional<EmailStatus> status;
  std::optional<Timestamp> next_attempt_at;
};

// Makes of an email what an act that applies to it makes of it. A hold leaves in `former` what a release goes back to.
void apply(const QueueAction& action, EmailRecord& email, FormerState& former, Timestamp now);

// The act's line in the audit log, when it has changed so many emails.
AuditRecord audit_of(const QueueAction& action, std::size_t changed, Timestamp now);

}  // namespace postroom::store
