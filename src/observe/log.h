// Log writes one line of JSON per event to standard error. Every line says what it is about: fields carry the ids.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include "async/loop.h"

namespace postroom::observe {

enum class Level { info, warning, error };

struct Field {
  std::string_view name;
  std::string value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const char* v) : name(n), value(v) {}
  Field(std::string_view n, std::int64_t v) : name(n), value(std::to_string(v)) {}
};

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;

  explicit Log(async::Loop& loop, Level threshold = Level::info);  // to standard error
  Log(async::Loop& loop, Level threshold, Sink sink) : loop_(loop), threshold_(threshold), sink_(std::move(sink)) {}

  bool wants(Level level) const { return level >= threshold_; }
  void write(Level level, std::string_view event, std::initializer_list<Field> fields);

 private:
  async::Loop& loop_;
  Level threshold_;
  Sink sink_;
};

}  // namespace postroom::observe
