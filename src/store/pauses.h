// What an operator has told to stand still: everything, lanes, connections. Kept as settings, so that a restart does
// not start what was stopped.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/records.h"

namespace postroom::store {

// Each with the operator's reason, which may be empty.
struct Pauses {
  std::optional<std::string> all;
  std::map<std::string, std::string> lanes;
  std::map<ConnectionId, std::string> connections;
  friend bool operator==(const Pauses&, const Pauses&) = default;
};

inline constexpr std::string_view pause_prefix = "pause.";
// The names of the settings; their values are the operators' reasons.
std::string pause_of_all();
std::string pause_of_lane(std::string_view lane);
std::string pause_of_connection(ConnectionId id);

Pauses read_pauses(const std::vector<std::pair<std::string, std::string>>& settings);

// Why mail of the lane stands still, as a sentence; nullopt when it does not.
std::optional<std::string> why_paused(const Pauses& pauses, const std::string& lane);

}  // namespace postroom::store
