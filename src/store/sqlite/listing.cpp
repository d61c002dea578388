// Lists: walk an index in the list's order, test the other filters row by row, and stop at the page's end or when the
// time for one page is over. Such a page may be short and still have a next one; no list scans more than that.
#include <algorithm>
#include <utility>
#include <variant>

#include "base/text.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

constexpr std::size_t rows_examined_at_most = 20000;  // about 40 ms
constexpr std::int64_t counted_at_most = 10000;

// An index to walk: its condition with at most one text or number, and the column that the list is sorted by.
struct Walk {
  std::string condition = "1";
  std::optional<std::string> text;
  std::optional<std::int64_t> number;
};

bool in_range(const std::optional<Timestamp>& at, const DateRange& range) {
  if (!range.from && !range.to) return true;
  return at && (!range.from || *at >= *range.from) && (!range.to || *at < *range.to);
}

bool matches(const std::string& address, const std::optional<EmailFilter>& filter) {
  if (!filter) return true;
  switch (filter->kind) {
    case EmailFilter::Kind::exact:
      return equals_ignoring_case(address, filter->value);
    case EmailFilter::Kind::prefix:
      return starts_with_ignoring_case(address, filter->value);
    case EmailFilter::Kind::domain:
      return domain_of(address) == filter->value;
  }
  return false;
}

template <class T>
bool one_of(const std::vector<T>& wanted, T value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

template <class T>
bool is(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

bool contains(const std::string& text, const std::optional<std::string>& part) {
  return !part || contains_ignoring_case(text, *part);
}

bool matches(const EmailRecord& email, const std::string& submitted_by, const QueueFilter& filter) {
  const bool connection =
      !filter.connection_id || email.pinned_to == filter.connection_id || email.in_doubt_with == filter.connection_id;
  return connection && one_of(filter.statuses, email.status) && matches(email.address, filter.email) &&
         contains(email.subject, filter.subject) && contains(email.reason, filter.reason) &&
         is(filter.reason_class, email.reason_class) && is(filter.lane, email.lane) &&
         is(filter.message_id, email.message_id) &&
         (!filter.tag || std::ranges::find(email.tags, *filter.tag) != email.tags.end()) &&
         in_range(email.created_at(), filter.created_at) && in_range(email.next_attempt_at, filter.next_attempt_at) &&
         in_range(email.last_attempt_at, filter.last_attempt_at) &&
         (!filter.attempts_from || email.attempts >= *filter.attempts_from) &&
         (!filter.attempts_to || email.attempts <= *filter.attempts_to) && is(filter.submitted_by, submitted_by);
}

bool matches(const AttemptRecord& attempt, const LogFilter& filter) {
  return one_of(filter.statuses, attempt.status) && matches(attempt.address, filter.email) &&
         contains(attempt.subject, filter.subject) && contains(attempt.reason, filter.reason) &&
         is(filter.reason_class, attempt.reason_class) && is(filter.connection_id, attempt.connection_id) &&
         is(filter.lane, attempt.lane) && is(filter.active_queue_id, attempt.email_id) &&
         is(filter.message_id, attempt.message_id) && is(filter.reply_code, attempt.reply_code) &&
         in_range(attempt.attempted_at(), filter.attempted_at);
}

Walk walk_queue_by_id(const QueueFilter& filter) {
  if (filter.email && filter.email->kind == EmailFilter::Kind::exact)
    return {"e.address=?", filter.email->value, std::nullopt};
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain)
    return {"e.domain=?", filter.email->value, std::nullopt};
  const bool raw =
      filter.statuses.size() == 1 && filter.statuses[0] != EmailStatus::queued && !is_final(filter.statuses[0]);
  if (raw) return {"e.status=?", std::nullopt, static_cast<std::int64_t>(filter.statuses[0])};
  if (filter.lane) return {"e.lane=?", *filter.lane, std::nullopt};
  return {};
}

Walk walk_log(const LogFilter& filter) {
  if (filter.active_queue_id)
    return {"a.email_id=?", std::nullopt, static_cast<std::int64_t>(filter.active_queue_id->value)};
  if (filter.email && filter.email->kind == EmailFilter::Kind::exact)
    return {"a.address=?", filter.email->value, std::nullopt};
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain)
    return {"a.domain=?", filter.email->value, std::nullopt};
  if (filter.statuses.size() == 1 && filter.statuses[0] == AttemptStatus::in_progress)
    return {"a.status=0", std::nullopt, std::nullopt};
  if (filter.statuses.size() == 1 && filter.statuses[0] == AttemptStatus::fail)
    return {"a.status=2", std::nullopt, std::nullopt};
  if (filter.connection_id) return {"a.connection_id=?", std::nullopt, *filter.connection_id};
  if (filter.lane) return {"a.lane=?", *filter.lane, std::nullopt};
  return {};
}

