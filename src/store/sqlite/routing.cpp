// Routing rules, and the events that the staff should see.
#include <charconv>
#include <utility>

#include "base/text.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

constexpr const char* version_setting = "routing_version";

// "3 1 7", in the rule's order.
std::string join_ids(const std::vector<ConnectionId>& ids) {
  std::string text;
  for (const ConnectionId id : ids) text += (text.empty() ? "" : " ") + std::to_string(id);
  return text;
}

std::vector<ConnectionId> split_ids(const std::string& text) {
  std::vector<ConnectionId> ids;
  for (const std::string_view part : split(text, ' ')) {
    ConnectionId id = 0;
    if (std::from_chars(part.data(), part.data() + part.size(), id).ec == std::errc()) ids.push_back(id);
  }
  return ids;
}

Result<> know_connections(Database& database, const RoutingTable& table) {
  for (const RoutingRule& rule : table.rules)
    for (const ConnectionId id : rule.connections) {
      Statement select = database.prepare("SELECT 1 FROM connection WHERE id=?");
      select << id;
      if (select.step()) continue;
      if (Result<> error = select.error(); !error) return error;
      return fail(ErrorCode::not_found, "there is no connection " + std::to_string(id));
    }
  return {};
}

Result<> write_table(Database& database, const RoutingTable& table) {
  if (Result<> done = database.execute("DELETE FROM routing_rule"); !done) return done;
  std::int64_t position = 0;
  for (const RoutingRule& rule : table.rules) {
    const std::string ids = join_ids(rule.connections);
    Statement insert = database.prepare("INSERT INTO routing_rule VALUES(?,?,?,?,?,?,?)");
    insert << ++position << rule.sender_domain << rule.recipient_domain << rule.lane << rule.tag << ids
           << static_cast<int>(rule.otherwise);
    if (Result<> done = insert.run(); !done) return done;
  }
  const std::string version = std::to_string(table.version);
  Statement upsert = database.prepare("INSERT OR REPLACE INTO setting VALUES(?,?)");
  upsert << version_setting << version;
  return upsert.run();
}

}  // namespace

Result<RoutingTable> read_routing(Database& database) {
  RoutingTable table;
  {
    Statement version = database.prepare("SELECT CAST(value AS INTEGER) FROM setting WHERE name=?");
    version << version_setting;
    if (version.step()) table.version = version.integer(0);
    if (const Result<> error = version.error(); !error) return std::unexpected(error.error());
  }
  Statement select = database.prepare(
      "SELECT sender_domain, recipient_domain, lane, tag, connections, otherwise FROM routing_rule ORDER BY position");
  while (select.step())
    table.rules.push_back({select.text(0), select.text(1), select.text(2), select.text(3), split_ids(select.text(4)),
                           static_cast<Otherwise>(select.integer(5))});
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  return table;
}

Answer<RoutingTable> SqliteStore::routing() {
  co_return co_await read<RoutingTable>([](Database& database) -> Result<RoutingTable> {
    const Snapshot snapshot(database);
    return read_routing(database);
  });
}

Answer<RoutingTable> SqliteStore::set_routing(RoutingTable table, AuditRecord audit) {
  RoutingTable changed;
  const Result<> written = co_await write(Touches::connections, [&](Database& database) -> Result<> {
    const Result<RoutingTable> before = read_routing(database);
    if (!before) return std::unexpected(before.error());
    if (before->version != table.version) return fail(ErrorCode::conflict, "stale_version");
    if (Result<> known = know_connections(database, table); !known) return known;
    changed = table;
    ++changed.version;
    if (Result<> done = write_table(database, changed); !done) return done;
    return insert_audit(database, audit);
  });
  if (!written) co_return std::unexpected(written.error());
  if (connections_listener_) connections_listener_();
  co_return changed;
}

Answer<> SqliteStore::append_event(EventRecord event) {
  co_return co_await write(Touches::delivery, [&event](Database& database) -> Result<> {
    Statement insert = database.prepare("INSERT INTO event VALUES(NULL,?,?,?,?)");
    insert << event.at << event.event << event.connection_id << event.detail;
    return insert.run();
  });
}

Answer<Page<EventRecord>> SqliteStore::list_events(PageRequest page) {
  co_return co_await read<Page<EventRecord>>([&page](Database& database) -> Result<Page<EventRecord>> {
    Page<EventRecord> found;
    Statement select =
        database.prepare("SELECT id, at, event, connection_id, detail FROM event WHERE id<? ORDER BY id DESC LIMIT ?");
    select << (page.after ? static_cast<std::int64_t>(page.after->id) : INT64_MAX)
           << static_cast<std::int64_t>(page.limit);
    while (select.step())
      found.items.push_back(
          {select.integer(0), {select.integer(1)}, select.text(2), select.maybe_integer(3), select.text(4)});
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    if (found.items.size() == page.limit)
      found.next = Position{{}, true, static_cast<std::uint64_t>(found.items.back().id)};
    found.total = found.items.size();
    found.total_exact = !page.after && !found.next;
    return found;
  });
}

}  // namespace postroom::store::sqlite
