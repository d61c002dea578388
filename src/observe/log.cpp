#include "observe/log.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>

#include "base/text.h"

namespace postroom::observe {
namespace {

constexpr std::size_t value_bytes = 2000;

std::string_view word(Level level) {
  switch (level) {
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "";
}

void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : printable(text, value_bytes)) {
    if (c == '"' || c == '\\') line += '\\';
    line += c;
  }
  line += '"';
}

void write_to_standard_error(std::string_view line) {
  while (!line.empty()) {
    const ssize_t wrote = ::write(STDERR_FILENO, line.data(), line.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return;  // nobody listens
    line.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace

Log::Log(async::Loop& loop, Level threshold) : Log(loop, threshold, write_to_standard_error) {}

void Log::write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!wants(level)) return;
  std::string line =
      fmt::format("{{\"at\":\"{}\",\"level\":\"{}\",\"event\":", format_rfc3339(loop_.wall()), word(level));
  append_quoted(line, event);
  for (const auto& field : fields) {
    line += ',';
    append_quoted(line, field.name);
    line += ':';
    append_quoted(line, field.value);
  }
  line += "}\n";
  sink_(line);
}

}  // namespace postroom::observe
