#include "sim/books.h"

#include <algorithm>

#include "base/time_zone.h"

namespace postroom::sim {
namespace {

constexpr Duration settings_take = std::chrono::seconds(1);   // until the engine has read what was changed
constexpr Duration opening_takes = std::chrono::seconds(30);  // from a place in the limits to the attempt, at most
constexpr Duration patience = std::chrono::seconds(5);        // with a count that is about to agree

TimeZone zone_of(const store::ConnectionRecord& connection) {
  return TimeZone::find(connection.timezone).value_or(TimeZone());
}

std::string named(store::ConnectionId id) {
  return "connection " + std::to_string(id);
}

}  // namespace

void Books::read_log(Page& page, store::ConnectionId id) {
  std::map<AttemptId, Monotonic> seen;
  for (const Entry& entry : page.entries) seen[entry.attempt] = entry.earliest;
  page.entries.clear();
  for (const auto& [attempt, row] : world_.disk->attempts) {
    if (row.attempt.connection_id != id || !row.attempt.counted) continue;
    const Duration ago = std::max<Duration>(world_.now - attempt.at(), Duration{0});
    const Monotonic told{world_.time.ns - ago.count()};
    const Monotonic no_later{told.ns - Duration(std::chrono::milliseconds(1)).count()};
    const auto known = seen.find(attempt);
    page.entries.push_back(
        {attempt, known == seen.end() ? no_later : std::min(known->second, no_later), told, attempt.at()});
  }
}

void Books::process_begins() {
  for (auto& [id, page] : pages_) {
    read_log(page, id);
    page.agreed = world_.time;
    page.told_by_the_log = false;
  }
}

void Books::begun(const store::AttemptRecord& attempt) {
  if (!attempt.counted) return;
  const auto stored = world_.disk->connections.find(attempt.connection_id);
  Page& page = stored == world_.disk->connections.end() ? pages_[attempt.connection_id] : page_of(stored->second);
  if (std::ranges::find(page.entries, attempt.id, &Entry::attempt) == page.entries.end())  // not just read
    page.entries.push_back({attempt.id, world_.time, world_.time, world_.now});
  std::string which;
  // The clock stepped back into a day that was full, and mail had its place in the next. In service it never does so.
  const bool set_back = world_.now < world_.latest && world_.time - last_jump_ < opening_takes;
  const Span span = set_back ? Span::sliding_ones : Span::any;
  const bool within = world_.lately(settings_take, [&](const Settings& settings) {
    const auto found = settings.connections.find(attempt.connection_id);
    if (found == settings.connections.end()) return false;
    which = exceeded(page, found->second, 0, span, &Entry::earliest);
    return which.empty();
  });
  if (!within)
    world_.violated("limits are never exceeded",
                    named(attempt.connection_id) + " sends " + attempt.address + " beyond " + which);
}

void Books::given_back(AttemptId attempt) {
  for (auto& [id, page] : pages_)
    std::erase_if(page.entries, [attempt](const Entry& entry) { return entry.attempt == attempt; });
}

std::size_t Books::since(const Page& page, Duration span, Moment moment) const {
  const Monotonic after{world_.time.ns - span.count()};
  return static_cast<std::size_t>(
      std::ranges::count_if(page.entries, [=](const Entry& entry) { return entry.*moment > after; }));
}

std::size_t Books::in_day(const Page& page, const TimeZone& zone) const {
  const Timestamp from = zone.start_of_day(world_.now), to = zone.start_of_next_day(world_.now);
  return static_cast<std::size_t>(std::ranges::count_if(
      page.entries, [from, to](const Entry& entry) { return entry.wall >= from && entry.wall < to; }));
}

std::size_t Books::in_month(const Page& page, const TimeZone& zone) const {
  const Timestamp from = zone.start_of_month(world_.now), to = zone.start_of_next_month(world_.now);
  return static_cast<std::size_t>(std::ranges::count_if(
      page.entries, [from, to](const Entry& entry) { return entry.wall >= from && entry.wall < to; }));
}

std::string Books::exceeded(const Page& page, const store::ConnectionRecord& connection, std::size_t more, Span span,
                            Moment moment) const {
  using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
  const store::SendingLimits& limits = connection.limits;
  if (limits == store::SendingLimits{}) return {};
  const auto over = [more](std::uint32_t limit, std::size_t used) { return limit != 0 && used + more > limit; };
  const TimeZone zone = zone_of(connection);
  if (span != Span::long_ones && over(limits.per_second, since(page, seconds(1), moment))) return "its limit a second";
  if (span != Span::long_ones && over(limits.per_minute, since(page, minutes(1), moment))) return "its limit a minute";
  if (over(limits.per_hour, since(page, hours(1), moment))) return "its limit an hour";
  if (span == Span::sliding_ones) return {};
  if (over(limits.per_day, in_day(page, zone))) return "its limit a day in " + connection.timezone;
  if (over(limits.per_month, in_month(page, zone))) return "its limit a month in " + connection.timezone;
  return {};
}

bool Books::has_room(const store::ConnectionRecord& connection, Span span, std::size_t emails) const {
  const auto page = pages_.find(connection.id);
  return page == pages_.end() || exceeded(page->second, connection, emails, span, &Entry::latest).empty();
}

// As the engine does, it reads the log anew when the limits are others; what was begun since it looked last may have
// been counted by either.
Books::Page& Books::page_of(const store::ConnectionRecord& connection) {
  Page& page = pages_[connection.id];
  if (page.limits == connection.limits && page.timezone == connection.timezone) return page;
  if (!page.timezone.empty()) {
    read_log(page, connection.id);
    page.told_by_the_log = true;
    page.agreed = world_.time;
  }
  page.limits = connection.limits;
  page.timezone = connection.timezone;
  return page;
}

void Books::check_meters(Process& process) {
  for (const auto& [id, connection] : world_.disk->connections) {
    Page& page = page_of(connection);
    const TimeZone zone = zone_of(connection);
    if (zone.start_of_day(world_.now) != zone.start_of_day(world_.latest))
      page.doubtful_until = zone.start_of_next_day(world_.latest);
    const bool doubtful = world_.now < std::max(world_.latest, page.doubtful_until);
    const std::uint64_t engine = process.engine.state(id).used.per_day;
    const std::uint64_t counted = in_day(page, zone);
    // What was given back is recorded once the store takes it. What was begun while an operator changed the limits may
    // count once too often, never too seldom.
    const bool store_ails = process.store_trouble_until > process.loop.now();
    if (doubtful || store_ails || engine == counted || (page.told_by_the_log && engine > counted))
      page.agreed = world_.time;
    if (world_.time - page.agreed > patience)
      world_.violated("the meter agrees with the log", named(id) + " has used " + std::to_string(counted) +
                                                           " of its day, the engine says " + std::to_string(engine));
  }
}

}  // namespace postroom::sim
