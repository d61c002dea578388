// What the engine reads and records.
#include <algorithm>
#include <utility>

#include "store/as_of.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

DueEmail read_due(const Statement& row) {
  DueEmail due;
  due.email = read_email(row);
  due.reverse_path = row.text(email_column_count);
  due.on_doubt = static_cast<OnDoubt>(row.integer(email_column_count + 1));
  due.eight_bit = row.integer(email_column_count + 2) != 0;
  due.smtputf8 = row.integer(email_column_count + 3) != 0;
  return due;
}

Result<DuePage> read_due_page(Database& database, const DueQuery& query) {
  DuePage page;
  const Position after = query.after.value_or(Position{"0", true, 0});
  const std::optional<std::int64_t> after_at = after.number();
  if (!after_at) return fail(ErrorCode::invalid, "no position of this list");
  std::size_t rows = 0;
  // First the rest of the moment that the last page ended in: the rowid takes no part in an index range of row values.
  for (const char* stretch : {"e.lane=?5 AND e.next_attempt_at=?1 AND e.id>?2 AND ?1<=?3",
                              "e.lane=?5 AND e.next_attempt_at>?1 AND ?2=?2 AND e.next_attempt_at<=?3"}) {
    Statement select = database.prepare(std::string("SELECT ") + email_columns + "," + due_columns +
                                        " FROM email e JOIN message m ON m.id=e.message_id WHERE " + stretch +
                                        " ORDER BY e.next_attempt_at, e.id LIMIT ?4");
    select << *after_at << after.id << query.until << static_cast<std::int64_t>(query.limit - rows) << query.lane;
    for (; select.step(); ++rows) {
      DueEmail due = read_due(select);
      page.last = Position{std::to_string(due.email.next_attempt_at->ms), true, due.email.id.value};
      if (due.email.expires_at > query.until) page.emails.push_back(std::move(due));
    }
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  }
  Statement next = database.prepare("SELECT min(next_attempt_at) FROM email WHERE lane=? AND next_attempt_at > ?");
  next << query.lane << query.until;
  if (!next.step()) return std::unexpected(next.error().error());
  page.next_due_at = next.maybe_time(0);
  return page;
}

// Mail that waits is queued, scheduled or deferred: 0, 1 or 3. SQLite would make a table of that list with every call.
Result<bool> begin_one(Database& database, const AttemptStart& start, Timestamp now) {
  {
    Statement update = database.prepare(
        "UPDATE email SET status=?, next_attempt_at=NULL, last_attempt_at=? WHERE id=? AND status<=3 AND status<>2 AND "
        "expires_at>? AND pinned_to IS ? AND in_doubt_with IS ?");
    update << static_cast<int>(EmailStatus::sending) << start.attempt.attempted_at() << start.attempt.email_id.value
           << now << start.pinned_to << start.in_doubt_with;
    if (const Result<> done = update.run(); !done) return std::unexpected(done.error());
  }
  if (database.changes() == 0) return false;
  if (const Result<> done = insert_attempt(database, start.attempt); !done) return std::unexpected(done.error());
  return true;
}

// Begins what still may begin, and adds it to what its connection has used.
Result<std::vector<bool>> begin_all(Database& database, Tally& tally, const std::vector<AttemptStart>& starts,
                                    Timestamp now) {
  std::vector<bool> begun;
  for (const AttemptStart& start : starts) {
    const Result<bool> one = begin_one(database, start, now);
    if (!one) return std::unexpected(one.error());
    begun.push_back(*one);
    if (*one && start.attempt.counted) tally.use(start.attempt.connection_id, start.attempt.attempted_at(), 1);
  }
  return begun;
}

Result<> take_back_one(Database& database, Tally& tally, AttemptId id) {
  AttemptRecord attempt;
  {
    Statement select =
        database.prepare(std::string("SELECT ") + attempt_columns +
                         " FROM attempt a JOIN message m ON m.id=a.message_id WHERE a.id=? AND a.status=0");
    select << id.value;
    if (!select.step()) return select.error();
    attempt = read_attempt(select);
  }
  {
    Statement remove = database.prepare("DELETE FROM attempt WHERE id=?");
    remove << id.value;
    if (Result<> done = remove.run(); !done) return done;
  }
  if (attempt.counted) tally.use(attempt.connection_id, attempt.attempted_at(), -1);
  Statement update = database.prepare("UPDATE email SET status=?, next_attempt_at=? WHERE id=? AND status=?");
  update << static_cast<int>(EmailStatus::queued) << attempt.attempted_at() << attempt.email_id.value
         << static_cast<int>(EmailStatus::sending);
  return update.run();
}

