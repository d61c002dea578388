#include "store/sqlite/tally.h"

#include <string>

#include "store/sqlite/database.h"
#include "store/store.h"

namespace postroom::store::sqlite {

void Tally::count(Timestamp at, Counter counter, std::uint64_t by) {
  if (by > 0) counts_[at.ms / 60000][static_cast<std::size_t>(counter)] += by;
}

void Tally::use(ConnectionId connection, Timestamp at, std::int64_t by) {
  usage_[{quarter_of(at), connection}] += by;
}

void Tally::sent(const AttemptOutcome& outcome, std::optional<Timestamp> send_at, Timestamp now) {
  sending_[{quarter_of(now), outcome.attempt.connection_id}].add(outcome, send_at, now);
}

Result<> Tally::write(Database& database) const {
  if (Result<> done = write_counts(database); !done) return done;
  if (Result<> done = write_usage(database); !done) return done;
  return write_sending(database);
}

Result<> Tally::write_counts(Database& database) const {
  for (const auto& [minute, by] : counts_) {
    Statement upsert = database.prepare(
        "INSERT INTO rollup VALUES(?1,?2,?3,?4,?5) ON CONFLICT(minute) DO UPDATE SET submitted=submitted+?2, "
        "succeeded=succeeded+?3, failed=failed+?4, finished=finished+?5");
    upsert << minute;
    for (const std::uint64_t number : by) upsert << number;
    if (Result<> done = upsert.run(); !done) return done;
  }
  return {};
}

Result<> Tally::write_usage(Database& database) const {
  for (const auto& [where, by] : usage_) {
    Statement upsert = database.prepare(
        "INSERT INTO usage VALUES(?1,?2,max(?3,0)) ON CONFLICT(connection_id, quarter) DO UPDATE SET "
        "count=max(count+?3,0)");
    upsert << where.second << where.first << by;
    if (Result<> done = upsert.run(); !done) return done;
  }
  return {};
}

Result<> Tally::write_sending(Database& database) const {
  for (const auto& [where, counts] : sending_) {
    Latencies latencies = counts.latencies;
    {
      Statement select = database.prepare("SELECT latencies FROM sending WHERE quarter=? AND connection_id=?");
      select << where.first << where.second;
      if (select.step()) latencies.add(Latencies::parse(select.text(0)));
      if (Result<> error = select.error(); !error) return error;
    }
    const std::string text = latencies.text();
    Statement upsert = database.prepare(
        "INSERT INTO sending VALUES(?1,?2,?3,?4,?5,?6) ON CONFLICT(quarter, connection_id) DO UPDATE SET "
        "succeeded=succeeded+?3, failed=failed+?4, deferred=deferred+?5, latencies=?6");
    upsert << where.first << where.second << counts.succeeded << counts.failed << counts.deferred << text;
    if (Result<> done = upsert.run(); !done) return done;
  }
  return {};
}

}  // namespace postroom::store::sqlite
