// Reads a list's query parameters: filters by field name, sort, limit and cursor. Whatever is unknown is refused.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/submission.h"
#include "store/queries.h"

namespace postroom::api {

using Parameters = std::vector<std::pair<std::string, std::string>>;

template <class Filter>
struct ListQuery {
  Filter filter;
  store::QueueSort sort = store::QueueSort::created_at;  // the log has one sort only
  store::Direction direction = store::Direction::descending;
  store::PageRequest page;
  std::string cursor_key;  // binds a cursor to filter and sort
};

// Refusal: status 400 with code unknown_parameter, parameter_invalid, sort_not_offered or cursor_mismatch.
template <class T>
using OrRefusal = std::expected<T, intake::Refusal>;

OrRefusal<ListQuery<store::QueueFilter>> read_queue_query(const Parameters& parameters);
// `extra` names parameters that the caller reads itself ("format" of the export).
OrRefusal<ListQuery<store::LogFilter>> read_log_query(const Parameters& parameters, std::string_view extra = "");
OrRefusal<ListQuery<store::AuditFilter>> read_audit_query(const Parameters& parameters);
OrRefusal<ListQuery<int>> read_plain_query(const Parameters& parameters);

// One filter of the queue's; false when the name is none of them.
OrRefusal<bool> set_queue_filter(store::QueueFilter& filter, const std::string& name, const std::string& value);

std::string make_cursor(const store::Position& position, std::string_view cursor_key);

}  // namespace postroom::api
