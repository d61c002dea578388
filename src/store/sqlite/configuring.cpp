// Connections, API keys, audit, settings, backup: everything that is not mail on its way.
#include <algorithm>
#include <utility>

#include "store/connection_rules.h"
#include "store/filters.h"
#include "store/pauses.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

// A filter that fits little looks at so many records, and then gives what it has.
constexpr std::int64_t audit_rows_a_page = 20'000;

constexpr const char* connection_columns =
    "id, version, caption, driver, host, port, username, sealed_password, send_from, send_from_name, encryption, "
    "enabled, "
    "priority, weight, per_second, per_minute, per_hour, per_day, per_month, timezone, max_sessions, "
    "max_messages_per_session, auth, verify_certificate, ca_file, on_doubt, created_at, updated_at, over_limit, "
    "profile";

ConnectionRecord read_connection(const Statement& row) {
  const auto small = [&row](int column) { return static_cast<std::uint32_t>(row.integer(column)); };
  ConnectionRecord connection;
  connection.id = row.integer(0);
  connection.version = row.integer(1);
  connection.caption = row.text(2);
  connection.driver = row.text(3);
  connection.host = row.text(4);
  connection.port = static_cast<std::uint16_t>(row.integer(5));
  connection.username = row.text(6);
  connection.sealed_password = row.text(7);
  connection.send_from = row.text(8);
  connection.send_from_name = row.text(9);
  connection.encryption = static_cast<Encryption>(row.integer(10));
  connection.enabled = row.integer(11) != 0;
  connection.priority = static_cast<std::int32_t>(row.integer(12));
  connection.weight = small(13);
  connection.limits = {small(14), small(15), small(16), small(17), small(18)};
  connection.timezone = row.text(19);
  connection.max_sessions = small(20);
  connection.max_messages_per_session = small(21);
  connection.auth = static_cast<AuthMechanism>(row.integer(22));
  connection.verify_certificate = row.integer(23) != 0;
  connection.ca_file = row.text(24);
  connection.on_doubt = static_cast<OnDoubt>(row.integer(25));
  connection.created_at = {row.integer(26)};
  connection.updated_at = {row.integer(27)};
  connection.over_limit = static_cast<OverLimit>(row.integer(28));
  connection.profile = static_cast<ProviderProfile>(row.integer(29));
  return connection;
}

ReplyRule read_reply_rule(const Statement& row) {
  return {row.text(1),
          static_cast<ReplyStage>(row.integer(2)),
          row.text(3),
          row.text(4),
          row.text(5),
          static_cast<ReasonClass>(row.integer(6)),
          static_cast<Permanence>(row.integer(7)),
          static_cast<std::uint32_t>(row.integer(8))};
}

Result<> read_reply_rules(Database& database, std::vector<ConnectionRecord>& connections) {
  Statement select = database.prepare(
      "SELECT connection_id, name, stage, code, enhanced, text, scope, permanence, wait_seconds FROM reply_rule ORDER "
      "BY "
      "connection_id, position");
  while (select.step()) {
    const auto owner = std::ranges::find(connections, select.integer(0), &ConnectionRecord::id);
    if (owner != connections.end()) owner->reply_rules.push_back(read_reply_rule(select));
  }
  return select.error();
}

Result<> put_reply_rules(Database& database, ConnectionId id, const std::vector<ReplyRule>& rules) {
  Statement clear = database.prepare("DELETE FROM reply_rule WHERE connection_id=?");
  clear << id;
  if (Result<> done = clear.run(); !done) return done;
  std::int64_t position = 0;
  for (const ReplyRule& rule : rules) {
    Statement insert = database.prepare("INSERT INTO reply_rule VALUES(?,?,?,?,?,?,?,?,?,?)");
    insert << id << position++ << rule.name << static_cast<int>(rule.stage) << rule.code << rule.enhanced << rule.text
           << static_cast<int>(rule.scope) << static_cast<int>(rule.permanence) << rule.wait_seconds;
    if (Result<> done = insert.run(); !done) return done;
  }
  return {};
}

Result<std::vector<ConnectionRecord>> all_connections(Database& database) {
  std::vector<ConnectionRecord> all;
  Statement select =
      database.prepare(std::string("SELECT ") + connection_columns + " FROM connection ORDER BY priority, id");
  while (select.step()) all.push_back(read_connection(select));
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  if (const Result<> rules = read_reply_rules(database, all); !rules) return std::unexpected(rules.error());
  return all;
}

