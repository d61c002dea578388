#include "store/act_rules.h"

#include <algorithm>
#include <string>
#include <utility>

namespace postroom::store {
namespace {

void finish(EmailRecord& email, EmailStatus status, ReasonClass reason_class, std::string reason, Timestamp now) {
  email.status = status;
  email.reason_class = reason_class;
  email.reason = std::move(reason);
  email.next_attempt_at.reset();
  email.finished_at = now;
}

void queue_now(EmailRecord& email, Timestamp now) {
  email.status = EmailStatus::queued;
  email.next_attempt_at = now;
}

const char* action_of(QueueAct act) {
  switch (act) {
    case QueueAct::remove:
      return "queue.delete";
    case QueueAct::retry:
      return "queue.retry";
    case QueueAct::hold:
      return "queue.hold";
    case QueueAct::release:
      return "queue.release";
    case QueueAct::move:
      return "queue.move";
    case QueueAct::expire:
      return "queue.expire";
    case QueueAct::settle:
      return "queue.settle";
  }
  return "";
}

}  // namespace

const char* event_of(QueueAct act) {
  switch (act) {
    case QueueAct::remove:
      return "canceled";
    case QueueAct::retry:
      return "retried";
    case QueueAct::hold:
      return "held";
    case QueueAct::release:
      return "released";
    case QueueAct::move:
      return "moved";
    case QueueAct::expire:
      return "expired";
    case QueueAct::settle:
      return "settled";
  }
  return "";
}

bool applies(QueueAct act, const EmailRecord& email) {
  using enum EmailStatus;
  const EmailStatus status = email.status;
  if (status == sending || is_final(status)) return false;
  switch (act) {
    case QueueAct::remove:
      return true;
    case QueueAct::retry:
      return status == deferred || status == unknown || status == queued;
    case QueueAct::hold:
      return status == queued || status == scheduled || status == deferred;
    case QueueAct::release:
      return status == held;
    case QueueAct::move:
      return !email.in_doubt_with;
    case QueueAct::expire:
      return status != unknown;
    case QueueAct::settle:
      return status == unknown || email.in_doubt_with.has_value();
  }
  return false;
}

void apply(const QueueAction& action, EmailRecord& email, FormerState& former, Timestamp now) {
  const std::string why = action.audit.reason.empty() ? "" : ": " + action.audit.reason;
  switch (action.act) {
    case QueueAct::remove:
      return finish(email, EmailStatus::canceled, ReasonClass::op, "Deleted by an operator" + why, now);
    case QueueAct::expire:
      return finish(email, EmailStatus::expired, ReasonClass::expired,
                    (email.in_doubt_with ? "Expired by an operator while in doubt: it may have been sent"
                                         : "Expired by an operator") +
                        why,
                    now);
    case QueueAct::retry:
      return queue_now(email, now);
    case QueueAct::hold:
      former = {email.status, email.next_attempt_at};
      email.status = EmailStatus::held;
      email.next_attempt_at.reset();
      email.reason_class = ReasonClass::op;
      email.reason = "Held by an operator" + why;
      return;
    case QueueAct::release:
      email.status = former.status.value_or(EmailStatus::queued);
      email.next_attempt_at = std::max(former.next_attempt_at.value_or(now), now);  // a time that has passed means now
      email.reason_class = ReasonClass::none;
      email.reason.clear();
      return;
    case QueueAct::move:
      email.pinned_to = action.move_to;
      if (email.status == EmailStatus::queued) email.next_attempt_at = now;
      return;
    case QueueAct::settle:
      email.in_doubt_with.reset();
      if (action.settle_sent)
        return finish(email, EmailStatus::accepted, ReasonClass::none, "Settled by an operator as sent" + why, now);
      if (email.status == EmailStatus::held) return;  // until its release
      queue_now(email, now);
      email.reason_class = ReasonClass::op;
      email.reason = "Settled by an operator as not sent" + why;
      return;
  }
}

AuditRecord audit_of(const QueueAction& action, std::size_t changed, Timestamp now) {
  AuditRecord audit = action.audit;
  audit.at = now;
  audit.action = action_of(action.act);
  if (audit.object.empty()) audit.object = "queue:" + std::to_string(changed) + " emails";
  return audit;
}

}  // namespace postroom::store
