#include "policy/meter.h"

#include <algorithm>
#include <cstdint>

#include "base/assert.h"

namespace postroom::policy {
namespace {

constexpr std::size_t periods_remembered = 4;
constexpr std::uint32_t paces_a_second = 20;  // faster limits send a few at each pace

std::string emails(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " email" : " emails");
}

}  // namespace

Meter::Meter(const store::SendingLimits& limits, TimeZone zone)
    : windows_{{{std::chrono::seconds(1), limits.per_second, "second"},
                {std::chrono::minutes(1), limits.per_minute, "minute"},
                {std::chrono::hours(1), limits.per_hour, "hour"}}},
      periods_{{{limits.per_day, "day", {}, {}, 0, false, {}}, {limits.per_month, "month", {}, {}, 0, false, {}}}},
      zone_(zone) {}

Meter::Memory Meter::memory() const {
  Memory needed;
  for (const Window& window : windows_) {
    if (window.limit == 0) continue;
    needed.span = std::max(needed.span, window.span);
    needed.most = std::max<std::size_t>(needed.most, window.limit);
  }
  return needed;
}

// A new day or month starts from nothing; one that the wall clock comes back to goes on where it was left.
void Meter::roll(Timestamp wall) {
  const auto is_over = [wall](const Period& period) { return wall < period.start || wall >= period.end; };
  Period& day = periods_[0];
  Period& month = periods_[1];
  if (is_over(day)) turn(day, zone_.start_of_day(wall), zone_.start_of_next_day(wall));
  if (is_over(month)) turn(month, zone_.start_of_month(wall), zone_.start_of_next_month(wall));
}

void Meter::turn(Period& period, Timestamp start, Timestamp end) {
  if (period.end != Timestamp{}) period.others[period.start] = period.count;
  period.start = start;
  period.end = end;
  const auto known = period.others.find(start);
  period.count = known == period.others.end() ? 0 : known->second;
  while (period.others.size() > periods_remembered) period.others.erase(period.others.begin());
  period.warned = false;
}

void Meter::restore(const store::SendingHistory& history, Monotonic now, Timestamp wall) {
  for (Period& period : periods_) {
    period.end = Timestamp{};
    period.others.clear();
  }
  for (const store::SendingHistory::Quarter& quarter : history.quarters) {
    periods_[0].others[zone_.start_of_day(quarter.at)] += quarter.count;
    periods_[1].others[zone_.start_of_month(quarter.at)] += quarter.count;
  }
  roll(wall);
  sent_.clear();
  for (const Timestamp at : history.recent) {
    // Both times are cut to milliseconds: it may have been almost one later.
    const Duration ago = std::max<Duration>(wall - at - Milliseconds(1), Duration{0});
    sent_.push_back(Monotonic{now.ns - ago.count()});
  }
  std::ranges::sort(sent_);
  if (!sent_.empty()) next_paced_ = sent_.back() + pace();
}

Duration Meter::pace() const {
  const std::uint32_t per_second = windows_[0].limit;
  return per_second == 0 ? Duration{0} : Duration(std::chrono::seconds(1)) / per_second;
}

std::size_t Meter::sent_since(Monotonic after) const {
  return static_cast<std::size_t>(sent_.end() - std::ranges::upper_bound(sent_, after));
}

std::size_t Meter::room(Monotonic now, Timestamp wall) {
  roll(wall);
  std::size_t room = SIZE_MAX;
  const auto bound = [&](std::uint64_t limit, std::uint64_t taken) {
    if (limit != 0) room = std::min<std::size_t>(room, limit > taken ? limit - taken : 0);
  };
  for (const Window& window : windows_)
    if (window.limit != 0) bound(window.limit, sent_since(Monotonic{now.ns - window.span.count()}) + reserved_);
  for (const Period& period : periods_) bound(period.limit, period.count + reserved_);
  if (const std::uint32_t per_second = windows_[0].limit; per_second != 0) {
    if (now < next_paced_) return 0;
    room = std::min<std::size_t>(room, std::max(1u, per_second / paces_a_second));
  }
  return room;
}

