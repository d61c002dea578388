#include "store/sqlite/queue_walk.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postroom::store::sqlite {
namespace {

// The stored states of mail that may be shown in a state asked for, a bit each.
std::int64_t stored_states(const QueueFilter& filter) {
  const auto bit = [](EmailStatus status) { return std::int64_t{1} << static_cast<int>(status); };
  std::int64_t states = asks(filter, EmailStatus::queued) ? bit(EmailStatus::scheduled) : 0;  // its time has come
  for (const EmailStatus status : filter.statuses) states |= bit(status);
  return states;
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

}  // namespace

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

Key key_of(const Position& position, QueueSort sort) {
  if (sort == QueueSort::email) return {true, 0, to_lower(position.value), position.id};
  return {position.has_value, position.number().value_or(0), "", position.id};
}

void Test::demand(const std::string& more, const std::optional<Parameter>& value) {
  condition += " AND (? OR " + more + ")";
  parameters.emplace_back(std::int64_t{value ? 0 : 1});
  parameters.push_back(value.value_or(std::int64_t{0}));
}

Test test_of(const QueueFilter& filter) {
  std::optional<Parameter> states, reason, domain;
  if (asks_only_queued_states(filter)) states = stored_states(filter);
  if (stored_class(filter)) reason = static_cast<std::int64_t>(*stored_class(filter));
  if (filter.email && filter.email->kind == EmailFilter::Kind::domain) domain = to_lower(filter.email->value);
  Test test;
  test.demand("(?>>status)&1", states);
  test.demand("lane=?", filter.lane);
  test.demand("reason_class=?", reason);
  test.demand("? IN (pinned_to, in_doubt_with)", filter.connection_id);
  test.demand("domain=?", domain);
  for (const QueueSort sort : {QueueSort::attempts, QueueSort::last_attempt_at, QueueSort::next_attempt_at}) {
    const SortIndex index = index_of(sort, filter);
    test.demand(std::string(index.column) + ">=?", index.bounds.from);
    test.demand(std::string(index.column) + "<?", index.bounds.to);
  }
  return test;
}

SortedWalk::SortedWalk(Database& database, const QueueQuery& query, const Test& test)
    : database_(database), test_(test), up_(query.direction == Direction::ascending) {
  for (SortIndex& sorted : indices_of(query.sort, query.filter)) {
    std::vector<Source> stretches = stretches_of(query, sorted);
    std::ranges::reverse(stretches);
    heads_.push_back({sorted.column, std::move(stretches), {}, {}});
  }
  for (Head& head : heads_) advance(head);
}

std::optional<SortedWalk::Entry> SortedWalk::next() {
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

void SortedWalk::advance(Head& head) {
  head.entry.reset();
  while (error_ && !head.stretches.empty()) {
    if (!head.walked) begin(head);
    if (head.walked->step()) {
      const auto id = static_cast<std::uint64_t>(head.walked->integer(0));
      head.entry = {{!head.walked->is_null(2), head.walked->integer(2), "", id}, head.walked->integer(1) != 0};
      return;
    }
    error_ = head.walked->error();
    head.walked.reset();
    head.stretches.pop_back();
  }
}

void SortedWalk::begin(Head& head) {
  const Source& stretch = head.stretches.back();
  head.walked.emplace(database_.prepare("SELECT id, " + test_.condition + ", " + head.column +
                                        stretch.select.substr(sizeof "SELECT id" - 1)));
  bind(*head.walked, test_.parameters);
  bind(*head.walked, stretch.parameters);
}

}  // namespace postroom::store::sqlite
