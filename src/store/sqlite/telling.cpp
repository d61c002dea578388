// One email's, message's or attempt's whole story, and the dashboard's numbers.
#include <algorithm>
#include <iterator>
#include <utility>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

// Counting a deep queue takes a reader's time: its depth may be as old as the counting of it took, so many times.
constexpr std::uint64_t deep_queue = 100'000;
constexpr int uses_of_a_count = 50;

std::unexpected<Error> unknown(const Statement& select, const char* what) {
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  return fail(ErrorCode::not_found, std::string("there is no such ") + what);
}

Result<EmailStory> email_story(Database& database, EmailId id, Moment moment) {
  const Snapshot snapshot(database);
  EmailStory story;
  bool queued = false;
  {
    Statement select = database.prepare(std::string("SELECT ") + email_columns +
                                        " FROM email e JOIN message m ON m.id=e.message_id WHERE e.id=?");
    select << id.value;
    queued = select.step();
    if (queued) story.email = as_of(read_email(select), moment);
  }
  if (!queued) {
    Statement select = database.prepare(std::string("SELECT ") + finished_columns +
                                        " FROM finished f JOIN message m ON m.id=f.message_id WHERE f.id=?");
    select << id.value;
    if (!select.step()) return unknown(select, "email");
    story.email = read_finished(select);
  }
  Statement attempts =
      database.prepare(std::string("SELECT ") + attempt_columns +
                       " FROM attempt a JOIN message m ON m.id=a.message_id WHERE a.email_id=? ORDER BY a.id");
  attempts << id.value;
  while (attempts.step()) story.attempts.push_back(read_attempt(attempts));
  Statement events = database.prepare("SELECT at, event, detail, by FROM email_event WHERE email_id=? ORDER BY rowid");
  events << id.value;
  while (events.step()) story.events.push_back({{events.integer(0)}, events.text(1), events.text(2), events.text(3)});
  for (const Statement* read : {&attempts, &events})
    if (const Result<> error = read->error(); !error) return std::unexpected(error.error());
  return story;
}

Result<MessageStory> message_story(Database& database, MessageId id, Moment moment) {
  const Snapshot snapshot(database);
  MessageStory story;
  std::int64_t last = 0;
  {
    Statement select =
        database.prepare(std::string("SELECT ") + message_columns + ", m.last_email_id FROM message m WHERE m.id=?");
    select << id.value;
    if (!select.step()) return unknown(select, "message");
    story.message = read_message(select);
    last = select.integer(15);
  }
  // The emails' ids follow their message's (intake gives them together), so a range of the primary key finds them.
  Statement queued = database.prepare(
      std::string("SELECT ") + email_columns +
      " FROM email e JOIN message m ON m.id=e.message_id WHERE e.id BETWEEN ? AND ? AND e.message_id=?");
  queued << id.value << last << id.value;
  while (queued.step()) story.emails.push_back(as_of(read_email(queued), moment));
  Statement finished = database.prepare(
      std::string("SELECT ") + finished_columns +
      " FROM finished f JOIN message m ON m.id=f.message_id WHERE f.id BETWEEN ? AND ? AND f.message_id=?");
  finished << id.value << last << id.value;
  while (finished.step()) story.emails.push_back(read_finished(finished));
  for (const Statement* read : {&queued, &finished})
    if (const Result<> error = read->error(); !error) return std::unexpected(error.error());
  std::ranges::sort(story.emails, {}, &EmailRecord::id);
  return story;
}

Result<QueueDepth> count_queue(Database& database) {
  QueueDepth depth;
  std::uint64_t* const counters[] = {&depth.queued,   &depth.scheduled, &depth.sending,
                                     &depth.deferred, &depth.held,      &depth.unknown};  // as EmailStatus counts
  Statement select = database.prepare("SELECT status, count(*) FROM email GROUP BY status");
  while (select.step())
    if (const std::int64_t status = select.integer(0); status >= 0 && status < std::ssize(counters))
      *counters[status] = static_cast<std::uint64_t>(select.integer(1));
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  Statement oldest = database.prepare("SELECT min(id) FROM email");
  if (oldest.step() && !oldest.is_null(0))
    depth.oldest_created_at = EmailId{static_cast<std::uint64_t>(oldest.integer(0))}.at();
  return depth;
}

