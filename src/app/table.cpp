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
constexpr auto columns = std::to_array<std::string_view>({"step",
                                                          "ok",
                                                          "id",
                                                          "caption",
                                                          "name",
                                                          "host",
                                                          "port",
                                                          "encryption",
                                                          "enabled",
                                                          "health",
                                                          "role",
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
                                                          "last_used_at",
                                                          "revoked_at",
                                                          "at",
                                                          "action",
                                                          "object",
                                                          "event",
                                                          "connection_id",
                                                          "sender_domain",
                                                          "recipient_domain",
                                                          "username",
                                                          "senders",
                                                          "lane",
                                                          "per_minute",
                                                          "per_day",
                                                          "tag",
                                                          "connection_ids",
                                                          "otherwise",
                                                          "stage",
                                                          "code",
                                                          "enhanced",
                                                          "text",
                                                          "scope",
                                                          "permanence",
                                                          "wait",
                                                          "usable",
                                                          "chosen",
                                                          "why",
                                                          "detail",
                                                          "advice"});
constexpr std::size_t widest = 44;

std::string cell(const json::value& value) {
  std::string text;
  const json::value* state = value.is_object() ? value.as_object().if_contains("state") : nullptr;  // of its health
  if (state != nullptr) return cell(*state);
  if (value.is_string())
    text = value.as_string().c_str();
  else if (!value.is_null())
    text = json::serialize(value);
  return text;
}

std::string cut(std::string text) {
  return text.size() > widest ? text.substr(0, widest - 1) + "…" : text;
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
      if (column != shown.back()) row.back() = cut(std::move(row.back()));
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
    const json::array* list = field.if_array();
    if (list != nullptr && !list->empty() && list->front().is_object()) {
      lines += fmt::format("{}:\n{}", std::string_view(name), table_of(*list));
      continue;
    }
    const std::string shown = field.is_string() ? std::string(field.as_string()) : json::serialize(field);
    lines += fmt::format("{}: {}\n", std::string_view(name), shown);
  }
  return lines;
}

}  // namespace postroom::app
