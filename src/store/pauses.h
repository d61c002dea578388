// What an operator has told to stand still: everything, lanes, connections. Kept as settings, so that a restart does
// not start what was stopped.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/records.h"

namespace postroom::store {

struct Pauses {
  bool all = false;
  std::set<std::string> lanes;
  std::set<ConnectionId> connections;
  friend bool operator==(const Pauses&, const Pauses&) = default;
};

inline constexpr std::string_view pause_prefix = "pause.";
// The names of the settings; their values are the operators' reasons.
std::string pause_of_all();
std::string pause_of_lane(std::string_view lane);
std::string pause_of_connection(ConnectionId id);

Pauses read_pauses(const std::vector<std::pair<std::string, std::string>>& settings);

}  // namespace postroom::store