std::uint64_t rows_of(const QueueDepth& depth) {
  return depth.queued + depth.scheduled + depth.sending + depth.deferred + depth.held + depth.unknown;
}

}  // namespace

Answer<EmailStory> SqliteStore::email(EmailId id) {
  const Moment moment = at(loop_.wall());
  co_return co_await read<EmailStory>([id, moment](Database& database) { return email_story(database, id, moment); });
}

Answer<MessageStory> SqliteStore::message(MessageId id) {
  const Moment moment = at(loop_.wall());
  co_return co_await read<MessageStory>(
      [id, moment](Database& database) { return message_story(database, id, moment); });
}

Answer<AttemptDetail> SqliteStore::attempt(AttemptId id) {
  co_return co_await read<AttemptDetail>([id](Database& database) -> Result<AttemptDetail> {
    AttemptDetail detail;
    std::int64_t conversation = 0;
    {
      Statement select = database.prepare(std::string("SELECT ") + attempt_columns +
                                          " FROM attempt a JOIN message m ON m.id=a.message_id WHERE a.id=?");
      select << id.value;
      if (!select.step()) return unknown(select, "attempt");
      detail.attempt = read_attempt(select);
      conversation = select.integer(19);
    }
    Statement text = database.prepare("SELECT text FROM conversation WHERE id=?");
    text << conversation;
    if (text.step()) detail.conversation = text.text(0);
    return detail;
  });
}

Answer<std::vector<StatsBucket>> SqliteStore::stats(Timestamp from, Timestamp to, Milliseconds step) {
  co_return co_await read<std::vector<StatsBucket>>([=](Database& database) -> Result<std::vector<StatsBucket>> {
    std::vector<StatsBucket> buckets;
    for (std::int64_t at = from.ms; at < to.ms; at += step.count()) buckets.push_back({{at}});
    Statement select = database.prepare(
        "SELECT minute, submitted, succeeded, failed, finished FROM rollup WHERE minute>=? AND minute<?");
    select << from.ms / 60000 << (to.ms + 59999) / 60000;
    while (select.step()) {
      const std::int64_t index = (select.integer(0) * 60000 - from.ms) / step.count();
      if (index < 0 || index >= static_cast<std::int64_t>(buckets.size())) continue;
      StatsBucket& bucket = buckets[static_cast<std::size_t>(index)];
      bucket.submitted += static_cast<std::uint64_t>(select.integer(1));
      bucket.succeeded += static_cast<std::uint64_t>(select.integer(2));
      bucket.failed += static_cast<std::uint64_t>(select.integer(3));
      bucket.finished += static_cast<std::uint64_t>(select.integer(4));
    }
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return buckets;
  });
}

Answer<SendingFigures> SqliteStore::sending_figures(Timestamp from, Timestamp to, Milliseconds step) {
  co_return co_await read<SendingFigures>([=](Database& database) -> Result<SendingFigures> {
    SendingFigures figures(from, to, step);
    Statement select = database.prepare(
        "SELECT quarter, connection_id, succeeded, failed, deferred, latencies FROM sending WHERE quarter>=? AND "
        "quarter<?");
    select << figures.first_quarter() << figures.end_quarter();
    while (select.step())
      figures.add(select.integer(0), select.integer(1),
                  {static_cast<std::uint64_t>(select.integer(2)), static_cast<std::uint64_t>(select.integer(3)),
                   static_cast<std::uint64_t>(select.integer(4)), Latencies::parse(select.text(5))});
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return figures;
  });
}

Answer<QueueDepth> SqliteStore::queue_depth() {
  const Monotonic begin = loop_.now();
  if (begin < depth_good_until_) co_return depth_;
  const Result<QueueDepth> counted = co_await read<QueueDepth>(count_queue);
  if (counted && rows_of(*counted) >= deep_queue) {
    depth_ = *counted;
    const Monotonic now = loop_.now();
    depth_good_until_ = now + (now - begin) * uses_of_a_count;
  }
  co_return counted;
}

}  // namespace postroom::store::sqlite
