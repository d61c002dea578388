// The queue's list. What an index shows to be few rows is gathered and sorted; else the list walks an index in its own
// order, tests the other filters row by row, and stops at the page's end or when the time for one page is over. Such a
// page may be short and still have a next one.
#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "store/filters.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"
#include "store/sqlite/walks.h"

namespace postroom::store::sqlite {
namespace {

struct QueueQuery {
  QueueFilter filter;
  QueueSort sort;
  Direction direction;
  PageRequest page;
  Moment moment;
};

// The bounds that a filter sets to the column of an index; the second is exclusive.
struct Bounds {
  std::optional<Parameter> from, to;
  bool any() const { return from || to; }
};

Bounds bounds_of(const DateRange& range) {
  Bounds bounds;
  if (range.from) bounds.from = range.from->ms;
  if (range.to) bounds.to = range.to->ms;
  return bounds;
}

Bounds bounds_of(const std::optional<EmailFilter>& email) {
  if (!email || email->value.empty() || email->kind == EmailFilter::Kind::domain) return {};
  if (email->kind == EmailFilter::Kind::prefix) return {email->value, end_of_prefix(email->value)};
  return {email->value, email->value + '\1'};  // no address has a control character
}

struct SortIndex {
  const char* column;
  std::string index;
  Bounds bounds;
  std::string rows = {};  // the condition of those that the index is asked for, when not all
};

SortIndex index_of(QueueSort sort, const QueueFilter& filter) {
  const auto number = [](const std::optional<std::uint32_t>& value, std::int64_t more) -> std::optional<Parameter> {
    if (!value) return std::nullopt;
    return static_cast<std::int64_t>(*value) + more;
  };
  switch (sort) {
    case QueueSort::next_attempt_at:
      return {"next_attempt_at", "email_next", bounds_of(filter.next_attempt_at)};
    case QueueSort::last_attempt_at:
      return {"last_attempt_at", "email_last", bounds_of(filter.last_attempt_at)};
    case QueueSort::attempts:
      return {"attempts", "email_attempts", {number(filter.attempts_from, 0), number(filter.attempts_to, 1)}};
    case QueueSort::email:
      return {"address", "email_address", bounds_of(filter.email)};
    case QueueSort::created_at:
      break;
  }
  return {"id", "", {}};
}

// Mail in these states stays for a while: it has indices of its own for each state, which mail that goes at once never
// enters.
bool stays(EmailStatus status) {
  return status == EmailStatus::scheduled || status == EmailStatus::deferred || status == EmailStatus::held ||
         status == EmailStatus::unknown;
}

// The indices that together have what the filter asks for, each in the order of the sort.
std::vector<SortIndex> indices_of(QueueSort sort, const QueueFilter& filter) {
  const SortIndex all = index_of(sort, filter);
  const bool by_state = sort != QueueSort::email && sort != QueueSort::created_at && !filter.statuses.empty() &&
                        std::ranges::all_of(filter.statuses, stays);
  if (!by_state) return {all};
  std::vector<SortIndex> indices;
  for (const EmailStatus status : std::set(filter.statuses.begin(), filter.statuses.end()))
    indices.push_back({all.column, all.index + "_staying", all.bounds,
                       "status=" + std::to_string(static_cast<int>(status)) + " AND "});
  return indices;
}

Source entries(const std::string& index, const std::string& condition, std::vector<Parameter> parameters) {
  return {"SELECT id FROM email INDEXED BY " + index + " WHERE " + condition, std::move(parameters)};
}

Source entries(const SortIndex& sorted, const std::string& condition, std::vector<Parameter> parameters) {
  return entries(sorted.index, sorted.rows + condition, std::move(parameters));
}

Source entries(const SortIndex& sorted) {
  Source source = entries(sorted, std::string(sorted.column) + " IS NOT NULL", {});
  const auto bound = [&](const char* relation, const std::optional<Parameter>& value) {
    if (!value) return;
    source.select += std::string(" AND ") + sorted.column + relation;
    source.parameters.push_back(*value);
  };
  bound(">=?", sorted.bounds.from);
  bound("<?", sorted.bounds.to);
  return source;
}

Narrowing entries(const std::vector<SortIndex>& indices) {
  Narrowing sources;
  for (const SortIndex& sorted : indices) sources.push_back(entries(sorted));
  return sources;
}

Source entries(EmailStatus status) {
  return entries("email_status", "status=" + std::to_string(static_cast<int>(status)), {});
}

// Mail still written as scheduled whose time has come is shown as queued (as_of.h).
Source scheduled_and_due(Timestamp now) {
  return entries("email_next_staying", "status=1 AND next_attempt_at<=?", {now.ms});
}

bool asks_only_queued_states(const QueueFilter& filter) {
  return !filter.statuses.empty() && std::ranges::none_of(filter.statuses, is_final);
}

bool asks(const QueueFilter& filter, EmailStatus status) {
  return std::ranges::find(filter.statuses, status) != filter.statuses.end();
}

Narrowing entries_with_status(const QueueFilter& filter) {
  Narrowing sources;
  for (const EmailStatus status : std::set(filter.statuses.begin(), filter.statuses.end()))
    sources.push_back(entries(status));
  return sources;
}

// The class that the stored rows must have too; nullopt when the filter says nothing of the kind.
std::optional<ReasonClass> stored_class(const QueueFilter& filter) {
  const bool may_differ = filter.reason_class == ReasonClass::expired;  // shown before it is stored (as_of.h)
  return may_differ ? std::nullopt : filter.reason_class;
}

Narrowing entries_of_reason_class(ReasonClass reason) {
  return {entries("email_reason_class", "reason_class<>0 AND reason_class=?", {static_cast<std::int64_t>(reason)})};
}

Narrowing entries_of_connection(ConnectionId id) {
  return {entries("email_pinned", "pinned_to=?", {id}), entries("email_doubt", "in_doubt_with=?", {id})};
}

// Every answer that an index has to the filter, the likely small ones first.
std::vector<Narrowing> narrowings_of(const QueueFilter& filter, Timestamp now) {
  std::vector<Narrowing> all;
  if (filter.id) all.push_back({{"SELECT id FROM email WHERE id=?", {static_cast<std::int64_t>(filter.id->value)}}});
  if (filter.message_id) {  // its emails' ids follow its own (intake gives them together)
    const auto id = static_cast<std::int64_t>(filter.message_id->value);
    all.push_back(
        {{"SELECT id FROM email WHERE id BETWEEN ? AND (SELECT last_email_id FROM message WHERE id=?)", {id, id}}});
  }
  if (bounds_of(filter.email).any()) all.push_back({entries(index_of(QueueSort::email, filter))});
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain)
    all.push_back({entries("email_domain", "domain=?", {to_lower(filter.email->value)})});
  if (filter.connection_id) all.push_back(entries_of_connection(*filter.connection_id));
  if (const std::optional<ReasonClass> reason = stored_class(filter); reason && *reason != ReasonClass::none)
    all.push_back(entries_of_reason_class(*reason));
  if (asks_only_queued_states(filter)) {
    all.push_back(entries_with_status(filter));
    if (asks(filter, EmailStatus::queued)) all.back().push_back(scheduled_and_due(now));
  }
  for (const QueueSort sort : {QueueSort::attempts, QueueSort::last_attempt_at, QueueSort::next_attempt_at})
    if (index_of(sort, filter).bounds.any()) all.push_back(entries(indices_of(sort, filter)));
  if (filter.created_at.from || filter.created_at.to) {
    const IdRange ids = ids_of(filter.created_at);
    all.push_back({{"SELECT id FROM email WHERE id>=? AND id<?", {ids.first, ids.second}}});
  }
  if (filter.lane) all.push_back({entries("email_lane", "lane=?", {*filter.lane})});
  return all;
}

// The sources to walk in the order of id, when what the filter asks for is much.
Result<Narrowing> sources_by_id(Database& database, const QueueFilter& filter, Timestamp now) {
  if (filter.email && filter.email->kind == EmailFilter::Kind::exact)
    return Narrowing{entries("email_address", "address=?", {filter.email->value})};
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain)
    return Narrowing{entries("email_domain", "domain=?", {to_lower(filter.email->value)})};
  if (filter.connection_id) return entries_of_connection(*filter.connection_id);
  if (const std::optional<ReasonClass> reason = stored_class(filter); reason && *reason != ReasonClass::none)
    return entries_of_reason_class(*reason);
  if (asks_only_queued_states(filter)) {
    Narrowing sources = entries_with_status(filter);
    if (!asks(filter, EmailStatus::queued) || asks(filter, EmailStatus::scheduled)) return sources;
    Source due = scheduled_and_due(now);
    const Result<bool> small = is_small(database, due);
    if (!small) return std::unexpected(small.error());
    due.select = "SELECT id FROM email WHERE id IN (" + due.select + ")";
    sources.push_back(*small ? std::move(due) : entries(EmailStatus::scheduled));
    return sources;
  }
  if (filter.lane) return Narrowing{entries("email_lane", "lane=?", {*filter.lane})};
  return Narrowing{{"SELECT id FROM email WHERE 1", {}}};
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

// A row's place in the list's order, as the indices have it: rows without a value first.
using Key = std::tuple<bool, std::int64_t, std::string, std::uint64_t>;
Key key_of(const Position& position, QueueSort sort) {
  if (sort == QueueSort::email) return {true, 0, to_lower(position.value), position.id};
  return {position.has_value, position.number().value_or(0), "", position.id};
}

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

// What a row's own columns must say if the filter is to take the row, as a condition in SQL: rows that fail it need not
// be read. A row that passes may still not match: it is shown as of now (as_of.h). The text is the same whatever is
// asked, for statements are kept by their texts: each demand has a switch.
struct Test {
  std::string condition = "1";
  std::vector<Parameter> parameters;

