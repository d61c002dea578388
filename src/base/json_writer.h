// JsonWriter appends JSON text piece by piece; commas come by themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"

namespace postroom {

class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);

  JsonWriter& text(std::string_view value);  // broken UTF-8 becomes '?'
  JsonWriter& number(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);

  JsonWriter& text(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& number(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& boolean(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& time(std::string_view name, std::optional<Timestamp> at);
  JsonWriter& text_or_null(std::string_view name, std::string_view value);  // "" is null
  JsonWriter& number_or_null(std::string_view name, std::optional<std::int64_t> value);
  JsonWriter& texts(std::string_view name, const std::vector<std::string>& values);

  std::string take() { return std::move(json_); }

 private:
  void separate();
  std::string json_;
};

}  // namespace postroom
