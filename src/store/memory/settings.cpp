// Connections, API keys, audit, settings and retention.
#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <tuple>

#include "store/connection_rules.h"
#include "store/filters.h"
#include "store/memory/memory_store.h"
#include "store/pauses.h"

namespace postroom::store::memory {
namespace {

std::vector<ConnectionRecord> by_priority(const Disk& disk) {
  std::vector<ConnectionRecord> all;
  for (const auto& [id, connection] : disk.connections) all.push_back(connection);
  std::ranges::sort(all, {}, [](const ConnectionRecord& c) { return std::pair(c.priority, c.id); });
  return all;
}

std::uint64_t unfinished_over(const Disk& disk, ConnectionId id) {
  std::set<EmailId> bound;
  for (const auto& [email_id, row] : disk.queue)
    if (row.email.pinned_to == id || row.email.in_doubt_with == id) bound.insert(email_id);
  for (const auto& [attempt_id, row] : disk.attempts)
    if (row.attempt.status == AttemptStatus::in_progress && row.attempt.connection_id == id)
      bound.insert(row.attempt.email_id);
  return bound.size();
}

bool all_finished_before(const Disk& disk, MessageId id, Timestamp before) {
  const bool queued =
      std::ranges::any_of(disk.queue, [id](const auto& entry) { return entry.second.email.message_id == id; });
  const bool since = std::ranges::any_of(disk.finished, [id, before](const auto& entry) {
    return entry.second.message_id == id && *entry.second.finished_at >= before;
  });
  return !queued && !since;
}

// Removes at most `limit` of the entries that `old` names. How many.
template <class Map, class Old>
std::size_t remove_if_old(Map& map, std::size_t limit, Old old) {
  std::size_t removed = 0;
  for (auto entry = map.begin(); entry != map.end() && removed < limit;) {
    if (!old(*entry)) {
      ++entry;
      continue;
    }
    entry = map.erase(entry);
    ++removed;
  }
  return removed;
}

template <class Record>
Page<Record> newest_first(const std::vector<Record>& records, const PageRequest& page) {
  Page<Record> found;
  const std::int64_t before =
      page.after ? static_cast<std::int64_t>(page.after->id) : std::numeric_limits<std::int64_t>::max();
  for (auto record = records.rbegin(); record != records.rend() && found.items.size() < page.limit; ++record)
    if (record->id < before) found.items.push_back(*record);
  if (!found.items.empty() && found.items.size() == page.limit)
    found.next = Position{{}, true, static_cast<std::uint64_t>(found.items.back().id)};
  found.total = found.items.size();
  found.total_exact = !page.after && !found.next;
  return found;
}

}  // namespace

Answer<> MemoryStore::save_health(ConnectionId id, ConnectionHealth health) {
  co_return co_await write(Write::other, [id, &health](Disk& disk) {
    disk.health[id] = health;
    return Result<>{};
  });
}

Answer<std::vector<std::pair<ConnectionId, ConnectionHealth>>> MemoryStore::health() {
  co_await turn();
  co_return std::vector<std::pair<ConnectionId, ConnectionHealth>>(disk_->health.begin(), disk_->health.end());
}

Answer<SendingHistory> MemoryStore::sending_history(HistoryQuery query) {
  co_await turn();
  SendingHistory history;
  for (const auto& [id, row] : disk_->attempts)
    if (row.attempt.connection_id == query.connection_id && row.attempt.counted && id.at() >= query.recent_from)
      history.recent.push_back(id.at());
  if (history.recent.size() > query.recent_most)
    history.recent.erase(history.recent.begin(), history.recent.end() - static_cast<std::ptrdiff_t>(query.recent_most));
  const std::int64_t width = std::chrono::duration_cast<Milliseconds>(quarter_of_an_hour).count();
  for (const auto& [key, used] : disk_->usage)
    if (key.first == query.connection_id && key.second >= query.quarters_from.ms / width)
      history.quarters.push_back({{key.second * width}, static_cast<std::uint64_t>(used)});
  co_return history;
}

Answer<RoutingTable> MemoryStore::routing() {
  co_await turn();
  co_return disk_->routing;
}

Answer<RoutingTable> MemoryStore::set_routing(RoutingTable table, AuditRecord audit) {
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if (disk.routing.version != table.version) return fail(ErrorCode::conflict, "stale_version");
    for (const RoutingRule& rule : table.rules)
      for (const ConnectionId id : rule.connections)
        if (!disk.connections.contains(id))
          return fail(ErrorCode::not_found, "there is no connection " + std::to_string(id));
    ++table.version;
    disk.routing = table;
    keep_audit(disk, audit);
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  if (connections_listener_) connections_listener_();
  co_return table;
}

Answer<> MemoryStore::append_event(EventRecord event) {
  co_return co_await write(Write::other, [&event](Disk& disk) -> Result<> {
    event.id = disk.notable.empty() ? 1 : disk.notable.back().id + 1;
    disk.notable.push_back(event);
    return {};
  });
}

Answer<Page<EventRecord>> MemoryStore::list_events(PageRequest page) {
  co_await turn();
  co_return newest_first(disk_->notable, page);
}

Answer<std::vector<ConnectionRecord>> MemoryStore::connections() {
  co_await turn();
  co_return by_priority(*disk_);
}

ConnectionAnswer<ConnectionRecord> MemoryStore::create_connection(ConnectionRecord connection, AuditRecord audit) {
  connection.id = 0;
  connection.version = 1;
  MaybeRefusal refused;
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if ((refused = why_not_create(by_priority(disk), connection))) return refused_by_the_rules();
    connection.id = ++disk.last_connection;
    disk.connections[connection.id] = connection;
    audit.object = "connection:" + std::to_string(connection.id);
    keep_audit(disk, audit);
    return {};
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return connection;
}

ConnectionAnswer<ConnectionRecord> MemoryStore::update_connection(ConnectionChange change) {
  ConnectionRecord updated = change.connection;
  updated.version = change.expected_version + 1;
  MaybeRefusal refused;
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if ((refused = why_not_update(by_priority(disk), updated, change.expected_version))) return refused_by_the_rules();
    disk.connections[updated.id] = updated;
    disk.health.erase(updated.id);
    keep_audit(disk, change.audit);
    return {};
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return updated;
}

ConnectionAnswer<> MemoryStore::delete_connection(ConnectionId id, AuditRecord audit) {
  MaybeRefusal refused;
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    if ((refused = why_not_delete(by_priority(disk), disk.routing, id, unfinished_over(disk, id))))
      return refused_by_the_rules();
    disk.connections.erase(id);
    disk.health.erase(id);
    disk.settings.erase(pause_of_connection(id));
    std::erase_if(disk.usage, [id](const auto& entry) { return entry.first.first == id; });
    keep_audit(disk, audit);
    return {};
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return std::expected<void, ConnectionRefusal>{};
}

Answer<std::vector<ApiKeyRecord>> MemoryStore::api_keys() {
  co_await turn();
  std::vector<ApiKeyRecord> all;
  for (const auto& [id, key] : disk_->api_keys) all.push_back(key);
  co_return all;
}

Answer<ApiKeyRecord> MemoryStore::create_api_key(ApiKeyRecord key, AuditRecord audit) {
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    const bool known =
        std::ranges::any_of(disk.api_keys, [&key](const auto& entry) { return entry.second.hash == key.hash; });
    if (known) return fail(ErrorCode::unavailable, "there is such a key already");
    key.id = ++disk.last_api_key;
    key.last_used_at.reset();
    key.revoked_at.reset();
    disk.api_keys[key.id] = key;
    audit.object = "api_key:" + std::to_string(key.id);
    keep_audit(disk, audit);
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return key;
}

Answer<> MemoryStore::revoke_api_key(ApiKeyId id, Timestamp at, AuditRecord audit) {
  co_return co_await write(Write::other, [&](Disk& disk) -> Result<> {
    const auto key = disk.api_keys.find(id);
    if (key == disk.api_keys.end() || key->second.revoked_at)
      return fail(ErrorCode::not_found, "there is no such key, or it is revoked already");
    key->second.revoked_at = at;
    keep_audit(disk, audit);
    return {};
  });
}

Answer<> MemoryStore::touch_api_key(ApiKeyId id, Timestamp at) {
  co_return co_await write(Write::other, [id, at](Disk& disk) {
    if (const auto key = disk.api_keys.find(id); key != disk.api_keys.end()) key->second.last_used_at = at;
    return Result<>{};
  });
}

Answer<> MemoryStore::append_audit(AuditRecord record) {
  co_return co_await write(Write::other, [&record](Disk& disk) {
    keep_audit(disk, record);
    return Result<>{};
  });
}

Answer<Page<AuditRecord>> MemoryStore::list_audit(AuditFilter filter, PageRequest page) {
  co_await turn();
  std::vector<AuditRecord> found;
  std::ranges::copy_if(disk_->audit, std::back_inserter(found),
                       [&filter](const AuditRecord& record) { return matches(record, filter); });
  co_return newest_first(found, page);
}

Answer<std::size_t> MemoryStore::remove_old(RetentionCut cut, std::size_t limit) {
  std::size_t removed = 0;
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    removed += remove_if_old(disk.contents, limit, [&](const auto& entry) {
      return entry.first.at() < cut.content_before && all_finished_before(disk, entry.first, cut.content_before);
    });
    std::set<std::uint64_t> told_of_queued;
    for (const auto& [id, row] : disk.attempts)
      if (disk.queue.contains(row.attempt.email_id)) told_of_queued.insert(row.conversation_id);
    removed += remove_if_old(disk.conversations, limit, [&](const auto& entry) {
      return AttemptId{entry.first}.at() < cut.log_before && !told_of_queued.contains(entry.first);
    });
    removed += remove_if_old(disk.attempts, limit, [&](const auto& entry) {
      return entry.first.at() < cut.log_before && !disk.queue.contains(entry.second.attempt.email_id);
    });
    removed += remove_if_old(disk.finished, limit, [&](const auto& entry) {
      return entry.first.at() < cut.log_before && *entry.second.finished_at < cut.log_before;
    });
    removed += remove_if_old(disk.events, limit, [&](const auto& entry) {
      return entry.first.at() < cut.log_before && !disk.queue.contains(entry.first) &&
             !disk.finished.contains(entry.first);
    });
    removed += remove_if_old(disk.messages, limit, [&](const auto& entry) {
      return !disk.contents.contains(entry.first) && entry.first.at() < cut.log_before &&
             all_finished_before(disk, entry.first, Timestamp{});
    });
    const auto kept = std::ranges::find_if(disk.audit, [&](const AuditRecord& r) { return r.at >= cut.audit_before; });
    removed += static_cast<std::size_t>(kept - disk.audit.begin());
    disk.audit.erase(disk.audit.begin(), kept);
    removed += std::erase_if(disk.notable, [&](const EventRecord& event) { return event.at < cut.audit_before; });
    removed +=
        std::erase_if(disk.usage, [&](const auto& entry) { return entry.first.second < cut.log_before.ms / 900000; });
    removed +=
        remove_if_old(disk.claims, limit, [&](const auto& entry) { return entry.second.at < cut.idempotency_before; });
    removed +=
        std::erase_if(disk.quarters, [&](const auto& entry) { return entry.first.first < quarter_of(cut.log_before); });
    removed +=
        remove_if_old(disk.minutes, limit, [&](const auto& entry) { return entry.first < cut.log_before.ms / 60000; });
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return removed;
}

Answer<std::optional<std::string>> MemoryStore::setting(std::string name) {
  co_await turn();
  const auto found = disk_->settings.find(name);
  co_return found == disk_->settings.end() ? std::nullopt : std::optional(found->second);
}

Answer<> MemoryStore::set_setting(std::string name, std::string value) {
  co_return co_await write(Write::other, [&](Disk& disk) {
    disk.settings[name] = value;
    return Result<>{};
  });
}

Answer<> MemoryStore::change_setting(std::string name, std::optional<std::string> value, AuditRecord audit) {
  const Result<> written = co_await write(Write::other, [&](Disk& disk) {
    disk.settings.erase(name);
    if (value) disk.settings[name] = *value;
    keep_audit(disk, audit);
    return Result<>{};
  });
  if (written && connections_listener_) connections_listener_();
  co_return written;
}

Answer<std::vector<std::pair<std::string, std::string>>> MemoryStore::settings(std::string prefix) {
  co_await turn();
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, value] : disk_->settings)
    if (name.starts_with(prefix)) all.emplace_back(name, value);
  co_return all;
}

}  // namespace postroom::store::memory
