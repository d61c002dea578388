// The queue's list. What an index shows to be few rows is gathered and sorted; else the list walks an index in its own
// order, tests the other filters row by row, and stops at the page's end or when the time for one page is over. Such a
// page may be short and still have a next one.
#include <algorithm>
#include <utility>

#include "store/filters.h"
#include "store/sqlite/queue_walk.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

// One row, and how it is shown when the filter asks for it. Its message is read with it only when that has a say.
struct Row {
  EmailRecord stored;
  std::optional<EmailRecord> shown;
};

Result<std::optional<Row>> read_row(Database& database, const QueueQuery& query, std::uint64_t id) {
  Row row;
  {
    Statement select = database.prepare(std::string("SELECT ") + email_alone_columns + " FROM email e WHERE e.id=?");
    select << id;
    if (!select.step()) {
      if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
      return std::nullopt;
    }
    row.stored = read_email(select);
  }
  EmailRecord shown = as_of(row.stored, query.moment);
  if (!matches_without_message(shown, query.filter)) return row;
  if (!asks_message(query.filter)) {
    row.shown = std::move(shown);
    return row;
  }
  const Result<MessagePart> message = complete(database, shown);
  if (!message) return std::unexpected(message.error());
  if (message->found && matches(shown, message->submitted_by, query.filter)) row.shown = std::move(shown);
  return row;
}

Result<Page<EmailRecord>> page_of_gathered(Database& database, const QueueQuery& query,
                                           const std::vector<std::uint64_t>& ids) {
  std::vector<std::pair<Position, EmailRecord>> rows;
  for (const std::uint64_t id : ids) {
    Result<std::optional<Row>> row = read_row(database, query, id);
    if (!row) return std::unexpected(row.error());
    if (*row && (*row)->shown) rows.emplace_back(position_of((*row)->stored, query.sort), std::move(*(*row)->shown));
  }
  const bool up = query.direction == Direction::ascending;
  std::ranges::sort(rows, [&](const auto& a, const auto& b) {
    return up ? key_of(a.first, query.sort) < key_of(b.first, query.sort)
              : key_of(b.first, query.sort) < key_of(a.first, query.sort);
  });
  Page<EmailRecord> page;
  page.total = rows.size();
  for (auto& [position, email] : rows) {
    if (query.page.after) {
      const Key key = key_of(position, query.sort), after = key_of(*query.page.after, query.sort);
      if (up ? key <= after : key >= after) continue;
    }
    page.items.push_back(std::move(email));
    if (page.items.size() < query.page.limit) continue;
    page.next = position;
    break;
  }
  return page;
}

// Reads and tests one more row; false when the page ends with it.
Result<bool> add_row(Database& database, const QueueQuery& query, std::uint64_t id, Page<EmailRecord>& page,
                     Patience& patience) {
  Result<std::optional<Row>> row = read_row(database, query, id);
  if (!row) return std::unexpected(row.error());
  if (!*row) return true;
  if ((*row)->shown) page.items.push_back(std::move(*(*row)->shown));
  if (page.items.size() < query.page.limit && !patience.is_over()) return true;
  page.next = position_of((*row)->stored, query.sort);
  return false;
}

Result<> walk_ids(Database& database, const QueueQuery& query, Page<EmailRecord>& page, Patience& patience) {
  Result<Narrowing> sources = sources_by_id(database, query.filter, query.moment.now);
  if (!sources) return std::unexpected(sources.error());
  IdRange ids = ids_of(query.filter.created_at);
  const bool up = query.direction == Direction::ascending;
  if (query.page.after) (up ? ids.first : ids.second) = static_cast<std::int64_t>(query.page.after->id) + (up ? 1 : 0);
  IdWalk walk(database, std::move(*sources), ids, query.direction);
  while (const std::optional<std::uint64_t> id = walk.next()) {
    const Result<bool> more = add_row(database, query, *id, page, patience);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return walk.error();
}

Result<> walk_sorted(Database& database, const QueueQuery& query, Page<EmailRecord>& page, Patience& patience) {
  const Test test = test_of(query.filter);
  SortedWalk walk(database, query, test);
  while (const std::optional<SortedWalk::Entry> entry = walk.next()) {
    if (!entry->passes && !patience.is_over()) continue;
    const Result<bool> more = add_row(database, query, entry->id(), page, patience);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return walk.error();
}

// How many rows the list has, up to a bound; a stored status may not be the shown one, so a filter's count is a guess.
// Where the filter asks more than an index answers, those on the page are all that is known.
Result<Total> total_of(Database& database, const QueueQuery& query, std::size_t on_page) {
  if (!answered_by_one_index(query.filter)) return Total{on_page, false};
  const Result<Narrowing> counted = sources_by_id(database, query.filter, query.moment.now);
  if (!counted) return std::unexpected(counted.error());
  Result<Total> total = count_entries(database, *counted, ids_of(query.filter.created_at));
  if (total) total->exact = total->exact && query.filter.empty();
  return total;
}

// The messages' part of the rows that the page shows.
Result<> complete_page(Database& database, Page<EmailRecord>& page) {
  for (EmailRecord& email : page.items)
    if (const Result<MessagePart> message = complete(database, email); !message)
      return std::unexpected(message.error());
  return {};
}

Result<Page<EmailRecord>> page_of_walked(Database& database, const QueueQuery& query, Patience patience) {
  Page<EmailRecord> page;
  const Result<> walked = query.sort == QueueSort::created_at ? walk_ids(database, query, page, patience)
                                                              : walk_sorted(database, query, page, patience);
  if (!walked) return std::unexpected(walked.error());
  const bool whole = !query.page.after && !page.next;  // then the page itself is the count
  const Result<Total> total = whole ? Total{page.items.size(), true} : total_of(database, query, page.items.size());
  if (!total) return std::unexpected(total.error());
  page.total = total->count;
  page.total_exact = total->exact;
  return page;
}

Result<Page<EmailRecord>> page_of_queue(Database& database, const QueueQuery& query, Patience patience) {
  const Snapshot snapshot(database);
  const Result<std::optional<std::vector<std::uint64_t>>> few =
      gather(database, narrowings_of(query.filter, query.moment.now));
  if (!few) return std::unexpected(few.error());
  Result<Page<EmailRecord>> page =
      *few ? page_of_gathered(database, query, **few) : page_of_walked(database, query, patience);
  if (!page || asks_message(query.filter)) return page;
  if (const Result<> completed = complete_page(database, *page); !completed) return std::unexpected(completed.error());
  return page;
}

}  // namespace

Answer<Page<EmailRecord>> SqliteStore::list_queue(QueueFilter filter, QueueSort sort, Direction direction,
                                                  PageRequest page, Timestamp now) {
  const QueueQuery query{std::move(filter), sort, direction, std::move(page), at(now)};
  co_return co_await read<Page<EmailRecord>>(
      [&](Database& database) { return page_of_queue(database, query, Patience(loop_)); });
}

}  // namespace postroom::store::sqlite