  void demand(bool asked, const std::string& more, std::vector<Parameter> values) {
    condition += " AND (? OR " + more + ")";
    parameters.emplace_back(static_cast<std::int64_t>(asked ? 0 : 1));
    std::ranges::move(values, std::back_inserter(parameters));
  }
};

// The stored states of mail that may be shown in a state asked for, a bit each.
std::int64_t stored_states(const QueueFilter& filter) {
  const auto bit = [](EmailStatus status) { return std::int64_t{1} << static_cast<int>(status); };
  std::int64_t states = asks(filter, EmailStatus::queued) ? bit(EmailStatus::scheduled) : 0;  // its time has come
  for (const EmailStatus status : filter.statuses) states |= bit(status);
  return states;
}

Test test_of(const QueueFilter& filter) {
  const ConnectionId connection = filter.connection_id.value_or(0);
  const bool domain = filter.email && filter.email->kind == EmailFilter::Kind::domain;
  const std::optional<ReasonClass> reason = stored_class(filter);
  Test test;
  test.demand(asks_only_queued_states(filter), "(?>>status)&1", {stored_states(filter)});
  test.demand(filter.lane.has_value(), "lane=?", {filter.lane.value_or("")});
  test.demand(reason.has_value(), "reason_class=?", {static_cast<std::int64_t>(reason.value_or(ReasonClass::none))});
  test.demand(filter.connection_id.has_value(), "pinned_to=? OR in_doubt_with=?", {connection, connection});
  test.demand(domain, "domain=?", {domain ? to_lower(filter.email->value) : ""});
  for (const QueueSort sort : {QueueSort::attempts, QueueSort::last_attempt_at, QueueSort::next_attempt_at}) {
    const SortIndex index = index_of(sort, filter);
    const Parameter none = std::int64_t{0};
    test.demand(index.bounds.from.has_value(), std::string(index.column) + ">=?", {index.bounds.from.value_or(none)});
    test.demand(index.bounds.to.has_value(), std::string(index.column) + "<?", {index.bounds.to.value_or(none)});
  }
  return test;
}

// The stretches of an index that is in the list's order: rows without a value, those that tie with the last one seen
// (the rowid takes no part in an index range of row values), and the rest.
std::vector<Source> stretches_of(const QueueQuery& query, const SortIndex& sorted) {
  const bool up = query.direction == Direction::ascending;
  const std::string column = sorted.column;
  const std::string order = up ? " ASC" : " DESC";
  const std::string beyond = up ? ">?" : "<?";
  const std::optional<Position>& after = query.page.after;
  Source nulls = entries(sorted, column + " IS NULL", {});
  if (after && !after->has_value) {
    nulls.select += " AND id" + beyond;
    nulls.parameters.emplace_back(static_cast<std::int64_t>(after->id));
  }
  nulls.select += " ORDER BY id" + order;
  Source values = entries(sorted), ties = values;
  if (after && after->has_value) {
    const Parameter value = query.sort == QueueSort::email ? Parameter(after->value) : after->number().value_or(0);
    ties = entries(sorted, column + "=? AND id" + beyond + " ORDER BY id" + order,
                   {value, static_cast<std::int64_t>(after->id)});
    values.select += " AND " + column + beyond;
    values.parameters.push_back(value);
  }
  values.select += " ORDER BY " + column + order + ", id" + order;
  const bool no_nulls = sorted.bounds.any() || query.sort == QueueSort::email || query.sort == QueueSort::attempts;
  std::vector<Source> stretches;
  if (up && !no_nulls && !(after && after->has_value)) stretches.push_back(nulls);
  if (after && after->has_value) stretches.push_back(ties);
  if (up || !after || after->has_value) stretches.push_back(values);
  if (!up && !no_nulls) stretches.push_back(nulls);
  return stretches;
}

// The entries of indices that are in the list's order, merged into that order.
class SortedWalk {
 public:
  struct Entry {
    Key key;
    bool passes;  // the test
    std::uint64_t id() const { return std::get<std::uint64_t>(key); }
  };