std::optional<Meter::Wait> Meter::wait(Monotonic now, Timestamp wall) {
  if (room(now, wall) > 0) return std::nullopt;
  // What is reserved will count from now at the earliest.
  std::optional<Wait> longest;
  const auto until = [&](Monotonic when, const char* name, std::uint32_t limit) {
    if (!longest || when > longest->until) {
      const std::string words = emails(limit) + " a " + name;
      longest = Wait{when, words, "The connection's limit of " + words + " is reached."};
    }
  };
  for (const Window& window : windows_) {
    if (window.limit == 0) continue;
    const std::size_t taken = sent_since(Monotonic{now.ns - window.span.count()});
    if (taken + reserved_ < window.limit) continue;
    // The send whose leaving makes room; when all places are only reserved, they have yet to begin.
    const bool only_reserved = reserved_ >= window.limit || taken == 0;
    const std::size_t leaving = only_reserved ? 0 : taken + reserved_ - window.limit;
    const Monotonic from = only_reserved || leaving >= taken ? now : sent_[sent_.size() - taken + leaving];
    until(from + window.span, window.name, window.limit);
  }
  for (const Period& period : periods_)
    if (period.limit != 0 && period.count + reserved_ >= period.limit)
      until(now + (period.end - wall), period.name, period.limit);
  if (windows_[0].limit != 0 && now < next_paced_ && !longest) until(next_paced_, "second", windows_[0].limit);
  return longest;
}

void Meter::reserve(std::size_t emails, Monotonic now) {
  reserved_ += emails;
  if (windows_[0].limit != 0) next_paced_ = std::max(now, next_paced_) + pace() * static_cast<std::int64_t>(emails);
}

void Meter::release(std::size_t emails) {
  POSTROOM_ASSERT(reserved_ >= emails);
  reserved_ -= emails;
}

void Meter::begin(std::size_t emails, Monotonic now, Timestamp wall) {
  release(emails);
  roll(wall);
  for (Period& period : periods_) period.count += emails;
  if (memory().most == 0) return;
  forget(now);
  sent_.insert(sent_.end(), emails, now);
}

void Meter::forget(Monotonic now) {
  const Monotonic oldest{now.ns - memory().span.count()};
  while (!sent_.empty() && sent_.front() <= oldest) sent_.pop_front();
}

void Meter::give_back(std::size_t emails, Monotonic begun, Timestamp begun_wall) {
  for (Period& period : periods_)
    if (begun_wall >= period.start && begun_wall < period.end)  // else its day is over
      period.count -= std::min<std::uint64_t>(period.count, emails);
  const auto [first, last] = std::ranges::equal_range(sent_, begun);
  sent_.erase(first, first + std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(emails), last - first));
}

store::SendingLimits Meter::used(Monotonic now, Timestamp wall) {
  roll(wall);
  const auto in = [&](const Window& window) {
    return window.limit == 0 ? 0u : static_cast<std::uint32_t>(sent_since(Monotonic{now.ns - window.span.count()}));
  };
  return {in(windows_[0]), in(windows_[1]), in(windows_[2]), static_cast<std::uint32_t>(periods_[0].count),
          static_cast<std::uint32_t>(periods_[1].count)};
}

std::optional<std::string> Meter::take_warning() {
  for (Period& period : periods_) {
    const bool near = period.limit != 0 && period.count * 5 >= std::uint64_t{period.limit} * 4;
    if (!near || period.warned) continue;
    period.warned = true;
    return std::to_string(period.count) + " of the " + emails(period.limit) + " of this " + period.name +
           (period.count == 1 ? " is used." : " are used.");
  }
  return std::nullopt;
}

}  // namespace postroom::policy
