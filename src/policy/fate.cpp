#include "policy/fate.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::policy {
namespace {

using store::EmailRecord;
using store::EmailStatus;
using store::OnDoubt;

void finish(EmailRecord& email, EmailStatus status, Timestamp now) {
  email.status = status;
  email.finished_at = now;
  email.next_attempt_at.reset();
}

void wait_until(EmailRecord& email, EmailStatus status, Timestamp when) {
  email.status = status;
  email.next_attempt_at = when;
}

}  // namespace

EmailRecord fate(EmailRecord email, const Ending& ending, const Route& next, const FateRules& rules, Timestamp now,
                 Monotonic now_monotonic, Random& random) {
  ++email.tries;
  const Verdict& verdict = ending.verdict;
  // RFC 5321 §4.5.3.1.10: recipients beyond what one transaction takes go in the next, through no fault of theirs.
  const bool next_transaction = ending.kind == Ending::Kind::refused && verdict.advice == Advice::next_transaction;
  const bool costs_an_attempt =
      ending.kind != Ending::Kind::refused || (is_email_fault(verdict.scope) && !next_transaction);
  if (costs_an_attempt) ++email.attempts;
  if (ending.kind == Ending::Kind::accepted) {
    email.reason.clear();
    email.reason_class = store::ReasonClass::none;
    email.in_doubt_with.reset();
    finish(email, EmailStatus::accepted, now);
    return email;
  }

  email.reason = truncate_utf8(ending.reason, limits::reason);
  email.reason_class = verdict.scope;
  const auto backoff = [&] {
    const std::uint32_t step =
        costs_an_attempt ? email.attempts : step_of(rules.schedule, email.tries, now - email.created_at());
    return now + retry_wait(rules.schedule, std::max(step, email.attempts), verdict.retry_after, random);
  };
  if (ending.kind == Ending::Kind::doubt) {
    email.in_doubt_with = ending.over;
    if (rules.on_doubt == OnDoubt::hold) {
      email.status = EmailStatus::unknown;
      email.next_attempt_at.reset();
    } else {
      wait_until(email, EmailStatus::deferred, backoff());
    }
    return email;
  }

  if (next_transaction) {
    wait_until(email, EmailStatus::deferred, now);
  } else if (verdict.elsewhere != Elsewhere::useless && next.connection != nullptr) {
    wait_until(email, EmailStatus::queued, now);
  } else if (is_connection_fault(verdict.scope) || (verdict.elsewhere == Elsewhere::needed && !next.nobody_offers)) {
    // fine-print, "Connections": a pin never fails over, and its mail waits for that connection, whatever ails it.
    if (email.pinned_to) email.reason_class = store::ReasonClass::connection;
    // The time its provider asked for binds that connection (Breaker::rest), not the email.
    wait_until(email, EmailStatus::queued, now + std::max<Duration>(next.until - now_monotonic, Duration{0}));
  } else if (is_email_fault(verdict.scope) && verdict.permanence == Permanence::permanent) {
    finish(email, EmailStatus::failed, now);
  } else {
    wait_until(email, EmailStatus::deferred, backoff());
  }
  return email;
}

}  // namespace postroom::policy
