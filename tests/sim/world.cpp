#include "sim/world.h"

#include <utility>

namespace postroom::sim {

void World::tell(std::string_view what) {
  story.push_back(format_rfc3339(now).substr(11, 12) + " " + std::string(what));
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

}  // namespace postroom::sim
