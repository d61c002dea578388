#include "sim/watcher.h"

namespace postroom::sim {
namespace {

using store::AttemptStatus;
using store::EmailRecord;
using store::EmailStatus;

bool waits_for_time(EmailStatus status) {
  return status == EmailStatus::queued || status == EmailStatus::scheduled || status == EmailStatus::deferred;
}

// fine-print, "The life of an email", with `expired` readable at once but written later.
bool may_become(EmailStatus from, EmailStatus to) {
  using enum EmailStatus;
  if (from == to) return true;
  if (is_final(from)) return false;
  switch (to) {
    case sending:
    case held:
      return waits_for_time(from);
    case scheduled:
      return from == held;
    case queued:
      return true;
    case deferred:
      return from == sending || from == held;
    case unknown:
      return from == sending;
    case accepted:
      return from == sending || from == unknown || from == deferred;
    case failed:
      return from == sending;
    case expired:
      return waits_for_time(from) || from == held;
    case canceled:
      return from != sending;
    case suppressed:
      return false;
  }
  return false;
}

}  // namespace

void Watcher::check() {
  if (world_.disk->commits == seen_commits_) return;
  seen_commits_ = world_.disk->commits;
  std::map<EmailId, Rows> log;
  for (const auto& [id, row] : world_.disk->attempts) {
    Rows& rows = log[row.attempt.email_id];
    ++rows.all;
    if (row.attempt.status == AttemptStatus::success) ++rows.success;
    if (row.attempt.reason_class == store::ReasonClass::unknown) {
      ++rows.doubt;
      rows.doubt_over.insert(row.attempt.connection_id);
    }
    if (row.attempt.status != AttemptStatus::in_progress) continue;
    ++rows.open;
    rows.open_over = row.attempt.connection_id;
  }
  std::map<EmailId, EmailRecord> now = world_.disk->finished;
  for (const auto& [id, row] : world_.disk->queue) {
    if (!now.emplace(id, row.email).second) world_.violated("an email is in the queue or finished", row.email.address);
    if (is_final(row.email.status)) world_.violated("the queue holds no final email", row.email.address);
  }
  for (const auto& [id, email] : now) {
    check_email(email, log[id]);
    if (const auto before = before_.find(id); before != before_.end()) check_change(before->second, email, log[id]);
  }
  for (const auto& [id, email] : before_)
    if (!now.contains(id)) world_.violated("no email is lost", email.address);
  before_ = std::move(now);
  for (const EmailId id : promised_)
    if (!before_.contains(id)) world_.violated("an email once accepted is kept", to_string(id));
}

void Watcher::check_email(const EmailRecord& email, const Rows& rows) {
  const std::string& who = email.address;
  if (waits_for_time(email.status) != email.next_attempt_at.has_value())
    world_.violated("an email that waits has a next step, no other has", who);
  if (rows.open != (email.status == EmailStatus::sending ? 1u : 0u))
    world_.violated("an email being sent has one attempt in progress, no other has any", who);
  if (email.tries + rows.open != rows.all) world_.violated("every try is a row of the log", who);
  if (rows.success > 1) world_.violated("one success ends an email", who);
  const auto taken = world_.taken.find(who);
  const std::uint32_t times = taken == world_.taken.end() ? 0 : taken->second;
  if (times > rows.success + rows.doubt + rows.open) world_.violated("what was taken twice was in doubt before", who);
  if (rows.success > times) world_.violated("what the log calls sent was taken by the provider", who);
}

void Watcher::check_change(const EmailRecord& before, const EmailRecord& after, const Rows& rows) {
  const std::string& who = after.address;
  if (before.status != after.status)
    world_.tell(who + ": " + std::string(to_word(before.status)) + " -> " + std::string(to_word(after.status)) +
                (after.reason.empty() ? "" : " (" + after.reason + ")"));
  if (!may_become(before.status, after.status)) world_.violated("an email's life follows the table", who);
  if (after.attempts < before.attempts || after.tries < before.tries) world_.violated("counts never fall", who);
  if (after.status == EmailStatus::expired && before.status != after.status && world_.now < after.expires_at)
    world_.violated("nothing expires before its time", who);
  if (before.status == EmailStatus::sending || after.status != EmailStatus::sending) return;
  if (before.next_attempt_at && *before.next_attempt_at > world_.now)
    world_.violated("nothing is sent before its time", who);
  const auto message = world_.disk->messages.find(after.message_id);
  if (message != world_.disk->messages.end() && message->second.send_at && *message->second.send_at > world_.now)
    world_.violated("nothing is sent before send_at", who);
  // The log is asked, not the flag: the flag is what may be wrong.
  const bool elsewhere = !rows.doubt_over.empty() && rows.doubt_over != std::set{rows.open_over};
  if (elsewhere && !settled_.contains(after.id)) world_.violated("mail in doubt stays with its connection", who);
}

void Watcher::check_end() {
  for (const auto& [id, row] : world_.disk->queue)
    if (row.email.status != EmailStatus::unknown)
      world_.violated(
          "mail moves on once the faults are over",
          row.email.address + " is still " + std::string(to_word(row.email.status)) + ": " + row.email.reason);
  for (const auto& [id, email] : world_.disk->finished)
    if (email.status == EmailStatus::accepted && !world_.taken.contains(email.address) &&
        !email.reason.starts_with("Settled"))
      world_.violated("accepted mail was taken", email.address);
}

}  // namespace postroom::sim