// The row's id is 0 for a new one; the database gives the next.
Result<> put_connection(Database& database, const ConnectionRecord& c) {
  const std::optional<std::int64_t> id = c.id == 0 ? std::nullopt : std::optional(c.id);
  Statement put = database.prepare(
      "INSERT OR REPLACE INTO connection VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  put << id << c.version << c.caption << c.driver << c.host << static_cast<std::int64_t>(c.port) << c.username;
  put.blob(c.sealed_password) << c.send_from << c.send_from_name << static_cast<int>(c.encryption)
                              << (c.enabled ? 1 : 0) << c.priority << c.weight << c.limits.per_second
                              << c.limits.per_minute << c.limits.per_hour << c.limits.per_day << c.limits.per_month
                              << c.timezone << c.max_sessions << c.max_messages_per_session << static_cast<int>(c.auth)
                              << (c.verify_certificate ? 1 : 0) << c.ca_file << static_cast<int>(c.on_doubt)
                              << c.created_at << c.updated_at << static_cast<int>(c.over_limit)
                              << static_cast<int>(c.profile);
  return put.run();
}

Result<std::uint64_t> unfinished_over(Database& database, ConnectionId id) {
  Statement select = database.prepare(
      "SELECT count(*) FROM (SELECT id FROM email WHERE pinned_to=?1 UNION SELECT id FROM email WHERE in_doubt_with=?1 "
      "UNION SELECT email_id FROM attempt INDEXED BY attempt_open WHERE status=0 AND connection_id=?1)");
  select << id;
  if (!select.step()) return fail(ErrorCode::unavailable, "its mail can't be counted");
  return static_cast<std::uint64_t>(select.integer(0));
}

ApiKeyRecord read_api_key(const Statement& row) {
  return {row.integer(0),           row.text(1),      row.text(2),       row.text(3),
          split_lines(row.text(4)), {row.integer(5)}, row.maybe_time(6), row.maybe_time(7)};
}

Result<> put_setting(Database& database, const std::string& name, const std::optional<std::string>& value) {
  Statement write =
      database.prepare(value ? "INSERT OR REPLACE INTO setting VALUES(?,?)" : "DELETE FROM setting WHERE name=?");
  write << name;
  if (value) write << *value;
  return write.run();
}

}  // namespace

Answer<std::vector<ConnectionRecord>> SqliteStore::connections() {
  co_return co_await read<std::vector<ConnectionRecord>>(all_connections);
}

