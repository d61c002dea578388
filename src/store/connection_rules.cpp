#include "store/connection_rules.h"

#include <algorithm>

namespace postroom::store {
namespace {

using Kind = ConnectionRefusal::Kind;

ConnectionRefusal no_such_connection() {
  return {Kind::error, 0, {ErrorCode::not_found, "no such connection"}};
}

const ConnectionRecord* find(const std::vector<ConnectionRecord>& existing, ConnectionId id) {
  const auto found = std::ranges::find(existing, id, &ConnectionRecord::id);
  return found == existing.end() ? nullptr : &*found;
}

bool another_enabled(const std::vector<ConnectionRecord>& existing, ConnectionId id) {
  return std::ranges::any_of(existing, [id](const ConnectionRecord& other) { return other.id != id && other.enabled; });
}

}  // namespace

MaybeRefusal why_not_create(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& created) {
  if (!created.enabled && !another_enabled(existing, created.id)) return ConnectionRefusal{Kind::last_enabled};
  return std::nullopt;
}

MaybeRefusal why_not_update(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& changed,
                            std::int64_t expected_version) {
  const ConnectionRecord* current = find(existing, changed.id);
  if (current == nullptr) return no_such_connection();
  if (current->version != expected_version) return ConnectionRefusal{Kind::stale_version};
  if (current->enabled && !changed.enabled && !another_enabled(existing, changed.id))
    return ConnectionRefusal{Kind::last_enabled};
  return std::nullopt;
}

MaybeRefusal why_not_delete(const std::vector<ConnectionRecord>& existing, const RoutingTable& routing, ConnectionId id,
                            std::uint64_t unfinished_emails) {
  const ConnectionRecord* current = find(existing, id);
  if (current == nullptr) return no_such_connection();
  if (!another_enabled(existing, id) || existing.size() == 1) return ConnectionRefusal{Kind::last_enabled};
  if (unfinished_emails > 0) return ConnectionRefusal{Kind::in_use, unfinished_emails};
  // A rule without it would send its mail elsewhere, or keep it waiting: that is for the staff to say.
  for (std::size_t i = 0; i < routing.rules.size(); ++i)
    if (std::ranges::find(routing.rules[i].connections, id) != routing.rules[i].connections.end())
      return ConnectionRefusal{Kind::in_rules, i + 1};
  return std::nullopt;
}

std::unexpected<Error> refused_by_the_rules() {
  return fail(ErrorCode::conflict, "the rules of connections refuse this");
}

std::unexpected<ConnectionRefusal> why_not(const MaybeRefusal& refused, const Error& error) {
  return std::unexpected(refused.value_or(ConnectionRefusal{Kind::error, 0, error}));
}

}  // namespace postroom::store
