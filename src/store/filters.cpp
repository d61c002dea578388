#include "store/filters.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::store {
namespace {

bool in_range(const std::optional<Timestamp>& at, const DateRange& range) {
  if (!range.from && !range.to) return true;
  return at && (!range.from || *at >= *range.from) && (!range.to || *at < *range.to);
}

bool is_address(const std::string& address, const std::optional<EmailFilter>& filter) {
  if (!filter) return true;
  const std::size_t at = address.rfind('@');
  switch (filter->kind) {
    case EmailFilter::Kind::exact:
      return equals_ignoring_case(address, filter->value);
    case EmailFilter::Kind::prefix:
      return starts_with_ignoring_case(address, filter->value);
    case EmailFilter::Kind::domain:
      return at != std::string::npos && equals_ignoring_case(address.substr(at + 1), filter->value);
  }
  return false;
}

template <class T>
bool one_of(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

template <class T>
bool is(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

bool contains(const std::string& text, const std::optional<std::string>& part) {
  return !part || contains_ignoring_case(text, *part);
}

}  // namespace

bool matches_without_message(const EmailRecord& email, const QueueFilter& filter) {
  const bool connection =
      !filter.connection_id || email.pinned_to == filter.connection_id || email.in_doubt_with == filter.connection_id;
  return connection && is(filter.id, email.id) && one_of(filter.statuses, email.status) &&
         is(filter.lane, email.lane) && is(filter.reason_class, email.reason_class) &&
         is(filter.message_id, email.message_id) && in_range(email.created_at(), filter.created_at) &&
         in_range(email.next_attempt_at, filter.next_attempt_at) &&
         in_range(email.last_attempt_at, filter.last_attempt_at) &&
         (!filter.attempts_from || email.attempts >= *filter.attempts_from) &&
         (!filter.attempts_to || email.attempts <= *filter.attempts_to) && is_address(email.address, filter.email) &&
         contains(email.reason, filter.reason);
}

bool matches(const EmailRecord& email, const std::string& submitted_by, const QueueFilter& filter) {
  return matches_without_message(email, filter) && contains(email.subject, filter.subject) &&
         (!filter.tag || std::ranges::find(email.tags, *filter.tag) != email.tags.end()) &&
         is(filter.submitted_by, submitted_by);
}

bool asks_message(const QueueFilter& filter) {
  return filter.subject || filter.tag || filter.submitted_by;
}

bool asks_message(const LogFilter& filter) {
  return filter.subject.has_value();
}

bool matches_without_message(const AttemptRecord& attempt, const LogFilter& filter) {
  return is(filter.id, attempt.id) && one_of(filter.statuses, attempt.status) &&
         is(filter.provider_id, attempt.provider_id) && is(filter.connection_id, attempt.connection_id) &&
         is(filter.reason_class, attempt.reason_class) && is(filter.reply_code, attempt.reply_code) &&
         is(filter.lane, attempt.lane) && is(filter.active_queue_id, attempt.email_id) &&
         is(filter.message_id, attempt.message_id) && in_range(attempt.attempted_at(), filter.attempted_at) &&
         is_address(attempt.address, filter.email) && contains(attempt.reason, filter.reason);
}

bool matches(const AttemptRecord& attempt, const LogFilter& filter) {
  return matches_without_message(attempt, filter) && contains(attempt.subject, filter.subject);
}

bool matches(const AuditRecord& record, const AuditFilter& filter) {
  return in_range(record.at, filter.at) && contains(record.by, filter.by) && contains(record.action, filter.action) &&
         contains(record.object, filter.object) && contains(record.reason, filter.reason);
}

}  // namespace postroom::store
