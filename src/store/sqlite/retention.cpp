// Nothing is deleted to make room: only finished mail, by age, in small steps (product.md, "How mail is treated").
#include <string>
#include <vector>

#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

// Old rows that must stay (their mail waits for months) are looked at a window at a time, so that no commit of others
// waits for a walk over all of them.
constexpr std::int64_t rows_in_a_window = 2000;

const std::string queued_of_message =
    "EXISTS(SELECT 1 FROM email e WHERE e.id BETWEEN m.id AND m.last_email_id AND e.message_id=m.id)";
const std::string finished_of_message =
    "EXISTS(SELECT 1 FROM finished f WHERE f.id BETWEEN m.id AND m.last_email_id AND f.message_id=m.id";
// A mail that waits longer than the log is kept has few attempts, found by its id.
const std::string conversations_of_queued =
    "(SELECT a.conversation_id FROM email e JOIN attempt a ON a.email_id=e.id WHERE e.id<?1)";

// Rows that come in the order of their time, without an index on it: as many as may go are looked at, from the front.
std::string oldest_of(const std::string& table) {
  return "SELECT id FROM (SELECT id, at FROM " + table + " ORDER BY id LIMIT ?3) WHERE at<?1 AND ?2=?2";
}

// Finds the keys of at most ?3 rows that may go, by the moments ?1 and ?2.
struct Step {
  const char* table;
  const char* key;
  std::string find;
  std::int64_t before;
  std::int64_t also_before;
  const char* window = nullptr;  // the key as `find` names it, when it is a number below ?1: taken by windows
};

std::vector<Step> steps_of(const RetentionCut& cut) {
  const std::int64_t log = first_id_at(cut.log_before);
  return {
      // CROSS JOIN: from the few contents to their messages, not from all old messages.
      Step{"content", "message_id",
           "SELECT c.message_id FROM content c CROSS JOIN message m ON m.id=c.message_id WHERE c.message_id<?1 AND "
           "NOT " +
               queued_of_message + " AND NOT " + finished_of_message + " AND f.finished_at>=?2)",
           first_id_at(cut.content_before), cut.content_before.ms, "c.message_id"},
      Step{"conversation", "id",
           "SELECT id FROM conversation WHERE id<?1 AND ?2=?2 AND id NOT IN " + conversations_of_queued, log, 0, "id"},
      Step{"attempt", "id",
           "SELECT a.id FROM attempt a WHERE a.id<?1 AND ?2=?2 AND NOT EXISTS(SELECT 1 FROM email e WHERE "
           "e.id=a.email_id)",
           log, 0, "a.id"},
      Step{"finished", "id", "SELECT id FROM finished WHERE id<?1 AND finished_at<?2", log, cut.log_before.ms, "id"},
      Step{"email_event", "rowid",
           "SELECT v.rowid FROM email_event v WHERE v.email_id<?1 AND ?2=?2 AND NOT EXISTS(SELECT 1 FROM email e WHERE "
           "e.id=v.email_id) AND NOT EXISTS(SELECT 1 FROM finished f WHERE f.id=v.email_id)",
           log, 0},
      Step{"message", "id",
           "SELECT m.id FROM message m WHERE m.id<?1 AND ?2=?2 AND NOT " + queued_of_message + " AND NOT " +
               finished_of_message + ") AND NOT EXISTS(SELECT 1 FROM content c WHERE c.message_id=m.id)",
           log, 0, "m.id"},
      Step{"audit", "id", oldest_of("audit"), cut.audit_before.ms, 0},
      Step{"event", "id", oldest_of("event"), cut.audit_before.ms, 0},
      Step{"usage", "(connection_id, quarter)",
           "SELECT connection_id, quarter FROM usage WHERE quarter<?1/900000 AND ?2=?2", cut.log_before.ms, 0},
      Step{"idempotency", "(credential, key)", "SELECT credential, key FROM idempotency WHERE at<?1 AND ?2=?2",
           cut.idempotency_before.ms, 0},
      Step{"sending", "(quarter, connection_id)",
           "SELECT quarter, connection_id FROM sending WHERE quarter<?1/900000 AND ?2=?2", cut.log_before.ms, 0},
      Step{"rollup", "minute", "SELECT minute FROM rollup WHERE minute<?1/60000 AND ?2=?2", cut.log_before.ms, 0}};
}

// Where a step is: what it has removed, and the key up to which it has looked.
struct Progress {
  std::size_t removed = 0;
  std::int64_t looked_to = -1;
  bool done = false;
};

Result<> remove_some(Database& database, const Step& step, std::size_t limit, Progress& progress) {
  std::string find = step.find;
  std::int64_t window_end = 0;
  if (step.window != nullptr) {
    Statement end = database.prepare(std::string("SELECT max(k) FROM (SELECT ") + step.key + " AS k FROM " +
                                     step.table + " WHERE k>? AND k<? ORDER BY k LIMIT ?)");
    end << progress.looked_to << step.before << rows_in_a_window;
    if (!end.step()) return end.error();
    progress.done = end.is_null(0);
    if (progress.done) return {};
    window_end = end.integer(0);
    find += std::string(" AND ") + step.window + ">?4 AND " + step.window + "<=?5";
  }
  Statement remove =
      database.prepare(std::string("DELETE FROM ") + step.table + " WHERE " + step.key + " IN (" + find + " LIMIT ?3)");
  remove << step.before << step.also_before << static_cast<std::int64_t>(limit - progress.removed);
  if (step.window != nullptr) remove << progress.looked_to << window_end;
  if (Result<> done = remove.run(); !done) return done;
  progress.removed += database.changes();
  progress.done = step.window == nullptr || progress.removed >= limit;
  progress.looked_to = window_end;
  return {};
}

}  // namespace

Answer<std::size_t> SqliteStore::remove_old(RetentionCut cut, std::size_t limit) {
  recent_content_.clear();  // it may be among what goes
  std::size_t removed = 0;
  for (const Step& step : steps_of(cut)) {
    Progress progress;
    while (!progress.done) {
      Progress next;
      const Result<> written = co_await write([&](Database& database) {
        next = progress;  // the work may run twice
        return remove_some(database, step, limit, next);
      });
      if (!written) co_return std::unexpected(written.error());
      progress = next;
    }
    removed += progress.removed;
  }
  co_return removed;
}

}  // namespace postroom::store::sqlite
