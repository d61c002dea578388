// Two kinds of time that the type system keeps apart: Timestamp is a moment on the calendar (stored, shown, compared
// across restarts), Monotonic a moment of this process's steady clock (waiting, deadlines, durations).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postroom {

using Duration = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

// Milliseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
  std::int64_t ms = 0;

  friend auto operator<=>(Timestamp, Timestamp) = default;
  friend Timestamp operator+(Timestamp t, Duration d) {
    return {t.ms + std::chrono::duration_cast<Milliseconds>(d).count()};
  }
  friend Timestamp operator-(Timestamp t, Duration d) { return t + -d; }
  friend Milliseconds operator-(Timestamp a, Timestamp b) { return Milliseconds(a.ms - b.ms); }
};

// Nanoseconds of the loop's steady clock; only differences mean anything.
struct Monotonic {
  std::int64_t ns = 0;

  static constexpr Monotonic never() { return {INT64_MAX}; }
  friend auto operator<=>(Monotonic, Monotonic) = default;
  friend Monotonic operator+(Monotonic t, Duration d) { return t == never() ? t : Monotonic{t.ns + d.count()}; }
  friend Duration operator-(Monotonic a, Monotonic b) { return Duration(a.ns - b.ns); }
};

// "2026-11-24T08:39:13.042Z" (RFC 3339, UTC, milliseconds).
std::string format_rfc3339(Timestamp at);

// Any RFC 3339 date-time, with offset or Z, up to nanoseconds (truncated). Error: invalid.
Result<Timestamp> parse_rfc3339(std::string_view text);

// "Tue, 24 Nov 2026 08:39:13 +0000" (RFC 5322 §3.3).
std::string format_rfc5322(Timestamp at);

// "Tue, 24 Nov 2026 08:39:13 GMT" (RFC 9110 §5.6.7).
std::string format_http_date(Timestamp at);

}  // namespace postroom