// How many questions the filter asks beside its dates. A walk answers one of them.
int asked(const LogFilter& filter) {
  return !filter.statuses.empty() + filter.email.has_value() + filter.subject.has_value() + filter.reason.has_value() +
         filter.reason_class.has_value() + filter.connection_id.has_value() + filter.lane.has_value() +
         filter.active_queue_id.has_value() + filter.message_id.has_value() + filter.reply_code.has_value();
}

const char* column_of(QueueSort sort) {
  switch (sort) {
    case QueueSort::created_at:
      return "e.id";
    case QueueSort::next_attempt_at:
      return "e.next_attempt_at";
    case QueueSort::last_attempt_at:
      return "e.last_attempt_at";
    case QueueSort::attempts:
      return "e.attempts";
    case QueueSort::email:
      return "e.address";
  }
  return "e.id";
}

Position position_of(const EmailRecord& email, QueueSort sort) {
  Position position{{}, true, email.id.value};
  const auto time = [&position](const std::optional<Timestamp>& at) {
    position.has_value = at.has_value();
    if (at) position.value = std::to_string(at->ms);
  };
  switch (sort) {
    case QueueSort::created_at:
      break;
    case QueueSort::next_attempt_at:
      time(email.next_attempt_at);
      break;
    case QueueSort::last_attempt_at:
      time(email.last_attempt_at);
      break;
    case QueueSort::attempts:
      position.value = std::to_string(email.attempts);
      break;
    case QueueSort::email:
      position.value = email.address;
      break;
  }
  return position;
}

// The ids whose own time lies in the range: dates need no index.
std::pair<std::int64_t, std::int64_t> id_range(const DateRange& range) {
  return {range.from ? first_id_at(*range.from) : 0, range.to ? first_id_at(*range.to) : INT64_MAX};
}

// One stretch of a queue list: rows after `position` whose sort value is NULL, or is not.
struct Stretch {
  std::string sql;
  std::vector<std::variant<std::string, std::int64_t>> parameters;
};

void bind(Statement& statement, const std::vector<std::variant<std::string, std::int64_t>>& parameters) {
  for (const auto& parameter : parameters)
    std::visit([&statement](const auto& value) { statement << value; }, parameter);
}

std::vector<Stretch> queue_stretches(const QueueFilter& filter, QueueSort sort, Direction direction,
                                     const std::optional<Position>& after) {
  const std::string select =
      std::string("SELECT ") + email_columns + " FROM email e JOIN message m ON m.id=e.message_id WHERE ";
  const bool up = direction == Direction::ascending;
  const std::string order = up ? " ASC" : " DESC";
  const std::string beyond = up ? ">" : "<";
  if (sort == QueueSort::created_at) {
    const Walk walk = walk_queue_by_id(filter);
    auto [low, high] = id_range(filter.created_at);
    if (after) (up ? low : high) = static_cast<std::int64_t>(after->id) + (up ? 1 : 0);
    Stretch stretch{select + walk.condition + " AND e.id>=? AND e.id<? ORDER BY e.id" + order, {}};
    if (walk.text) stretch.parameters.emplace_back(*walk.text);
    if (walk.number) stretch.parameters.emplace_back(*walk.number);
    stretch.parameters.emplace_back(low);
    stretch.parameters.emplace_back(high);
    return {stretch};
  }
  const std::string column = column_of(sort);
  const std::string sorted = " ORDER BY " + column + order + ", e.id" + order;
  Stretch nulls{select + column + " IS NULL ORDER BY e.id" + order, {}};
  Stretch values{select + column + " IS NOT NULL" + sorted, {}};
  if (!after) return up ? std::vector{nulls, values} : std::vector{values, nulls};
  if (!after->has_value) {
    nulls.sql = select + column + " IS NULL AND e.id" + beyond + "? ORDER BY e.id" + order;
    nulls.parameters.emplace_back(static_cast<std::int64_t>(after->id));
    return up ? std::vector{nulls, values} : std::vector{nulls};
  }
  // The rest of the rows with the same value come first: the rowid takes no part in an index range of row values.
  Stretch ties{select + column + "=? AND e.id" + beyond + "? ORDER BY e.id" + order, {}};
  if (sort == QueueSort::email) {
    ties.parameters.emplace_back(after->value);
  } else {
    ties.parameters.emplace_back(after->number().value_or(0));
  }
  values.sql = select + column + beyond + "?" + sorted;
  values.parameters = ties.parameters;
  ties.parameters.emplace_back(static_cast<std::int64_t>(after->id));
  return up ? std::vector{ties, values} : std::vector{ties, values, nulls};
}