Result<> give_back(Database& database, Tally& tally, const AttemptRecord& attempt) {
  Statement was = database.prepare("SELECT counted FROM attempt WHERE id=? AND status=?");
  was << attempt.id.value << static_cast<int>(AttemptStatus::in_progress);
  if (!was.step()) return was.error();
  if (was.integer(0) != 0) tally.use(attempt.connection_id, attempt.attempted_at(), -1);
  return {};
}

Result<> update_attempt(Database& database, Tally& tally, const AttemptOutcome& outcome) {
  const AttemptRecord& attempt = outcome.attempt;
  if (!attempt.counted)
    if (Result<> done = give_back(database, tally, attempt); !done) return done;
  Statement update = database.prepare(
      "UPDATE attempt SET status=?, reason=?, reason_class=?, decided_by=?, remote_host=?, tls=?, reply_code=?, "
      "enhanced_code=?, provider_id=?, duration_ms=?, conversation_id=?, counted=? WHERE id=? AND status=?");
  update << static_cast<int>(attempt.status) << attempt.reason << static_cast<int>(attempt.reason_class)
         << attempt.decided_by << attempt.remote_host << attempt.tls << attempt.reply_code << attempt.enhanced_code
         << attempt.provider_id << attempt.duration_ms << outcome.conversation_id << (attempt.counted ? 1 : 0)
         << attempt.id.value << static_cast<int>(AttemptStatus::in_progress);
  return update.run();
}

Result<std::optional<Timestamp>> send_at_of(Database& database, MessageId message) {
  Statement select = database.prepare("SELECT send_at FROM message WHERE id=?");
  select << message.value;
  if (select.step()) return select.maybe_time(0);
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  return std::nullopt;
}

Result<> record_one(Database& database, Tally& tally, const AttemptOutcome& outcome, Timestamp now) {
  if (Result<> done = update_attempt(database, tally, outcome); !done) return done;
  if (database.changes() == 0) return {};  // recorded already
  if (Result<> done = store_email(database, outcome.email); !done) return done;
  if (!outcome.conversation.empty()) {
    Statement insert = database.prepare("INSERT OR REPLACE INTO conversation VALUES(?,?)");
    insert << outcome.conversation_id << outcome.conversation;
    if (Result<> done = insert.run(); !done) return done;
  }
  const bool success = outcome.attempt.status == AttemptStatus::success;
  std::optional<Timestamp> send_at;
  if (success) {
    const Result<std::optional<Timestamp>> read = send_at_of(database, outcome.email.message_id);
    if (!read) return std::unexpected(read.error());
    send_at = *read;
  }
  tally.sent(outcome, send_at, now);
  tally.count(now, success ? Counter::succeeded : Counter::failed);
  if (is_final(outcome.email.status) && outcome.email.status != EmailStatus::accepted)
    tally.count(now, Counter::finished);
  return {};
}

Result<std::size_t> expire_some(Database& database, Timestamp now, std::size_t limit) {
  std::vector<EmailRecord> due;
  {
    Statement select = database.prepare(std::string("SELECT ") + email_columns +
                                        " FROM email e JOIN message m ON m.id=e.message_id"
                                        " WHERE e.expires_at<=? AND e.status<>5 AND +e.status IN (0,1,3,4) LIMIT ?");
    select << now << static_cast<std::int64_t>(limit);
    while (select.step()) due.push_back(read_email(select));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  }
  for (EmailRecord& email : due) {
    const EmailEvent event = store::expire(email, now);
    if (const Result<> done = store_email(database, email); !done) return std::unexpected(done.error());
    if (const Result<> done = insert_event(database, email.id, event); !done) return std::unexpected(done.error());
  }
  return due.size();
}

}  // namespace

Answer<DuePage> SqliteStore::due(DueQuery query) {
  co_return co_await read<DuePage>([&query](Database& database) { return read_due_page(database, query); });
}

