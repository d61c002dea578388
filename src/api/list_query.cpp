#include "api/list_query.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "auth/api_keys.h"
#include "base/limits.h"
#include "base/text.h"

namespace postroom::api {
namespace {

using store::DateRange;

std::unexpected<intake::Refusal> refused(std::string code, std::string detail) {
  return std::unexpected(intake::Refusal{400, std::move(code), std::move(detail), {}});
}
std::unexpected<intake::Refusal> bad_value(const std::string& name, std::string_view value = {}) {
  const bool has_blank = name == "email" && value.contains(' ');
  return refused("parameter_invalid", "The value of \"" + printable(name, 60) + "\" is not valid." +
                                          (has_blank ? " In a query a + is written %2B." : ""));
}

std::optional<store::EmailFilter> email_filter(std::string_view text) {
  const std::string lower = to_lower(text);
  const std::size_t star = lower.find('*');
  using Kind = store::EmailFilter::Kind;
  const std::string local = lower.substr(0, lower.rfind('@') == std::string::npos ? 0 : lower.rfind('@'));
  const bool lost_plus = local.contains(' ') && !local.contains('"');  // no address has a blank there
  if (lower.empty() || lost_plus) return std::nullopt;
  if (star == std::string::npos) return store::EmailFilter{Kind::exact, lower};
  if (star == lower.size() - 1) return store::EmailFilter{Kind::prefix, lower.substr(0, star)};
  if (lower.starts_with("*@") && lower.find('*', 1) == std::string::npos && lower.size() > 2)
    return store::EmailFilter{Kind::domain, lower.substr(2)};
  return std::nullopt;
}

// "<field>_from" and "<field>_to". nullopt: not a bound of this field; false: not a time.
std::optional<bool> set_range(DateRange& range, std::string_view field, std::string_view name, std::string_view value) {
  if (!name.starts_with(field)) return std::nullopt;
  const std::string_view bound = name.substr(field.size());
  if (bound != "_from" && bound != "_to") return std::nullopt;
  const auto at = parse_rfc3339(value);
  if (!at) return false;
  (bound == "_from" ? range.from : range.to) = *at;
  return true;
}

template <class T>
bool assign(std::optional<T>& field, std::optional<T> value) {
  field = std::move(value);
  return field.has_value();
}

template <class T>
std::optional<Id<T>> id_of(std::string_view text) {
  const auto value = parse_id(text);
  if (!value) return std::nullopt;
  return Id<T>{*value};
}

template <class Status>
bool add_status(std::vector<Status>& statuses, std::string_view value) {
  const auto status = store::from_word<Status>(value);
  if (status) statuses.push_back(*status);
  return status.has_value();
}

// An empty text asks nothing, whatever the field: a filter of such is an empty one.
bool set_text(std::optional<std::string>& field, const std::string& value) {
  if (!value.empty()) field = value;
  return true;
}

bool set_email(std::optional<store::EmailFilter>& field, const std::string& value) {
  return value.empty() || value == "*" || assign(field, email_filter(value));
}

// The filters that queue and log share. nullopt: not one of them.
template <class Filter>
std::optional<bool> set_common(Filter& filter, const std::string& name, const std::string& value) {
  if (name == "status") return add_status(filter.statuses, value);
  if (name == "email") return set_email(filter.email, value);
  if (name == "subject") return set_text(filter.subject, value);
  if (name == "reason") return set_text(filter.reason, value);
  if (name == "reason_class") return assign(filter.reason_class, store::from_word<store::ReasonClass>(value));
  if (name == "connection_id") return assign(filter.connection_id, to_number<store::ConnectionId>(value));
  if (name == "lane") return set_text(filter.lane, value);
  if (name == "message_id") return assign(filter.message_id, id_of<MessageTag>(value));
  return std::nullopt;
}

std::optional<bool> set_log_filter(store::LogFilter& filter, const std::string& name, const std::string& value) {
  if (const auto set = set_common(filter, name, value)) return set;
  if (name == "id") return assign(filter.id, id_of<AttemptTag>(value));
  if (name == "provider_id") return set_text(filter.provider_id, value);
  if (name == "active_queue_id") return assign(filter.active_queue_id, id_of<EmailTag>(value));
  if (name == "reply_code") return assign(filter.reply_code, to_number<int>(value));
  return set_range(filter.attempted_at, "attempted_at", name, value);
}

std::optional<bool> set_queue_field(store::QueueFilter& filter, const std::string& name, const std::string& value) {
  if (name == "status") {
    const auto status = store::from_word<store::EmailStatus>(value);
    if (!status || store::is_final(*status)) return false;
    filter.statuses.push_back(*status);
    return true;
  }
  if (const auto set = set_common(filter, name, value)) return set;
  if (name == "id") return assign(filter.id, id_of<EmailTag>(value));
  if (name == "tag") return set_text(filter.tag, value);
  if (name == "submitted_by") return set_text(filter.submitted_by, value);
  if (name == "attempts") {
    filter.attempts_to = to_number<std::uint32_t>(value);
    return assign(filter.attempts_from, filter.attempts_to);
  }
  if (name == "attempts_from") return assign(filter.attempts_from, to_number<std::uint32_t>(value));
  if (name == "attempts_to") return assign(filter.attempts_to, to_number<std::uint32_t>(value));
  if (const auto set = set_range(filter.created_at, "created_at", name, value)) return set;
  if (const auto set = set_range(filter.next_attempt_at, "next_attempt_at", name, value)) return set;
  return set_range(filter.last_attempt_at, "last_attempt_at", name, value);
}

constexpr std::size_t cursor_hash_bytes = 8;
std::string cursor_hash(std::string_view key, std::string_view position) {
  return auth::sha256(std::string(key).append(position)).substr(0, cursor_hash_bytes);
}

// hash of the list, its filter and sort, and what follows · id, 8 bytes · whether a value follows · the value
OrRefusal<store::Position> read_cursor(const std::string& text, std::string_view key) {
  const auto bytes = base64url_decode(text);
  store::Position position;
  constexpr std::size_t head = cursor_hash_bytes + sizeof(position.id);
  if (!bytes || bytes->size() < head + 1) return bad_value("cursor");
  if (bytes->substr(0, cursor_hash_bytes) != cursor_hash(key, std::string_view(*bytes).substr(cursor_hash_bytes)))
    return refused("cursor_mismatch", "The cursor belongs to another list, or to one with another filter or sort.");
  std::memcpy(&position.id, bytes->data() + cursor_hash_bytes, sizeof(position.id));
  position.has_value = (*bytes)[head] == 1;
  position.value = bytes->substr(head + 1);
  return position;
}

std::optional<store::QueueSort> queue_sort(std::string_view name) {
  using store::QueueSort;
  if (name == "created_at") return QueueSort::created_at;
  if (name == "next_attempt_at") return QueueSort::next_attempt_at;
  if (name == "last_attempt_at") return QueueSort::last_attempt_at;
  if (name == "attempts") return QueueSort::attempts;
  if (name == "email") return QueueSort::email;
  return std::nullopt;
}

// Reads what all lists share and gives each other parameter to `set` (nullopt: unknown; false: bad value). `sorts` says
// whether a sort's name is offered.
template <class Filter, class Set, class Sorts>
OrRefusal<ListQuery<Filter>> read_list(std::string_view list, const Parameters& parameters, Set set, Sorts sorts) {
  ListQuery<Filter> query;
  query.cursor_key = std::string(list) + '\0';
  const std::string* cursor = nullptr;
  Parameters key;
  for (const auto& [name, value] : parameters) {
    // Which of two would count is a guess, and a guess shows, exports or acts on the wrong mail.
    if (name != "status" && std::ranges::count(parameters, name, &Parameters::value_type::first) > 1)
      return refused("parameter_invalid", "Give \"" + printable(name, 60) + "\" only once.");
    if (name == "cursor") {
      cursor = &value;
      continue;
    }
    if (name == "limit") {
      const auto limit = to_number<std::size_t>(value);
      if (!limit || *limit < 1 || *limit > limits::page) return bad_value(name);
      query.page.limit = *limit;
      continue;
    }
    key.emplace_back(name, value);
    if (name == "sort") {
      const bool descending = value.starts_with('-');
      query.direction = descending ? store::Direction::descending : store::Direction::ascending;
      if (!sorts(query, std::string_view(value).substr(descending ? 1 : 0)))
        return refused("sort_not_offered", "The list cannot be sorted by this.");
      continue;
    }
    const std::optional<bool> known = set(query.filter, name, value);
    if (!known) return refused("unknown_parameter", "There is no parameter \"" + printable(name, 60) + "\".");
    if (!*known) return bad_value(name, value);
  }
  std::ranges::sort(key);
  for (const auto& [name, value] : key) query.cursor_key += name + '\0' + value + '\0';
  if (cursor) {
    auto position = read_cursor(*cursor, query.cursor_key);
    if (!position) return std::unexpected(position.error());
    query.page.after = std::move(*position);
  }
  return query;
}

}  // namespace

OrRefusal<bool> set_queue_filter(store::QueueFilter& filter, const std::string& name, const std::string& value) {
  const auto set = set_queue_field(filter, name, value);
  if (set && !*set) return bad_value(name, value);
  return set.has_value();
}

OrRefusal<ListQuery<store::QueueFilter>> read_queue_query(const Parameters& parameters) {
  return read_list<store::QueueFilter>("queue", parameters, set_queue_field, [](auto& query, std::string_view name) {
    const auto sort = queue_sort(name);
    if (sort) query.sort = *sort;
    return sort.has_value();
  });
}

OrRefusal<ListQuery<store::LogFilter>> read_log_query(const Parameters& parameters, std::string_view extra) {
  const auto set = [extra](store::LogFilter& filter, const std::string& name, const std::string& value) {
    if (!extra.empty() && name == extra) return std::optional(true);
    return set_log_filter(filter, name, value);
  };
  return read_list<store::LogFilter>("log", parameters, set,
                                     [](auto&, std::string_view name) { return name == "attempted_at"; });
}

OrRefusal<ListQuery<store::AuditFilter>> read_audit_query(const Parameters& parameters) {
  const auto set = [](store::AuditFilter& filter, const std::string& name,
                      const std::string& value) -> std::optional<bool> {
    if (name == "by") return set_text(filter.by, value);
    if (name == "action") return set_text(filter.action, value);
    if (name == "object") return set_text(filter.object, value);
    if (name == "reason") return set_text(filter.reason, value);
    return set_range(filter.at, "at", name, value);
  };
  return read_list<store::AuditFilter>("audit", parameters, set, [](auto&, std::string_view) { return false; });
}

OrRefusal<ListQuery<int>> read_plain_query(const Parameters& parameters) {
  const auto none = [](int&, const std::string&, const std::string&) -> std::optional<bool> { return std::nullopt; };
  return read_list<int>("events", parameters, none, [](auto&, std::string_view) { return false; });
}

std::string make_cursor(const store::Position& position, std::string_view cursor_key) {
  std::string bytes;
  bytes.append(reinterpret_cast<const char*>(&position.id), sizeof(position.id));
  bytes += position.has_value ? '\1' : '\0';
  bytes += position.value;
  return base64url_encode(cursor_hash(cursor_key, bytes) + bytes);
}

}  // namespace postroom::api
