#include "base/json_writer.h"

#include <fmt/format.h>

#include <iterator>

#include "base/text.h"

namespace postroom {
namespace {

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace

void JsonWriter::separate() {
  if (json_.empty()) return;
  const char last = json_.back();
  if (last != '{' && last != '[' && last != ':' && last != '\n') json_ += ',';
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  json_ += '{';
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  json_ += '}';
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  json_ += '[';
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  json_ += ']';
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  json_ += '"';
  json_ += name;
  json_ += "\":";
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  separate();
  append_quoted(json_, is_valid_utf8(value) ? value : printable(value, value.size()));
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  separate();
  json_ += fmt::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  json_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  json_ += "null";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  json_ += json;
  return *this;
}

JsonWriter& JsonWriter::time(std::string_view name, std::optional<Timestamp> at) {
  key(name);
  return at ? text(format_rfc3339(*at)) : null();
}

JsonWriter& JsonWriter::text_or_null(std::string_view name, std::string_view value) {
  key(name);
  return value.empty() ? null() : text(value);
}

JsonWriter& JsonWriter::number_or_null(std::string_view name, std::optional<std::int64_t> value) {
  key(name);
  return value ? number(*value) : null();
}

JsonWriter& JsonWriter::texts(std::string_view name, const std::vector<std::string>& values) {
  key(name).begin_array();
  for (const auto& value : values) text(value);
  return end_array();
}

}  // namespace postroom
