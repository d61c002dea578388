#include "store/sqlite/queue_indices.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.h"

namespace postroom::store::sqlite {
namespace {

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

// Mail in these states stays for a while: it has indices of its own for each state, which mail that goes at once never
// enters.
bool stays(EmailStatus status) {
  return status == EmailStatus::scheduled || status == EmailStatus::deferred || status == EmailStatus::held ||
         status == EmailStatus::unknown;
}

Source entries(const std::string& index, const std::string& condition, std::vector<Parameter> parameters) {
  return {"SELECT id FROM email INDEXED BY " + index + " WHERE " + condition, std::move(parameters)};
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

Narrowing entries_with_status(const QueueFilter& filter) {
  Narrowing sources;
  for (const EmailStatus status : std::set(filter.statuses.begin(), filter.statuses.end()))
    sources.push_back(entries(status));
  return sources;
}

Narrowing entries_of_reason_class(ReasonClass reason) {
  return {entries("email_reason_class", "reason_class<>0 AND reason_class=?", {static_cast<std::int64_t>(reason)})};
}

Narrowing entries_of_connection(ConnectionId id) {
  return {entries("email_pinned", "pinned_to=?", {id}), entries("email_doubt", "in_doubt_with=?", {id})};
}

}  // namespace

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

bool asks_only_queued_states(const QueueFilter& filter) {
  return !filter.statuses.empty() && std::ranges::none_of(filter.statuses, is_final);
}

bool asks(const QueueFilter& filter, EmailStatus status) {
  return std::ranges::find(filter.statuses, status) != filter.statuses.end();
}

std::optional<ReasonClass> stored_class(const QueueFilter& filter) {
  const bool may_differ = filter.reason_class == ReasonClass::expired;  // shown before it is stored (as_of.h)
  return may_differ ? std::nullopt : filter.reason_class;
}

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

bool answered_by_one_index(const QueueFilter& filter) {
  QueueFilter rest = filter;
  rest.created_at = {};
  if (filter.email && filter.email->kind != EmailFilter::Kind::prefix)
    rest.email.reset();
  else if (filter.connection_id)
    rest.connection_id.reset();
  else if (const std::optional<ReasonClass> reason = stored_class(filter); reason && *reason != ReasonClass::none)
    rest.reason_class.reset();
  else if (asks_only_queued_states(filter))
    rest.statuses.clear();
  else
    rest.lane.reset();
  return rest.empty();
}

}  // namespace postroom::store::sqlite
