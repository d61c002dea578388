#include "sim/watcher.h"

#include <utility>

#include "sim/topology.h"

namespace postroom::sim {
namespace {

using store::AttemptStatus;
using store::EmailRecord;
using store::EmailStatus;

constexpr Duration look_interval = std::chrono::milliseconds(500);
constexpr Duration late = std::chrono::seconds(5);  // an expiry that a full store has put off

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

void Watcher::process_begins() {
  books_.process_begins();
  roads_.process_begins();
}

void Watcher::clock_jumps() {
  books_.clock_jumps();
  roads_.clock_jumps();
}

void Watcher::check(Process& process) {
  if (std::exchange(process.settings_changed, false)) {
    world_.note_settings();
    roads_.settings_change();
  }
  if (std::exchange(process.mail_changed, false)) {
    check_log();
    check_mail();
  }
  if (world_.time - last_look_ < look_interval) return;
  last_look_ = world_.time;
  roads_.look(process);
  books_.check_meters(process);
  if (process.engine.in_memory() > lanes.size() * usual_window)
    world_.violated("memory is bounded", std::to_string(process.engine.in_memory()) + " emails");
}

// What has begun, ended, or been undone since the last look.
void Watcher::check_log() {
  for (const auto& [id, row] : world_.disk->attempts) {
    const store::AttemptRecord& attempt = row.attempt;
    const auto [known, is_new] = log_.try_emplace(id, attempt);
    if (is_new) {
      books_.begun(attempt);
      const auto email = before_.find(attempt.email_id);
      if (email != before_.end()) roads_.begun(attempt, email->second);
    }
    if (!is_new && known->second.counted && !attempt.counted) books_.given_back(id);
    const bool was_open = is_new || known->second.status == AttemptStatus::in_progress;
    if (was_open && attempt.status != AttemptStatus::in_progress) roads_.ended(attempt);
    known->second.status = attempt.status;
    known->second.counted = attempt.counted;
  }
  std::erase_if(log_, [this](const auto& entry) {
    const bool undone = !world_.disk->attempts.contains(entry.first);
    if (undone) books_.given_back(entry.first);
    return undone;
  });
}

void Watcher::check_mail() {
  std::map<EmailId, Rows> log;
  for (const auto& [id, row] : world_.disk->attempts) {
    Rows& rows = log[row.attempt.email_id];
    if (row.attempt.ordinal != ++rows.all)
      world_.violated("a row of the log bears its place among the email's tries", row.attempt.address);
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
  const bool begins = before.status != after.status && after.status == EmailStatus::sending;
  if (begins)
    world_.tell(who + ": " + std::string(to_word(before.status)) + " -> sending over connection " +
                std::to_string(rows.open_over));
  if (before.status != after.status && !begins)
    world_.tell(who + ": " + std::string(to_word(before.status)) + " -> " + std::string(to_word(after.status)) +
                (after.reason.empty() ? "" : " (" + after.reason + ")"));
  if (!may_become(before.status, after.status)) world_.violated("an email's life follows the table", who);
  if (after.attempts < before.attempts || after.tries < before.tries) world_.violated("counts never fall", who);
  if (after.status == EmailStatus::expired && before.status != after.status && world_.latest < after.expires_at)
    world_.violated("nothing expires before its time", who);
  if (after.status == EmailStatus::failed && before.status != after.status) roads_.failed(after);
  const bool other_time = after.status == EmailStatus::queued && before.next_attempt_at != after.next_attempt_at;
  if (other_time && *after.next_attempt_at > world_.now) roads_.postponed(after);  // else an operator made it due
  if (before.status == EmailStatus::sending || after.status != EmailStatus::sending) return;
  // The wall clock may have stepped back since: the latest it showed counts. What is queued waits for a connection
  // only, and a change of settings ends that (the limits are watched in books.cpp).
  if (before.status != EmailStatus::queued && before.next_attempt_at && *before.next_attempt_at > world_.latest)
    world_.violated("nothing is sent before its time", who);
  if (after.expires_at + late <= world_.now) world_.violated("nothing is sent after its end", who);
  const auto message = world_.disk->messages.find(after.message_id);
  if (message != world_.disk->messages.end() && message->second.send_at && *message->second.send_at > world_.latest)
    world_.violated("nothing is sent before send_at", who);
  // The log is asked, not the flag: the flag is what may be wrong.
  const bool elsewhere = !rows.doubt_over.empty() && rows.doubt_over != std::set{rows.open_over};
  if (elsewhere && !settled_.contains(after.id)) world_.violated("mail in doubt stays with its connection", who);
}

// The wall clock stepped back since it was scheduled: its time is yet to come.
bool Watcher::is_far_off(const EmailRecord& email) const {
  return email.status == EmailStatus::scheduled && *email.next_attempt_at > world_.now;
}

void Watcher::check_end(const Process& process) {
  if (process.engine.in_memory() != 0)
    world_.violated("the engine forgets what is gone", std::to_string(process.engine.in_memory()) + " emails are left");
  for (const auto& [id, row] : world_.disk->queue)
    if (row.email.status != EmailStatus::unknown && !is_far_off(row.email))
      world_.violated(
          "mail moves on once the faults are over",
          row.email.address + " is still " + std::string(to_word(row.email.status)) + ": " + row.email.reason);
  for (const auto& [id, email] : world_.disk->finished)
    if (email.status == EmailStatus::accepted && !world_.taken.contains(email.address) &&
        !email.reason.starts_with("Settled"))
      world_.violated("accepted mail was taken", email.address);
}

}  // namespace postroom::sim
