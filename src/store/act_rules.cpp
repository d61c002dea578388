#include "store/act_rules.h"

namespace postroom::store {

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

}  // namespace postroom::store