Answer<std::vector<std::string>> SqliteStore::lanes_in_use() {
  using Lanes = std::vector<std::string>;
  co_return co_await read<Lanes>([](Database& database) -> Result<Lanes> {
    // From one lane's first row to the next lane's, by the index: no walk over the queue.
    Statement select = database.prepare(
        "WITH RECURSIVE known(lane) AS (SELECT min(lane) FROM email UNION ALL "
        "SELECT (SELECT min(lane) FROM email WHERE lane>known.lane) FROM known WHERE known.lane IS NOT NULL) "
        "SELECT lane FROM known WHERE lane IS NOT NULL");
    Lanes lanes;
    while (select.step()) lanes.push_back(select.text(0));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return lanes;
  });
}

Answer<std::vector<bool>> SqliteStore::begin_attempts(std::vector<AttemptStart> starts) {
  std::vector<bool> begun;
  const Timestamp now = loop_.wall();
  const Result<> written =
      co_await write(Touches::queue_and_log, [&starts, &begun, now](Database& database, Tally& tally) -> Result<> {
        Result<std::vector<bool>> all = begin_all(database, tally, starts, now);
        if (!all) return std::unexpected(all.error());
        begun = std::move(*all);
        return {};
      });
  if (!written) co_return std::unexpected(written.error());
  co_return begun;
}

Answer<> SqliteStore::take_back(std::vector<AttemptId> attempts) {
  co_return co_await write(Touches::queue_and_log, [&attempts](Database& database, Tally& tally) -> Result<> {
    for (const AttemptId id : attempts)
      if (Result<> done = take_back_one(database, tally, id); !done) return done;
    return {};
  });
}

Answer<> SqliteStore::record(std::vector<AttemptOutcome> outcomes) {
  const Timestamp now = loop_.wall();
  co_return co_await write(Touches::queue_and_log, [&outcomes, now](Database& database, Tally& tally) -> Result<> {
    for (const AttemptOutcome& outcome : outcomes)
      if (Result<> done = record_one(database, tally, outcome, now); !done) return done;
    return {};
  });
}