ConnectionAnswer<ConnectionRecord> SqliteStore::create_connection(ConnectionRecord connection, AuditRecord audit) {
  connection.id = 0;
  connection.version = 1;
  ConnectionRecord created;
  MaybeRefusal refused;
  const Result<> written = co_await write(Touches::connections, [&](Database& database) -> Result<> {
    Result<std::vector<ConnectionRecord>> existing = all_connections(database);
    if (!existing) return std::unexpected(existing.error());
    if ((refused = why_not_create(*existing, connection))) return refused_by_the_rules();
    if (Result<> put = put_connection(database, connection); !put) return put;
    const Result<std::int64_t> id = last_row(database);
    if (!id) return std::unexpected(id.error());
    created = connection;
    created.id = *id;
    if (Result<> rules = put_reply_rules(database, *id, created.reply_rules); !rules) return rules;
    AuditRecord record = audit;
    record.object = "connection:" + std::to_string(*id);
    return insert_audit(database, record);
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return created;
}

ConnectionAnswer<ConnectionRecord> SqliteStore::update_connection(ConnectionChange change) {
  ConnectionRecord updated = change.connection;
  updated.version = change.expected_version + 1;
  MaybeRefusal refused;
  const Result<> written = co_await write(Touches::connections, [&](Database& database) -> Result<> {
    Result<std::vector<ConnectionRecord>> existing = all_connections(database);
    if (!existing) return std::unexpected(existing.error());
    if ((refused = why_not_update(*existing, updated, change.expected_version))) return refused_by_the_rules();
    if (Result<> put = put_connection(database, updated); !put) return put;
    if (Result<> rules = put_reply_rules(database, updated.id, updated.reply_rules); !rules) return rules;
    Statement forget = database.prepare("DELETE FROM connection_health WHERE id=?");
    forget << updated.id;
    if (Result<> forgotten = forget.run(); !forgotten) return forgotten;
    return insert_audit(database, change.audit);
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return updated;
}

ConnectionAnswer<> SqliteStore::delete_connection(ConnectionId id, AuditRecord audit) {
  MaybeRefusal refused;
  const Result<> written = co_await write(Touches::connections, [&](Database& database) -> Result<> {
    Result<std::vector<ConnectionRecord>> existing = all_connections(database);
    if (!existing) return std::unexpected(existing.error());
    const Result<std::uint64_t> unfinished = unfinished_over(database, id);
    if (!unfinished) return std::unexpected(unfinished.error());
    const Result<RoutingTable> routing = read_routing(database);
    if (!routing) return std::unexpected(routing.error());
    if ((refused = why_not_delete(*existing, *routing, id, *unfinished))) return refused_by_the_rules();
    for (const char* of : {"connection WHERE id", "connection_health WHERE id", "usage WHERE connection_id",
                           "reply_rule WHERE connection_id"}) {
      Statement remove = database.prepare(std::string("DELETE FROM ") + of + "=?");
      remove << id;
      if (Result<> done = remove.run(); !done) return done;
    }
    Statement resume = database.prepare("DELETE FROM setting WHERE name=?");
    const std::string pause = pause_of_connection(id);
    resume << pause;
    if (Result<> done = resume.run(); !done) return done;
    return insert_audit(database, audit);
  });
  if (!written) co_return why_not(refused, written.error());
  if (connections_listener_) connections_listener_();
  co_return std::expected<void, ConnectionRefusal>{};
}

Answer<std::vector<ApiKeyRecord>> SqliteStore::api_keys() {
  co_return co_await read<std::vector<ApiKeyRecord>>([](Database& database) -> Result<std::vector<ApiKeyRecord>> {
    std::vector<ApiKeyRecord> all;
    Statement select = database.prepare(
        "SELECT id, name, hash, prefix, scopes, created_at, last_used_at, revoked_at FROM api_key ORDER BY id");
    while (select.step()) all.push_back(read_api_key(select));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

Answer<ApiKeyRecord> SqliteStore::create_api_key(ApiKeyRecord key, AuditRecord audit) {
  const Result<> written = co_await write([&](Database& database) -> Result<> {
    const std::string scopes = join_lines(key.scopes);
    {
      Statement insert = database.prepare("INSERT INTO api_key VALUES(NULL,?,?,?,?,?,NULL,NULL)");
      insert << key.name << key.hash << key.prefix << scopes << key.created_at;
      if (Result<> done = insert.run(); !done) return done;
    }
    const Result<std::int64_t> id = last_row(database);
    if (!id) return std::unexpected(id.error());
    key.id = *id;
    audit.object = "api_key:" + std::to_string(*id);
    return insert_audit(database, audit);
  });
  if (!written) co_return std::unexpected(written.error());
  co_return key;
}

Answer<> SqliteStore::revoke_api_key(ApiKeyId id, Timestamp at, AuditRecord audit) {
  co_return co_await write([&](Database& database) -> Result<> {
    {
      Statement update = database.prepare("UPDATE api_key SET revoked_at=? WHERE id=? AND revoked_at IS NULL");
      update << at << id;
      if (Result<> done = update.run(); !done) return done;
    }
    if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such key, or it is revoked already");
    return insert_audit(database, audit);
  });
}

Answer<> SqliteStore::touch_api_key(ApiKeyId id, Timestamp at) {
  co_return co_await write([id, at](Database& database) -> Result<> {
    Statement update = database.prepare("UPDATE api_key SET last_used_at=? WHERE id=?");
    update << at << id;
    return update.run();
  });
}

Answer<> SqliteStore::append_audit(AuditRecord record) {
  co_return co_await write([&record](Database& database) { return insert_audit(database, record); });
}

Answer<Page<AuditRecord>> SqliteStore::list_audit(AuditFilter filter, PageRequest page) {
  co_return co_await read<Page<AuditRecord>>([&filter, &page](Database& database) -> Result<Page<AuditRecord>> {
    Page<AuditRecord> found;
    Statement select = database.prepare(
        "SELECT id, at, by, \"from\", action, object, detail, reason FROM audit WHERE id<? ORDER BY id DESC LIMIT ?");
    select << (page.after ? static_cast<std::int64_t>(page.after->id) : INT64_MAX) << audit_rows_a_page;
    std::int64_t passed = 0, last = 0;
    while (found.items.size() < page.limit && select.step()) {
      ++passed;
      last = select.integer(0);
      AuditRecord record{last,           {select.integer(1)}, select.text(2), select.text(3),
                         select.text(4), select.text(5),      select.text(6), select.text(7)};
      if (matches(record, filter)) found.items.push_back(std::move(record));
    }
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    if (found.items.size() == page.limit || passed == audit_rows_a_page)
      found.next = Position{{}, true, static_cast<std::uint64_t>(last)};
    found.total = found.items.size();
    found.total_exact = !page.after && !found.next;
    return found;
  });
}

Answer<std::optional<std::string>> SqliteStore::setting(std::string name) {
  co_return co_await read<std::optional<std::string>>(
      [&name](Database& database) -> Result<std::optional<std::string>> {
        Statement select = database.prepare("SELECT value FROM setting WHERE name=?");
        select << name;
        if (select.step()) return select.text(0);
        if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
        return std::nullopt;
      });
}

Answer<> SqliteStore::set_setting(std::string name, std::string value) {
  co_return co_await write([&](Database& database) { return put_setting(database, name, value); });
}

Answer<> SqliteStore::change_setting(std::string name, std::optional<std::string> value, AuditRecord audit) {
  const Result<> changed = co_await write(Touches::delivery, [&](Database& database) -> Result<> {
    if (Result<> done = put_setting(database, name, value); !done) return done;
    return insert_audit(database, audit);
  });
  if (changed && connections_listener_) connections_listener_();
  co_return changed;
}

Answer<std::vector<std::pair<std::string, std::string>>> SqliteStore::settings(std::string prefix) {
  using All = std::vector<std::pair<std::string, std::string>>;
  co_return co_await read<All>([&prefix](Database& database) -> Result<All> {
    All all;
    Statement select = database.prepare("SELECT name, value FROM setting WHERE substr(name,1,?)=? ORDER BY name");
    select << static_cast<std::int64_t>(prefix.size()) << prefix;
    while (select.step()) all.emplace_back(select.text(0), select.text(1));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

}  // namespace postroom::store::sqlite
