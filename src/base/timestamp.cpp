#include "base/timestamp.h"

#include <fmt/format.h>

#include <array>

namespace postroom {
namespace {

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

using std::chrono::days;
using std::chrono::sys_days;

struct Calendar {
  std::chrono::year_month_day date;
  int hour, minute, second, millisecond;
  std::chrono::weekday weekday;
};

Calendar split(Timestamp at) {
  const std::chrono::sys_time<Milliseconds> point{Milliseconds(at.ms)};
  const sys_days day = std::chrono::floor<days>(point);
  const std::chrono::hh_mm_ss time{point - day};
  return {day,
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count()),
          std::chrono::weekday(day)};
}

// Reads exactly `width` digits at `text` and moves past them; -1 when there are fewer.
int take_number(std::string_view& text, std::size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, char lower) {
  if (text.empty() || (text[0] | 0x20) != (lower | 0x20)) return false;
  text.remove_prefix(1);
  return true;
}

// The fraction after the seconds, in milliseconds; -1 when the dot has no digit after it.
int take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  int ms = 0;
  int digits = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits)
    if (digits < 3) ms = ms * 10 + (text[0] - '0');
  if (digits == 0 || digits > 9) return -1;
  for (; digits < 3; ++digits) ms *= 10;
  return ms;
}

// The zone's offset in minutes; false when there is none.
bool take_offset(std::string_view& text, int& minutes) {
  minutes = 0;
  if (take(text, 'z')) return true;
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return false;
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return false;
  minutes = sign * (hour * 60 + minute);
  return true;
}

}  // namespace

std::string format_rfc3339(Timestamp at) {
  const Calendar c = split(at);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(c.date.year()),
                     static_cast<unsigned>(c.date.month()), static_cast<unsigned>(c.date.day()), c.hour, c.minute,
                     c.second, c.millisecond);
}

Result<Timestamp> parse_rfc3339(std::string_view text) {
  const auto bad = [] {
    return fail(ErrorCode::invalid, "not an RFC 3339 date and time such as 2026-11-24T08:39:13Z");
  };
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, '-')) return bad();
  const int month = take_number(text, 2);
  if (month < 0 || !take(text, '-')) return bad();
  const int day = take_number(text, 2);
  if (day < 0 || !take(text, 't')) return bad();
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return bad();
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return bad();
  const int second = take_number(text, 2);
  if (second < 0 || second > 60) return bad();  // 60: a leap second counts as the next one
  const int ms = take_fraction(text);
  int offset = 0;
  if (ms < 0 || !take_offset(text, offset) || !text.empty()) return bad();
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad();
  const std::int64_t days_since = sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days_since * 86400 + hour * 3600 + (minute - offset) * 60 + second;
  return Timestamp{seconds * 1000 + ms};
}

std::string format_rfc5322(Timestamp at) {
  const Calendar c = split(at);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", weekdays[c.weekday.c_encoding()],
                     static_cast<unsigned>(c.date.day()), months[static_cast<unsigned>(c.date.month()) - 1],
                     static_cast<int>(c.date.year()), c.hour, c.minute, c.second);
}

std::string format_http_date(Timestamp at) {
  const Calendar c = split(at);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[c.weekday.c_encoding()],
                     static_cast<unsigned>(c.date.day()), months[static_cast<unsigned>(c.date.month()) - 1],
                     static_cast<int>(c.date.year()), c.hour, c.minute, c.second);
}

}  // namespace postroom
