// The mailing log's list: by time, which is the order of its ids, in the same two ways as the queue's
// (queue_listing.cpp).
#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"
#include "store/filters.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/walks.h"

namespace postroom::store::sqlite {
namespace {

struct LogQuery {
  LogFilter filter;
  Direction direction;
  PageRequest page;
};

Source entries(const std::string& index, const std::string& condition, std::vector<Parameter> parameters) {
  return {"SELECT id FROM attempt INDEXED BY " + index + " WHERE " + condition, std::move(parameters)};
}

// The statuses that few rows have, each with an index of its own.
Narrowing entries_with_status(const LogFilter& filter) {
  Narrowing sources;
  for (const AttemptStatus status : std::set(filter.statuses.begin(), filter.statuses.end())) {
    if (status == AttemptStatus::success) return {};
    sources.push_back(status == AttemptStatus::fail ? entries("attempt_failed", "status=2", {})
                                                    : entries("attempt_open", "status=0", {}));
  }
  return sources;
}

// Every answer of an index to the filter whose entries come in the order of id, the likely small ones first.
std::vector<Narrowing> narrowings_by_id(const LogFilter& filter) {
  std::vector<Narrowing> all;
  if (filter.active_queue_id)
    all.push_back({entries("attempt_email", "email_id=?", {static_cast<std::int64_t>(filter.active_queue_id->value)})});
  if (filter.email && filter.email->kind == EmailFilter::Kind::exact)
    all.push_back({entries("attempt_address", "address=?", {filter.email->value})});
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain)
    all.push_back({entries("attempt_domain", "domain=?", {to_lower(filter.email->value)})});
  if (filter.reply_code && *filter.reply_code >= 300)
    all.push_back(
        {entries("attempt_reply_code", "reply_code>=300 AND reply_code=?", {std::int64_t{*filter.reply_code}})});
  if (filter.reason_class && *filter.reason_class != ReasonClass::none)
    all.push_back({entries("attempt_reason_class", "reason_class<>0 AND reason_class=?",
                           {static_cast<std::int64_t>(*filter.reason_class)})});
  if (Narrowing status = entries_with_status(filter); !status.empty()) all.push_back(std::move(status));
  if (filter.connection_id) all.push_back({entries("attempt_connection", "connection_id=?", {*filter.connection_id})});
  if (filter.lane) all.push_back({entries("attempt_lane", "lane=?", {*filter.lane})});
  return all;
}

std::vector<Narrowing> narrowings_of(const LogFilter& filter) {
  std::vector<Narrowing> all = narrowings_by_id(filter);
  if (filter.id)
    all.insert(all.begin(), {{"SELECT id FROM attempt WHERE id=?", {static_cast<std::int64_t>(filter.id->value)}}});
  if (filter.message_id) {  // its emails' ids follow its own
    const auto id = static_cast<std::int64_t>(filter.message_id->value);
    all.insert(all.begin(),
               Narrowing{entries("attempt_email",
                                 "email_id BETWEEN ? AND (SELECT last_email_id FROM message WHERE id=?)", {id, id})});
  }
  if (filter.email && filter.email->kind == EmailFilter::Kind::prefix && !filter.email->value.empty())
    all.push_back({entries("attempt_address", "address>=? AND address<?",
                           {filter.email->value, end_of_prefix(filter.email->value)})});
  if (filter.attempted_at.from || filter.attempted_at.to) {
    const IdRange ids = ids_of(filter.attempted_at);
    all.push_back({{"SELECT id FROM attempt WHERE id>=? AND id<?", {ids.first, ids.second}}});
  }
  return all;
}

// How many questions the filter asks beside its dates. A walk answers one of them.
int asked(const LogFilter& filter) {
  return filter.id.has_value() + filter.provider_id.has_value() + !filter.statuses.empty() + filter.email.has_value() +
         filter.subject.has_value() + filter.reason.has_value() + filter.reason_class.has_value() +
         filter.connection_id.has_value() + filter.lane.has_value() + filter.active_queue_id.has_value() +
         filter.message_id.has_value() + filter.reply_code.has_value();
}

// The row when the filter asks for it. Its message is read with it only when that has a say.
Result<std::optional<AttemptRecord>> read_row(Database& database, const LogFilter& filter, std::uint64_t id) {
  AttemptRecord attempt;
  {
    Statement select =
        database.prepare(std::string("SELECT ") + attempt_alone_columns + " FROM attempt a WHERE a.id=?");
    select << id;
    if (!select.step()) {
      if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
      return std::nullopt;
    }
    attempt = read_attempt(select);
  }
  if (!matches_without_message(attempt, filter)) return std::nullopt;
  if (!asks_message(filter)) return attempt;
  const Result<MessagePart> message = complete(database, attempt);
  if (!message) return std::unexpected(message.error());
  if (!message->found || !matches(attempt, filter)) return std::nullopt;
  return attempt;
}

Result<Page<AttemptRecord>> page_of_gathered(Database& database, const LogQuery& query,
                                             std::vector<std::uint64_t> ids) {
  const bool up = query.direction == Direction::ascending;
  if (!up) std::ranges::reverse(ids);
  Page<AttemptRecord> page;
  for (const std::uint64_t id : ids) {
    Result<std::optional<AttemptRecord>> row = read_row(database, query.filter, id);
    if (!row) return std::unexpected(row.error());
    if (!*row) continue;
    ++page.total;
    const bool seen = query.page.after && (up ? id <= query.page.after->id : id >= query.page.after->id);
    if (seen || page.next) continue;
    page.items.push_back(std::move(**row));
    if (page.items.size() >= query.page.limit) page.next = Position{{}, true, id};
  }
  return page;
}

Result<Page<AttemptRecord>> page_of_walked(Database& database, const LogQuery& query, Patience patience) {
  std::vector<Narrowing> ordered = narrowings_by_id(query.filter);
  const bool narrowed = !ordered.empty();
  const Narrowing sources = narrowed ? std::move(ordered.front()) : Narrowing{{"SELECT id FROM attempt WHERE 1", {}}};
  IdRange ids = ids_of(query.filter.attempted_at);
  const bool up = query.direction == Direction::ascending;
  if (query.page.after) (up ? ids.first : ids.second) = static_cast<std::int64_t>(query.page.after->id) + (up ? 1 : 0);
  Page<AttemptRecord> page;
  {
    IdWalk walk(database, sources, ids, query.direction);
    while (const std::optional<std::uint64_t> id = page.next ? std::nullopt : walk.next()) {
      Result<std::optional<AttemptRecord>> row = read_row(database, query.filter, *id);
      if (!row) return std::unexpected(row.error());
      if (*row) page.items.push_back(std::move(**row));
      if (page.items.size() >= query.page.limit || patience.is_over()) page.next = Position{{}, true, *id};
    }
    if (const Result<> error = walk.error(); !error) return std::unexpected(error.error());
  }
  const bool whole = !query.page.after && !page.next;               // then the page itself is the count
  const bool answered = asked(query.filter) == (narrowed ? 1 : 0);  // else the entries are more than the rows
  const Result<Total> total = whole || !answered ? Total{page.items.size(), whole}
                                                 : count_entries(database, sources, ids_of(query.filter.attempted_at));
  if (!total) return std::unexpected(total.error());
  page.total = total->count;
  page.total_exact = total->exact;
  return page;
}

Result<Page<AttemptRecord>> page_of_log(Database& database, const LogQuery& query, Patience patience) {
  const Snapshot snapshot(database);
  Result<std::optional<std::vector<std::uint64_t>>> few = gather(database, narrowings_of(query.filter));
  if (!few) return std::unexpected(few.error());
  Result<Page<AttemptRecord>> page =
      *few ? page_of_gathered(database, query, std::move(**few)) : page_of_walked(database, query, patience);
  if (!page || asks_message(query.filter)) return page;
  for (AttemptRecord& attempt : page->items)
    if (const Result<MessagePart> message = complete(database, attempt); !message)
      return std::unexpected(message.error());
  return page;
}

}  // namespace

Answer<Page<AttemptRecord>> SqliteStore::list_log(LogFilter filter, Direction direction, PageRequest page) {
  const LogQuery query{std::move(filter), direction, std::move(page)};
  co_return co_await read<Page<AttemptRecord>>(
      [&](Database& database) { return page_of_log(database, query, Patience(loop_)); });
}

}  // namespace postroom::store::sqlite