struct Total {
  std::uint64_t count = 0;
  bool exact = true;
};

// Counts up to a bound; beyond it the number is a lower one.
Result<Total> count_rows(Database& database, const std::string& from_where, const Walk& walk,
                         const std::pair<std::int64_t, std::int64_t>& range) {
  Statement count = database.prepare("SELECT count(*) FROM (SELECT 1 FROM " + from_where + " LIMIT " +
                                     std::to_string(counted_at_most) + ")");
  if (walk.text) count << *walk.text;
  if (walk.number) count << *walk.number;
  count << range.first << range.second;
  if (!count.step()) return fail(ErrorCode::unavailable, "the rows can't be counted now");
  const std::int64_t rows = count.integer(0);
  return Total{static_cast<std::uint64_t>(rows), rows < counted_at_most};
}

Result<Page<EmailRecord>> page_of_queue(Database& database, const QueueFilter& filter, QueueSort sort,
                                        Direction direction, const PageRequest& request, Moment moment) {
  Page<EmailRecord> page;
  std::size_t examined = 0;
  for (const Stretch& stretch : queue_stretches(filter, sort, direction, request.after)) {
    Statement select = database.prepare(stretch.sql);
    bind(select, stretch.parameters);
    while (!page.next && select.step()) {
      const EmailRecord stored = read_email(select);
      const EmailRecord email = as_of(stored, moment);
      const std::string submitted_by = select.text(17);
      if (matches(email, submitted_by, filter)) page.items.push_back(email);
      if (page.items.size() >= request.limit || ++examined >= rows_examined_at_most)
        page.next = position_of(stored, sort);
    }
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    if (page.next) break;
  }
  const Walk walk = walk_queue_by_id(filter);
  const Result<Total> total = count_rows(database, "email e WHERE " + walk.condition + " AND e.id>=? AND e.id<?", walk,
                                         id_range(filter.created_at));
  if (!total) return std::unexpected(total.error());
  const bool whole = !request.after && !page.next;  // then the page itself is the count
  page.total = whole ? page.items.size() : total->count;
  page.total_exact = whole || (filter.empty() && total->exact);  // a stored status may not be the shown one
  return page;
}

Result<Page<AttemptRecord>> page_of_log(Database& database, const LogFilter& filter, Direction direction,
                                        const PageRequest& request) {
  const Walk walk = walk_log(filter);
  const bool up = direction == Direction::ascending;
  auto [low, high] = id_range(filter.attempted_at);
  if (request.after) (up ? low : high) = static_cast<std::int64_t>(request.after->id) + (up ? 1 : 0);
  Page<AttemptRecord> page;
  {
    Statement select = database.prepare(std::string("SELECT ") + attempt_columns +
                                        " FROM attempt a JOIN message m ON m.id=a.message_id WHERE " + walk.condition +
                                        " AND a.id>=? AND a.id<? ORDER BY a.id" + (up ? " ASC" : " DESC"));
    if (walk.text) select << *walk.text;
    if (walk.number) select << *walk.number;
    select << low << high;
    for (std::size_t examined = 0; !page.next && select.step();) {
      AttemptRecord attempt = read_attempt(select);
      const Position position{{}, true, attempt.id.value};
      if (matches(attempt, filter)) page.items.push_back(std::move(attempt));
      if (page.items.size() >= request.limit || ++examined >= rows_examined_at_most) page.next = position;
    }
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  }
  const Result<Total> total = count_rows(database, "attempt a WHERE " + walk.condition + " AND a.id>=? AND a.id<?",
                                         walk, id_range(filter.attempted_at));
  if (!total) return std::unexpected(total.error());
  const bool whole = !request.after && !page.next;
  page.total = whole ? page.items.size() : total->count;
  page.total_exact = whole || (total->exact && asked(filter) == (walk.condition == "1" ? 0 : 1));
  return page;
}

}  // namespace

Answer<Page<EmailRecord>> SqliteStore::list_queue(QueueFilter filter, QueueSort sort, Direction direction,
                                                  PageRequest page, Timestamp now) {
  co_return co_await read<Page<EmailRecord>>(
      [&](Database& database) { return page_of_queue(database, filter, sort, direction, page, at(now)); });
}

Answer<Page<AttemptRecord>> SqliteStore::list_log(LogFilter filter, Direction direction, PageRequest page) {
  co_return co_await read<Page<AttemptRecord>>(
      [&](Database& database) { return page_of_log(database, filter, direction, page); });
}

}  // namespace postroom::store::sqlite
