#include "sim/world.h"

#include <utility>

namespace postroom::sim {

std::string_view to_word(Temper temper) {
  switch (temper) {
    case Temper::moody:
      return "moody";
    case Temper::healthy:
      return "healthy";
    case Temper::throttling:
      return "throttling";
    case Temper::quota_at_mail:
      return "short of quota, said at MAIL";
    case Temper::quota_at_data:
      return "short of quota, said after the dot";
    case Temper::flapping:
      return "flapping";
    case Temper::wedged:
      return "wedged";
    case Temper::refuses_login:
      return "refusing the login";
    case Temper::closes_after_n:
      return "closing sessions after some messages";
    case Temper::slow_dot:
      return "slow to answer the dot";
    case Temper::loses_replies:
      return "losing replies to the dot";
  }
  return "?";
}

World::World(std::uint64_t number)
    : seed(number),
      chance(number * 7919 + 1),
      refusals(number % 3 == 0 ? 2 : 0),
      fault_halves(std::array{0u, 1u, 2u, 2u}[number / 3 % 4]) {}

void World::tell(std::string_view what) {
  story.push_back(format_rfc3339(now).substr(5, 18) + " " + std::string(what));
}

void World::violated(std::string_view rule, std::string_view what) {
  std::string text = std::string(rule) + ": " + std::string(what);
  tell("VIOLATION " + text);
  violations.push_back(std::move(text));
}

const store::EmailRecord* World::email_to(std::string_view address) const {
  for (const auto& [id, row] : disk->queue)
    if (row.email.address == address) return &row.email;
  for (const auto& [id, email] : disk->finished)
    if (email.address == address) return &email;
  return nullptr;
}

void World::note_settings() {
  std::vector<std::pair<std::string, std::string>> named(disk->settings.begin(), disk->settings.end());
  store::Pauses pauses = store::read_pauses(named);
  if (!settings.empty()) {
    const Settings& last = settings.back();
    bool same = last.pauses == pauses && last.routing.version == disk->routing.version &&
                last.connections.size() == disk->connections.size();
    for (const auto& [id, connection] : disk->connections)
      same = same && last.connections.contains(id) && last.connections.at(id).version == connection.version;
    if (same) return;
  }
  settings.push_back({time, disk->connections, disk->routing, std::move(pauses)});
  last_edit = time;
}

}  // namespace postroom::sim
