#include "delivery/outlet.h"

#include <algorithm>
#include <utility>

namespace postroom::delivery {
namespace {

constexpr double line_seconds = 2;  // a line is as long as its connection clears in this time
constexpr Duration line_patience = std::chrono::seconds(10);
constexpr double expected_per_place = 5;  // emails a second, until it is known better

}  // namespace

void Pace::tick(Monotonic now) {
  if (!since_) since_ = now;
  const double seconds = std::chrono::duration<double>(now - *since_).count();
  if (seconds < 0.5) return;
  per_second_ = per_second_ / 2 + static_cast<double>(count_) / seconds / 2;
  count_ = 0;
  since_ = now;
}

Outlet::Outlet(store::ConnectionRecord settings, policy::Breaker health, policy::Meter limits,
               std::shared_ptr<SessionPool> sessions)
    : connection(std::move(settings)),
      breaker(std::move(health)),
      meter(std::move(limits)),
      allowance(connection.max_sessions),
      pool(std::move(sessions)),
      pace_(expected_per_place * connection.max_sessions) {}

bool Outlet::may_send(Monotonic now) const {
  const bool rests = breaker.rest() && breaker.rest()->until > now;
  return connection.enabled && !paused && breaker.closed() && !rests;
}

std::size_t Outlet::line_length(std::size_t most) const {
  const std::size_t least = 2 * std::size_t{places()};
  const auto soon = static_cast<std::size_t>(pace_.per_second() * line_seconds);
  return std::max(least, std::min(soon, most));
}

std::size_t Outlet::wants(std::size_t most) const {
  const std::size_t length = line_length(most);
  return waiting_ <= length / 2 ? length - waiting_ : 0;
}

bool Outlet::is_idle(Monotonic now, Timestamp wall) {
  return waiting_ == 0 && may_send(now) && pool->has_room(places()) && !long_wait(now, wall);
}

void Outlet::stand_in_line(std::size_t lane, Shipment shipment, Monotonic now) {
  shipment.in_line_since = now;
  if (lines_.size() <= lane) lines_.resize(lane + 1);
  waiting_ += shipment.emails.size();
  lines_[lane].push_back(std::move(shipment));
}

std::optional<Shipment> Outlet::next(Monotonic now, Timestamp wall) {
  if (!may_send(now) || !pool->has_room(places()) || waiting_ == 0) return std::nullopt;
  const std::size_t room = meter.room(now, wall);
  if (room == 0) return std::nullopt;
  const auto waits = [this](std::size_t lane) { return !lines_[lane].empty(); };
  const std::optional<std::size_t> lane =
      turns_.next(lines_.size(), {pool->busy(), places(), pool->places()->with_lower_lanes}, waits);
  if (!lane) return std::nullopt;
  std::deque<Shipment>& line = lines_[*lane];
  Shipment shipment = std::move(line.front());
  line.pop_front();
  if (shipment.emails.size() > room) {  // the rest goes when the limits allow it
    const auto cut = shipment.emails.begin() + static_cast<std::ptrdiff_t>(room);
    Shipment rest{{std::make_move_iterator(cut), std::make_move_iterator(shipment.emails.end())},
                  shipment.tried,
                  shipment.in_line_since};
    shipment.emails.erase(cut, shipment.emails.end());
    line.push_front(std::move(rest));
  }
  waiting_ -= shipment.emails.size();
  pool->reserve();
  if (*lane > 0) shipment.lower_place.emplace(pool->places());
  meter.reserve(shipment.emails.size(), now);
  return shipment;
}

std::vector<Shipment> Outlet::take_line() {
  std::vector<Shipment> taken;
  for (std::size_t lane = 0; lane < lines_.size(); ++lane)
    for (Shipment& shipment : take_lane(lane)) taken.push_back(std::move(shipment));
  return taken;
}

std::vector<Shipment> Outlet::take_lane(std::size_t lane) {
  std::vector<Shipment> taken;
  if (lane >= lines_.size()) return taken;
  for (Shipment& shipment : std::exchange(lines_[lane], {})) {
    waiting_ -= shipment.emails.size();
    taken.push_back(std::move(shipment));
  }
  return taken;
}

std::vector<Shipment> Outlet::take_surplus(std::size_t most) {
  std::vector<Shipment> taken;
  const std::size_t enough = 2 * line_length(most);
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line)
    while (waiting_ > enough && !line->empty()) {
      waiting_ -= line->back().emails.size();
      taken.push_back(std::move(line->back()));
      line->pop_back();
    }
  return taken;
}

std::optional<Shipment> Outlet::take_impatient(Monotonic now, const std::function<bool(const Shipment&)>& may_leave) {
  for (std::deque<Shipment>& line : lines_) {
    const auto first = std::ranges::find_if(line, [&](const Shipment& shipment) {
      return now - shipment.in_line_since >= line_patience && may_leave(shipment);
    });
    if (first == line.end()) continue;
    Shipment taken = std::move(*first);
    line.erase(first);
    waiting_ -= taken.emails.size();
    return taken;
  }
  return std::nullopt;
}

std::optional<policy::Meter::Wait> Outlet::long_wait(Monotonic now, Timestamp wall) {
  std::optional<policy::Meter::Wait> wait = meter.wait(now, wall);
  if (wait && wait->until <= now + line_patience) wait.reset();
  return wait;
}

policy::Candidate Outlet::candidate(const std::optional<policy::Meter::Wait>& limit, Monotonic now) const {
  policy::Candidate candidate;
  candidate.connection = &connection;
  candidate.healthy = breaker.closed();
  candidate.probe_at = breaker.probe_at(now);
  candidate.down_reason = breaker.health().reason;
  candidate.paused = paused;
  if (const std::optional<smtp::Extensions>& said = pool->offers())
    candidate.offers = policy::Extensions{said->eight_bit_mime, said->smtputf8, said->size.value_or(0)};
  if (const std::optional<policy::Breaker::Rest>& rest = breaker.rest()) {
    candidate.rests_until = rest->until;
    candidate.rest_reason = rest->reason;
    candidate.rest_class = rest->reason_class;
  }
  if (limit) {
    candidate.full_until = limit->until;
    candidate.full_reason = limit->reason;
  }
  return candidate;
}

}  // namespace postroom::delivery
