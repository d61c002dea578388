#include "api/object_reader.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

namespace postroom::api {
namespace {

// RFC 6901 §3.
std::string escape_pointer(std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '~') {
      escaped += "~0";
    } else if (c == '/') {
      escaped += "~1";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

std::string ObjectReader::pointer_to(std::string_view name) const {
  return pointer_ + "/" + escape_pointer(name);
}

void ObjectReader::error(std::string_view name, std::string code, std::string detail) {
  errors_.push_back({pointer_to(name), std::move(code), std::move(detail)});
}

const boost::json::value* ObjectReader::take(std::string_view name) {
  known_.emplace(name);
  return object_.if_contains({name.data(), name.size()});
}

std::optional<std::string> ObjectReader::text(std::string_view name) {
  const auto* value = take(name);
  if (!value) return std::nullopt;
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  error(name, "not_a_string", "This must be a string.");
  return std::nullopt;
}

std::string ObjectReader::text_or_empty(std::string_view name) {
  const auto* value = take(name);
  return value && value->is_null() ? "" : text(name).value_or("");
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto* value = take(name);
  if (!value) return std::nullopt;
  const auto* number = value->if_int64();
  if (number && *number >= least && *number <= most) return *number;
  error(name, number || value->is_uint64() ? "out_of_range" : "not_an_integer",
        fmt::format("This must be a whole number from {} to {}.", least, most));
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view name) {
  const auto* value = take(name);
  if (!value) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  error(name, "not_a_boolean", "This must be true or false.");
  return std::nullopt;
}

std::optional<Timestamp> ObjectReader::time(std::string_view name) {
  const auto given = text(name);
  if (!given) return std::nullopt;
  const auto at = parse_rfc3339(*given);
  if (at) return *at;
  error(name, "not_a_time", "This must be an RFC 3339 time such as 2026-11-24T08:39:13Z.");
  return std::nullopt;
}

std::vector<std::string> ObjectReader::texts(std::string_view name) {
  std::vector<std::string> result;
  const auto* value = take(name);
  if (!value) return result;
  const auto* array = value->if_array();
  if (!array) {
    error(name, "not_a_list", "This must be a list of strings.");
    return result;
  }
  for (const auto& item : *array) {
    if (const auto* string = item.if_string()) {
      result.emplace_back(string->data(), string->size());
    } else {
      error(name, "not_a_list", "This must be a list of strings.");
      return {};
    }
  }
  return result;
}

void ObjectReader::finish() {
  for (const auto& entry : object_) {
    const std::string_view name(entry.key().data(), entry.key().size());
    if (!known_.contains(name)) error(name, "unknown_field", "There is no such field.");
  }
}

}  // namespace postroom::api
