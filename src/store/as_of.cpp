#include "store/as_of.h"

namespace postroom::store {

EmailRecord as_of(EmailRecord email, const Moment& moment) {
  if (email.status == EmailStatus::scheduled && email.next_attempt_at && *email.next_attempt_at <= moment.now)
    email.status = EmailStatus::queued;
  if (email.status == EmailStatus::sending) {  // what it waited for
    email.reason.clear();
    email.reason_class = ReasonClass::none;
  }
  const bool can_expire =
      email.status != EmailStatus::sending && email.status != EmailStatus::unknown && !is_final(email.status);
  if (can_expire && email.expires_at <= moment.expiry) {
    email.status = EmailStatus::expired;
    email.reason_class = ReasonClass::expired;
    email.next_attempt_at.reset();
    email.finished_at = email.expires_at;
  }
  return email;
}

EmailEvent expire(EmailRecord& email, Timestamp now) {
  email.status = EmailStatus::expired;
  email.reason =
      email.in_doubt_with ? "It expired while in doubt: it may have been sent." : "It expired before it could be sent.";
  email.reason_class = ReasonClass::expired;
  email.finished_at = now;
  return {now, "expired", email.reason, ""};
}

}  // namespace postroom::store
