#include "store/connection_rules.h"

#include <algorithm>

namespace postroom::store {
namespace {

std::unexpected<Error> last_connection() {
  return fail(ErrorCode::conflict, "last_connection");
}

const ConnectionRecord* find(const std::vector<ConnectionRecord>& existing, ConnectionId id) {
  const auto found = std::ranges::find(existing, id, &ConnectionRecord::id);
  return found == existing.end() ? nullptr : &*found;
}

bool another_enabled(const std::vector<ConnectionRecord>& existing, ConnectionId id) {
  return std::ranges::any_of(existing, [id](const ConnectionRecord& other) { return other.id != id && other.enabled; });
}

}  // namespace

Result<> may_create(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& created) {
  if (!created.enabled && !another_enabled(existing, created.id)) return last_connection();
  return {};
}

Result<> may_update(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& changed,
                    std::int64_t expected_version) {
  const ConnectionRecord* current = find(existing, changed.id);
  if (current == nullptr) return fail(ErrorCode::not_found, "no such connection");
  if (current->version != expected_version) return fail(ErrorCode::conflict, "stale_version");
  if (current->enabled && !changed.enabled && !another_enabled(existing, changed.id)) return last_connection();
  return {};
}

Result<> may_delete(const std::vector<ConnectionRecord>& existing, const RoutingTable& routing, ConnectionId id,
                    std::uint64_t unfinished_emails) {
  const ConnectionRecord* current = find(existing, id);
  if (current == nullptr) return fail(ErrorCode::not_found, "no such connection");
  if (!another_enabled(existing, id) || existing.size() == 1) return last_connection();
  if (unfinished_emails > 0) return fail(ErrorCode::conflict, "connection_in_use:" + std::to_string(unfinished_emails));
  // A rule without it would send its mail elsewhere, or keep it waiting: that is for the staff to say.
  for (std::size_t i = 0; i < routing.rules.size(); ++i)
    if (std::ranges::find(routing.rules[i].connections, id) != routing.rules[i].connections.end())
      return fail(ErrorCode::conflict, "connection_in_rules:" + std::to_string(i + 1));
  return {};
}

}  // namespace postroom::store