Answer<std::vector<bool>> SqliteStore::postpone(std::vector<EmailRecord> emails) {
  std::vector<bool> changed;
  const Result<> written = co_await write(Touches::queue, [&emails, &changed](Database& database) -> Result<> {
    changed.clear();
    for (const EmailRecord& email : emails) {
      Statement update = database.prepare(
          "UPDATE email SET status=?, reason=?, reason_class=?, next_attempt_at=? WHERE id=? AND status<=3 AND "
          "status<>2 AND pinned_to IS ?");
      update << static_cast<int>(email.status) << email.reason << static_cast<int>(email.reason_class)
             << email.next_attempt_at << email.id.value << email.pinned_to;
      if (Result<> done = update.run(); !done) return done;
      changed.push_back(database.changes() > 0);
    }
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return changed;
}

Answer<std::optional<EmailId>> SqliteStore::end_waits(std::set<ConnectionId> changed, EmailId after, Timestamp now,
                                                      std::size_t limit) {
  std::vector<EmailRecord> ended;
  std::optional<EmailId> last;
  const Result<> written = co_await write([&](Database& database) -> Result<> {
    ended.clear();
    last.reset();
    {
      Statement select = database.prepare(
          "SELECT id, lane, next_attempt_at, coalesce(in_doubt_with, pinned_to) FROM email "
          "WHERE status=0 AND id>? ORDER BY id LIMIT ?");
      select << after.value << static_cast<std::int64_t>(limit);
      while (select.step()) {
        last = EmailId{static_cast<std::uint64_t>(select.integer(0))};
        const std::optional<ConnectionId> tied_to = select.maybe_integer(3);
        if (Timestamp{select.integer(2)} <= now || (tied_to && !changed.contains(*tied_to))) continue;
        EmailRecord& email = ended.emplace_back();
        email.id = *last;
        email.lane = select.text(1);
        email.next_attempt_at = now;
      }
      if (Result<> error = select.error(); !error) return error;
    }
    for (const EmailRecord& email : ended) {
      Statement update = database.prepare("UPDATE email SET next_attempt_at=? WHERE id=?");
      update << now << email.id.value;
      if (Result<> done = update.run(); !done) return done;
    }
    return {};
  });
  if (!ended.empty()) note(Touches::queue);
  DueTimes due;
  for (const EmailRecord& email : ended) due.note(email);
  news_.tell(due);
  if (!written) co_return std::unexpected(written.error());
  co_return last;
}

Answer<Content> SqliteStore::content(MessageId id) {
  if (Content recent = recent_content_.take(id)) co_return recent;
  co_return co_await read<Content>([id](Database& database) -> Result<Content> {
    Statement select = database.prepare("SELECT body FROM content WHERE message_id=?");
    select << id.value;
    if (select.step()) return std::make_shared<const std::string>(select.text(0));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return fail(ErrorCode::not_found, "its content is no longer kept");
  });
}

Answer<std::vector<OpenAttempt>> SqliteStore::open_attempts() {
  co_return co_await read<std::vector<OpenAttempt>>([](Database& database) -> Result<std::vector<OpenAttempt>> {
    const Snapshot snapshot(database);
    std::vector<OpenAttempt> open;
    {
      Statement select = database.prepare(std::string("SELECT ") + attempt_columns +
                                          " FROM attempt a JOIN message m ON m.id=a.message_id WHERE a.status=0");
      while (select.step()) open.push_back({read_attempt(select), {}});
      if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    }
    for (OpenAttempt& attempt : open) {
      Statement select = database.prepare(std::string("SELECT ") + email_columns + "," + due_columns +
                                          " FROM email e JOIN message m ON m.id=e.message_id WHERE e.id=?");
      select << attempt.attempt.email_id.value;
      if (select.step()) attempt.email = read_due(select);
      if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    }
    return open;
  });
}

Answer<std::size_t> SqliteStore::expire(Timestamp now, std::size_t limit) {
  if (expiry_held_) co_return 0;
  std::size_t expired = 0;
  const Result<> written =
      co_await write(Touches::nothing, [&expired, now, limit](Database& database, Tally& tally) -> Result<> {
        Result<std::size_t> ended = expire_some(database, now, limit);
        if (!ended) return std::unexpected(ended.error());
        expired = *ended;
        tally.count(now, Counter::finished, expired);
        return {};
      });
  if (!written) co_return std::unexpected(written.error());
  if (expired > 0) note(Touches::queue);
  co_return expired;
}

Answer<SendingHistory> SqliteStore::sending_history(HistoryQuery query) {
  co_return co_await read<SendingHistory>([query](Database& database) -> Result<SendingHistory> {
    SendingHistory history;
    Statement recent = database.prepare(
        "SELECT id FROM attempt WHERE connection_id=? AND id>=? AND counted=1 ORDER BY id DESC LIMIT ?");
    recent << query.connection_id << first_id_at(query.recent_from) << static_cast<std::int64_t>(query.recent_most);
    while (recent.step()) history.recent.push_back(AttemptId{static_cast<std::uint64_t>(recent.integer(0))}.at());
    std::ranges::reverse(history.recent);
    const std::int64_t width = std::chrono::duration_cast<Milliseconds>(quarter_of_an_hour).count();
    Statement quarters =
        database.prepare("SELECT quarter, count FROM usage WHERE connection_id=? AND quarter>=? ORDER BY quarter");
    quarters << query.connection_id << query.quarters_from.ms / width;
    while (quarters.step())
      history.quarters.push_back({{quarters.integer(0) * width}, static_cast<std::uint64_t>(quarters.integer(1))});
    for (const Statement* read : {&recent, &quarters})
      if (const Result<> error = read->error(); !error) return std::unexpected(error.error());
    return history;
  });
}

Answer<> SqliteStore::save_health(ConnectionId id, ConnectionHealth health) {
  co_return co_await write(Touches::connections, [id, &health](Database& database) -> Result<> {
    Statement upsert = database.prepare("INSERT OR REPLACE INTO connection_health VALUES(?,?,?,?,?)");
    upsert << id << static_cast<int>(health.state) << health.since << health.reason << health.faults_in_a_row;
    return upsert.run();
  });
}

Answer<std::vector<std::pair<ConnectionId, ConnectionHealth>>> SqliteStore::health() {
  using All = std::vector<std::pair<ConnectionId, ConnectionHealth>>;
  co_return co_await read<All>([](Database& database) -> Result<All> {
    All all;
    Statement select = database.prepare("SELECT id, state, since, reason, faults FROM connection_health");
    while (select.step())
      all.emplace_back(select.integer(0),
                       ConnectionHealth{static_cast<HealthState>(select.integer(1)), select.maybe_time(2),
                                        select.text(3), static_cast<std::uint32_t>(select.integer(4))});
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

}  // namespace postroom::store::sqlite
