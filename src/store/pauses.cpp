#include "store/pauses.h"

#include <charconv>

namespace postroom::store {
namespace {

constexpr std::string_view all_name = "pause.all";
constexpr std::string_view lane_prefix = "pause.lane.";
constexpr std::string_view connection_prefix = "pause.connection.";

}  // namespace

std::string pause_of_all() {
  return std::string(all_name);
}
std::string pause_of_lane(std::string_view lane) {
  return std::string(lane_prefix) + std::string(lane);
}
std::string pause_of_connection(ConnectionId id) {
  return std::string(connection_prefix) + std::to_string(id);
}

Pauses read_pauses(const std::vector<std::pair<std::string, std::string>>& settings) {
  Pauses pauses;
  for (const auto& [name, reason] : settings) {
    if (name == all_name) pauses.all = reason;
    if (name.starts_with(lane_prefix)) pauses.lanes[name.substr(lane_prefix.size())] = reason;
    if (!name.starts_with(connection_prefix)) continue;
    ConnectionId id = 0;
    const char* end = name.data() + name.size();
    if (std::from_chars(name.data() + connection_prefix.size(), end, id).ptr == end) pauses.connections[id] = reason;
  }
  return pauses;
}

std::optional<std::string> why_paused(const Pauses& pauses, const std::string& lane) {
  const auto sentence = [](std::string what, const std::string& reason) {
    return what + (reason.empty() ? "." : ": " + reason);
  };
  if (pauses.all) return sentence("Sending is paused", *pauses.all);
  const auto paused = pauses.lanes.find(lane);
  if (paused == pauses.lanes.end()) return std::nullopt;
  return sentence("The lane \"" + lane + "\" is paused", paused->second);
}

}  // namespace postroom::store
