// Operators' acts on queued mail: which status each takes stands in fine-print, "Acting on mail".
#include <algorithm>
#include <utility>

#include "store/act_rules.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

constexpr std::size_t chunk = 1000;  // emails a transaction: new mail waits behind it

void finish(EmailRecord& email, EmailStatus status, ReasonClass reason_class, std::string reason, Timestamp now) {
  email.status = status;
  email.reason_class = reason_class;
  email.reason = std::move(reason);
  email.next_attempt_at.reset();
  email.finished_at = now;
}

Result<> remember_former(Database& database, const EmailRecord& email) {
  Statement update = database.prepare("UPDATE email SET former_status=status, former_next=next_attempt_at WHERE id=?");
  update << email.id.value;
  return update.run();
}

// The status and time it had before it was held; a time that has passed means now.
Result<> restore_former(Database& database, EmailRecord& email, Timestamp now) {
  Statement select = database.prepare("SELECT former_status, former_next FROM email WHERE id=?");
  select << email.id.value;
  if (!select.step()) return select.error();
  email.status = static_cast<EmailStatus>(select.maybe_integer(0).value_or(static_cast<int>(EmailStatus::queued)));
  email.next_attempt_at = std::max(select.maybe_time(1).value_or(now), now);
  return {};
}

Result<> apply(Database& database, const QueueAction& action, EmailRecord& email, Timestamp now) {
  const std::string why = action.audit.reason.empty() ? "" : ": " + action.audit.reason;
  switch (action.act) {
    case QueueAct::remove:
      finish(email, EmailStatus::canceled, ReasonClass::op, "Deleted by an operator" + why, now);
      break;
    case QueueAct::expire:
      finish(email, EmailStatus::expired, ReasonClass::expired,
             (email.in_doubt_with ? "Expired by an operator while in doubt: it may have been sent"
                                  : "Expired by an operator") +
                 why,
             now);
      break;
    case QueueAct::retry:
      email.status = EmailStatus::queued;
      email.next_attempt_at = now;
      break;
    case QueueAct::hold:
      if (Result<> done = remember_former(database, email); !done) return done;
      email.status = EmailStatus::held;
      email.next_attempt_at.reset();
      email.reason_class = ReasonClass::op;
      email.reason = "Held by an operator" + why;
      break;
    case QueueAct::release:
      if (Result<> done = restore_former(database, email, now); !done) return done;
      email.reason_class = ReasonClass::none;
      email.reason.clear();
      break;
    case QueueAct::move:
      email.pinned_to = action.move_to;
      if (email.status == EmailStatus::queued) email.next_attempt_at = now;
      break;
    case QueueAct::settle:
      email.in_doubt_with.reset();
      if (action.settle_sent) {
        finish(email, EmailStatus::accepted, ReasonClass::none, "Settled by an operator as sent" + why, now);
      } else if (email.status != EmailStatus::held) {  // what is held stays so until its release
        email.status = EmailStatus::queued;
        email.next_attempt_at = now;
        email.reason_class = ReasonClass::op;
        email.reason = "Settled by an operator as not sent" + why;
      }
      break;
  }
  if (Result<> done = store_email(database, email); !done) return done;
  return insert_event(database, email.id, {now, event_of(action.act), action.audit.reason, action.audit.by});
}

struct Stretch {
  ActionCounts counts;
  DueTimes due;
  std::uint64_t finished = 0;  // other than accepted
};

Result<Stretch> act_on(Database& database, const QueueAction& action, const std::vector<EmailId>& ids, Moment moment) {
  Stretch stretch;
  for (const EmailId id : ids) {
    EmailRecord email;
    {
      Statement select = database.prepare(std::string("SELECT ") + email_columns +
                                          " FROM email e JOIN message m ON m.id=e.message_id WHERE e.id=?");
      select << id.value;
      if (!select.step()) {
        if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
        continue;  // not in the queue (any more): nothing matched
      }
      email = as_of(read_email(select), moment);
    }
    ++stretch.counts.matched;
    if (!applies(action.act, email)) {
      ++stretch.counts.skipped;
      continue;
    }
    if (action.dry_run) continue;
    if (const Result<> done = apply(database, action, email, moment.now); !done) return std::unexpected(done.error());
    ++stretch.counts.changed;
    if (is_final(email.status) && email.status != EmailStatus::accepted) ++stretch.finished;
    stretch.due.note(email);
  }
  return stretch;
}

// A stretch of an act with its audit, in one transaction.
Result<Stretch> act_and_audit(Database& database, Tally& tally, const QueueAction& action,
                              const std::vector<EmailId>& ids, Moment moment) {
  Result<Stretch> stretch = act_on(database, action, ids, moment);
  if (!stretch || stretch->counts.changed == 0) return stretch;
  AuditRecord audit = action.audit;
  audit.at = moment.now;
  audit.action = action_of(action.act);
  if (audit.object.empty()) audit.object = "queue:" + std::to_string(stretch->counts.changed) + " emails";
  if (const Result<> done = insert_audit(database, audit); !done) return std::unexpected(done.error());
  tally.count(moment.now, Counter::finished, stretch->finished);
  return stretch;
}

}  // namespace

Answer<ActionCounts> SqliteStore::act(QueueAction action, Timestamp now) {
  ActionCounts counts;
  if (!action.filter) {
    for (std::size_t i = 0; i < action.ids.size(); i += chunk) {
      const auto end = std::min(action.ids.size(), i + chunk);
      const Result<> done = co_await act_chunk(
          action,
          {action.ids.begin() + static_cast<std::ptrdiff_t>(i), action.ids.begin() + static_cast<std::ptrdiff_t>(end)},
          now, counts);
      if (!done) co_return std::unexpected(done.error());
    }
  } else {
    PageRequest page{chunk, std::nullopt};
    do {
      Result<Page<EmailRecord>> found =
          co_await list_queue(*action.filter, QueueSort::created_at, Direction::ascending, page, now);
      if (!found) co_return std::unexpected(found.error());
      std::vector<EmailId> ids;
      for (const EmailRecord& email : found->items) ids.push_back(email.id);
      if (const Result<> done = co_await act_chunk(action, std::move(ids), now, counts); !done)
        co_return std::unexpected(done.error());
      page.after = found->next;
    } while (page.after);
  }
  co_return counts;
}

Answer<> SqliteStore::act_chunk(const QueueAction& action, std::vector<EmailId> ids, Timestamp now,
                                ActionCounts& counts) {
  if (action.dry_run) {
    const Result<Stretch> tried =
        co_await read<Stretch>([&](Database& database) { return act_on(database, action, ids, at(now)); });
    if (!tried) co_return std::unexpected(tried.error());
    counts.matched += tried->counts.matched;
    counts.skipped += tried->counts.skipped;
    co_return Result<>{};
  }
  Stretch stretch;
  const Result<> done = co_await write(Touches::queue, [&](Database& database, Tally& tally) -> Result<> {
    Result<Stretch> acted = act_and_audit(database, tally, action, ids, at(now));
    if (!acted) return std::unexpected(acted.error());
    stretch = std::move(*acted);
    return {};
  });
  news_.tell(stretch.due);
  if (!done) co_return done;
  counts.matched += stretch.counts.matched;
  counts.changed += stretch.counts.changed;
  counts.skipped += stretch.counts.skipped;
  co_return Result<>{};
}

}  // namespace postroom::store::sqlite
