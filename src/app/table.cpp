#include "app/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>
#include <vector>

namespace postroom::app {
namespace {

namespace json = boost::json;

// What is worth a column, in this order; a list shows those that its items have.
constexpr std::array<std::string_view, 23> columns{"id",
                                                   "caption",
                                                   "name",
                                                   "host",
                                                   "port",
                                                   "encryption",
                                                   "enabled",
                                                   "active_queue_id",
                                                   "email",
                                                   "subject",
                                                   "attempted_at",
                                                   "attempts",
                                                   "status",
                                                   "reason",
                                                   "decided_by",
                                                   "last_attempt_at",
                                                   "next_attempt_at",
                                                   "connection_caption",
                                                   "reply_code",
                                                   "scopes",
                                                   "at",
                                                   "action",
                                                   "object"};
constexpr std::size_t widest = 44;

std::string cell(const json::value& value) {
  std::string text;
  if (value.is_string())
    text = value.as_string().c_str();
  else if (!value.is_null())
    text = json::serialize(value);
  if (text.size() > widest) text = text.substr(0, widest - 1) + "…";
  return text;
}

std::string table_of(const json::array& items) {
  if (items.empty()) return "Nothing.\n";
  std::vector<std::string_view> shown;
  for (const std::string_view column : columns)
    if (items.front().as_object().contains(column)) shown.push_back(column);
  std::vector<std::vector<std::string>> rows{{shown.begin(), shown.end()}};
  for (const json::value& item : items) {
    std::vector<std::string> row;
    for (const std::string_view column : shown) {
      const json::value* value = item.as_object().if_contains(column);
      row.push_back(value ? cell(*value) : "");
    }
    rows.push_back(std::move(row));
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      std::size_t width = 0;
      for (const std::vector<std::string>& other : rows) width = std::max(width, other[i].size());
      line += fmt::format("{:<{}}  ", row[i], width);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

}  // namespace

std::string as_table(const std::string& text) {
  const json::value value = json::parse(text);
  const json::object* object = value.if_object();
  if (object == nullptr) return text + "\n";
  if (const json::value* items = object->if_contains("items")) return table_of(items->as_array());
  std::string lines;
  for (const auto& [name, field] : *object) {
    const std::string shown = field.is_string() ? std::string(field.as_string()) : json::serialize(field);
    lines += fmt::format("{}: {}\n", std::string_view(name), shown);
  }
  return lines;
}

}  // namespace postroom::app