  SortedWalk(Database& database, const QueueQuery& query, const Test& test)
      : database_(database), test_(test), up_(query.direction == Direction::ascending) {
    for (SortIndex& sorted : indices_of(query.sort, query.filter)) {
      std::vector<Source> stretches = stretches_of(query, sorted);
      std::ranges::reverse(stretches);
      heads_.push_back({sorted.column, std::move(stretches), {}, {}});
    }
    for (Head& head : heads_) advance(head);
  }

  std::optional<Entry> next() {
    Head* nearest = nullptr;
    for (Head& head : heads_)
      if (head.entry &&
          (!nearest || (up_ ? head.entry->key < nearest->entry->key : nearest->entry->key < head.entry->key)))
        nearest = &head;
    if (!nearest) return std::nullopt;
    const std::optional<Entry> entry = nearest->entry;
    advance(*nearest);
    return entry;
  }
  Result<> error() const { return error_; }

 private:
  struct Head {
    const char* column;
    std::vector<Source> stretches;  // the one that is walked last, those still to walk before it
    std::optional<Statement> walked;
    std::optional<Entry> entry;
  };

  void advance(Head& head) {
    head.entry.reset();
    while (error_ && !head.stretches.empty()) {
      if (!head.walked) begin(head);
      if (head.walked->step()) {
        head.entry = {{!head.walked->is_null(2), head.walked->integer(2), "", id_of(*head.walked)},
                      head.walked->integer(1) != 0};
        return;
      }
      error_ = head.walked->error();
      head.walked.reset();
      head.stretches.pop_back();
    }
  }

  void begin(Head& head) {
    const Source& stretch = head.stretches.back();
    head.walked.emplace(database_.prepare("SELECT id, " + test_.condition + ", " + head.column +
                                          stretch.select.substr(sizeof "SELECT id" - 1)));
    bind(*head.walked, test_.parameters);
    bind(*head.walked, stretch.parameters);
  }
  static std::uint64_t id_of(const Statement& row) { return static_cast<std::uint64_t>(row.integer(0)); }

  Database& database_;
  const Test& test_;
  const bool up_;
  std::vector<Head> heads_;
  Result<> error_;
};

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
Result<Total> total_of(Database& database, const QueueQuery& query) {
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
  const Result<Total> total = whole ? Total{page.items.size(), true} : total_of(database, query);
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
