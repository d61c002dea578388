#include "base/time_zone.h"

#include <date/tz.h>

#include <exception>

namespace postroom {
namespace {

using date::days;
using date::months;
using LocalDay = date::local_days;

LocalDay day_of(const date::time_zone* zone, Timestamp at) {
  const date::sys_time<Milliseconds> moment{Milliseconds(at.ms)};
  if (zone == nullptr) return LocalDay{date::floor<days>(moment).time_since_epoch()};
  return date::floor<days>(zone->to_local(moment));
}

// A midnight that a clock change skips or repeats counts once: its earliest moment.
Timestamp midnight(const date::time_zone* zone, LocalDay day) {
  if (zone == nullptr) return {Milliseconds(day.time_since_epoch()).count()};
  const auto moment = zone->to_sys(day, date::choose::earliest);
  return {std::chrono::duration_cast<Milliseconds>(moment.time_since_epoch()).count()};
}

LocalDay first_of_month(const date::time_zone* zone, Timestamp at, int months_on) {
  const date::year_month_day today{day_of(zone, at)};
  const date::year_month month = today.year() / today.month() + months(months_on);
  return LocalDay{month / 1};
}

}  // namespace

Result<TimeZone> TimeZone::find(const std::string& name) {
  try {
    return TimeZone(date::locate_zone(name));
  } catch (const std::exception&) {
    return fail(ErrorCode::invalid, "there is no time zone \"" + name + "\"");
  }
}

Timestamp TimeZone::start_of_day(Timestamp at) const {
  return midnight(zone_, day_of(zone_, at));
}

Timestamp TimeZone::start_of_next_day(Timestamp at) const {
  return midnight(zone_, day_of(zone_, at) + days(1));
}

Timestamp TimeZone::start_of_month(Timestamp at) const {
  return midnight(zone_, first_of_month(zone_, at, 0));
}

Timestamp TimeZone::start_of_next_month(Timestamp at) const {
  return midnight(zone_, first_of_month(zone_, at, 1));
}

}  // namespace postroom
