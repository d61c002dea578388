// LaneTurns says which lane's mail starts next over a connection. Lanes stand in the order of their priority. The
// higher goes first, but a lane that waits gets at least one start in ten; and of many session places the lower lanes
// never hold all, so that a one-time code doesn't wait for a newsletter to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace postroom::policy {

struct SessionPlaces {
  std::uint32_t busy = 0;
  std::uint32_t all = 0;
  std::uint32_t with_lower_lanes = 0;  // of those that are busy: with mail of another lane than the first
};

class LaneTurns {
 public:
  // `waits(lane)` says whether the lane has mail that could start. nullopt: nothing may start.
  template <class Waits>
  std::optional<std::size_t> next(std::size_t lanes, SessionPlaces places, Waits waits) {
    if (places.busy >= places.all) return std::nullopt;
    passed_over_.resize(lanes);
    const bool first_only = places.with_lower_lanes + kept_for_first(places.all) >= places.all;
    std::optional<std::size_t> chosen;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      if (!waits(lane)) {
        passed_over_[lane] = 0;
        continue;
      }
      if (first_only && lane > 0) continue;
      if (!chosen || passed_over_[lane] + 1 >= one_start_in) chosen = lane;
    }
    if (!chosen) return std::nullopt;
    for (std::size_t lane = 0; lane < lanes; ++lane)
      if (lane != *chosen && waits(lane)) ++passed_over_[lane];
    passed_over_[*chosen] = 0;
    return chosen;
  }

  static constexpr std::uint32_t kept_for_first(std::uint32_t places) { return places / 5; }

 private:
  static constexpr std::uint32_t one_start_in = 10;
  std::vector<std::uint32_t> passed_over_;  // starts of others while it waited
};

}  // namespace postroom::policy
