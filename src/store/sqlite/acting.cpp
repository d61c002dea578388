// Operators' acts on queued mail: which status each takes stands in fine-print, "Acting on mail".
#include <algorithm>
#include <utility>

#include "store/act_rules.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

constexpr std::size_t chunk = 1000;  // emails a transaction: new mail waits behind it

struct Found {
  EmailRecord email;  // as of now
  FormerState former;
};

Result<std::optional<Found>> find(Database& database, EmailId id, Moment moment) {
  Statement select = database.prepare(std::string("SELECT ") + email_columns +
                                      ", e.former_status, e.former_next FROM email e JOIN message m"
                                      " ON m.id=e.message_id WHERE e.id=?");
  select << id.value;
  if (!select.step()) {
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return std::nullopt;
  }
  Found found{as_of(read_email(select), moment), {}};
  if (const std::optional<std::int64_t> status = select.maybe_integer(email_column_count))
    found.former.status = static_cast<EmailStatus>(*status);
  found.former.next_attempt_at = select.maybe_time(email_column_count + 1);
  return found;
}

Result<> keep(Database& database, const Found& acted_on, const QueueAction& action, Timestamp now) {
  const auto& [email, former] = acted_on;
  if (action.act == QueueAct::hold) {
    Statement update = database.prepare("UPDATE email SET former_status=?, former_next=? WHERE id=?");
    update << static_cast<std::int64_t>(former.status.value_or(EmailStatus::queued)) << former.next_attempt_at
           << email.id.value;
    if (Result<> done = update.run(); !done) return done;
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
    Result<std::optional<Found>> found = find(database, id, moment);
    if (!found) return std::unexpected(found.error());
    if (!*found) continue;  // not in the queue (any more): nothing matched
    EmailRecord& email = (*found)->email;
    ++stretch.counts.matched;
    if (!applies(action.act, email)) {
      ++stretch.counts.skipped;
      continue;
    }
    if (action.dry_run) continue;
    apply(action, email, (*found)->former, moment.now);
    if (const Result<> done = keep(database, **found, action, moment.now); !done) return std::unexpected(done.error());
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
  const Result<> audited = insert_audit(database, audit_of(action, stretch->counts.changed, moment.now));
  if (!audited) return std::unexpected(audited.error());
  tally.count(moment.now, Counter::finished, stretch->finished);
  return stretch;
}

}  // namespace

Answer<ActionCounts> SqliteStore::act(QueueAction action, Timestamp now) {
  ActionCounts counts;
  if (!action.filter) {
    for (std::size_t i = 0; i < action.ids.size(); i += chunk) {
      const std::size_t end = std::min(action.ids.size(), i + chunk);
      const Result<> done = co_await act_chunk(
          action,
          {action.ids.begin() + static_cast<std::ptrdiff_t>(i), action.ids.begin() + static_cast<std::ptrdiff_t>(end)},
          now, counts);
      if (!done) co_return std::unexpected(done.error());
      counts.complete = end == action.ids.size() || !action.is_given_up();
      if (!counts.complete) co_return counts;
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
      counts.complete = !page.after || !action.is_given_up();
      if (!counts.complete) co_return counts;
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
