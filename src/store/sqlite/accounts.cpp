// Users, sessions and saved views.
#include <utility>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

UserRecord read_user(const Statement& row) {
  UserRecord user;
  user.id = row.integer(0);
  user.email = row.text(1);
  user.name = row.text(2);
  user.role = static_cast<Role>(row.integer(3));
  user.content = row.integer(4) != 0;
  user.enabled = row.integer(5) != 0;
  user.password_hash = row.text(6);
  user.sealed_totp = row.text(7);
  user.totp_step = row.integer(8);
  user.recovery_hashes = split_lines(row.text(9));
  user.invitation_hash = row.text(10);
  user.invitation_expires_at = row.maybe_time(11);
  user.preferences = row.text(12);
  user.created_at = {row.integer(13)};
  user.last_sign_in_at = row.maybe_time(14);
  return user;
}

// Its id; of a new one the id that it is given. `user_exists` when another has its email.
Result<UserId> write_user(Database& database, const UserRecord& user) {
  {
    Statement other = database.prepare("SELECT 1 FROM user WHERE email=? AND id<>?");
    other << user.email << user.id;
    if (other.step()) return fail(ErrorCode::conflict, "user_exists");
    if (const Result<> error = other.error(); !error) return std::unexpected(error.error());
  }
  const std::string recovery = join_lines(user.recovery_hashes);
  Statement write = database.prepare(
      user.id == 0 ? "INSERT INTO user VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
                   : "UPDATE user SET email=?, name=?, role=?, content=?, enabled=?, password_hash=?, sealed_totp=?, "
                     "totp_step=?, recovery_hashes=?, invitation_hash=?, invitation_expires_at=?, preferences=?, "
                     "created_at=?, last_sign_in_at=? WHERE id=?");
  write << user.email << user.name << static_cast<int>(user.role) << (user.content ? 1 : 0) << (user.enabled ? 1 : 0)
        << user.password_hash;
  write.blob(user.sealed_totp) << user.totp_step << recovery << user.invitation_hash << user.invitation_expires_at
                               << user.preferences << user.created_at << user.last_sign_in_at;
  if (user.id != 0) write << user.id;
  if (const Result<> done = write.run(); !done) return std::unexpected(done.error());
  if (user.id == 0) return last_row(database);
  if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such user");
  return user.id;
}

Result<> run_for(Database& database, const char* sql, UserId user) {
  Statement statement = database.prepare(sql);
  statement << user;
  return statement.run();
}

}  // namespace

Answer<std::vector<UserRecord>> SqliteStore::users() {
  co_return co_await read<std::vector<UserRecord>>([](Database& database) -> Result<std::vector<UserRecord>> {
    std::vector<UserRecord> all;
    Statement select = database.prepare(
        "SELECT id, email, name, role, content, enabled, password_hash, sealed_totp, totp_step, recovery_hashes, "
        "invitation_hash, invitation_expires_at, preferences, created_at, last_sign_in_at FROM user ORDER BY id");
    while (select.step()) all.push_back(read_user(select));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

Answer<UserRecord> SqliteStore::put_user(UserRecord user, std::optional<AuditRecord> audit) {
  UserId given = 0;
  const Result<> written = co_await write([&](Database& database) -> Result<> {
    const Result<UserId> id = write_user(database, user);
    if (!id) return std::unexpected(id.error());
    given = *id;
    return audit ? insert_audit(database, *audit) : Result<>{};
  });
  if (!written) co_return std::unexpected(written.error());
  user.id = given;
  co_return user;
}

Answer<> SqliteStore::delete_user(UserId id, AuditRecord audit) {
  co_return co_await write([&](Database& database) -> Result<> {
    if (Result<> done = run_for(database, "DELETE FROM user WHERE id=?", id); !done) return done;
    if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such user");
    if (Result<> done = run_for(database, "DELETE FROM session WHERE user_id=?", id); !done) return done;
    if (Result<> done = run_for(database, "DELETE FROM view WHERE user_id=?", id); !done) return done;
    return insert_audit(database, audit);
  });
}

Answer<std::vector<SessionRecord>> SqliteStore::sessions() {
  co_return co_await read<std::vector<SessionRecord>>([](Database& database) -> Result<std::vector<SessionRecord>> {
    std::vector<SessionRecord> all;
    Statement select = database.prepare(
        "SELECT token_hash, user_id, csrf_token, created_at, expires_at, \"from\", voucher FROM session ORDER BY "
        "token_hash");
    while (select.step())
      all.push_back({select.text(0),
                     select.integer(1),
                     select.text(2),
                     {select.integer(3)},
                     {select.integer(4)},
                     select.text(5),
                     static_cast<Voucher>(select.integer(6))});
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

Answer<> SqliteStore::put_session(SessionRecord session, Timestamp now) {
  co_return co_await write([&](Database& database) -> Result<> {
    {
      Statement old = database.prepare("DELETE FROM session WHERE expires_at<?");
      old << now;
      if (Result<> done = old.run(); !done) return done;
    }
    Statement insert = database.prepare("INSERT OR REPLACE INTO session VALUES(?,?,?,?,?,?,?)");
    insert << session.token_hash << session.user_id << session.csrf_token << session.created_at << session.expires_at
           << session.from << static_cast<int>(session.voucher);
    return insert.run();
  });
}

Answer<> SqliteStore::end_session(std::string token_hash) {
  co_return co_await write([&token_hash](Database& database) -> Result<> {
    Statement remove = database.prepare("DELETE FROM session WHERE token_hash=?");
    remove << token_hash;
    return remove.run();
  });
}

Answer<> SqliteStore::end_sessions(UserId user, std::string except_hash) {
  co_return co_await write([&](Database& database) -> Result<> {
    Statement remove = database.prepare("DELETE FROM session WHERE user_id=? AND token_hash<>?");
    remove << user << except_hash;
    return remove.run();
  });
}

Answer<std::vector<ViewRecord>> SqliteStore::views(UserId user) {
  co_return co_await read<std::vector<ViewRecord>>([user](Database& database) -> Result<std::vector<ViewRecord>> {
    std::vector<ViewRecord> all;
    Statement select =
        database.prepare("SELECT page, name, query, columns FROM view WHERE user_id=? ORDER BY page, name");
    select << user;
    while (select.step())
      all.push_back({user, select.text(0), select.text(1), select.text(2), split_lines(select.text(3))});
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

Answer<> SqliteStore::put_view(ViewRecord view) {
  co_return co_await write([&view](Database& database) -> Result<> {
    const std::string columns = join_lines(view.columns);
    Statement insert = database.prepare("INSERT OR REPLACE INTO view VALUES(?,?,?,?,?)");
    insert << view.user_id << view.page << view.name << view.query << columns;
    return insert.run();
  });
}

Answer<> SqliteStore::delete_view(UserId user, std::string page, std::string name) {
  co_return co_await write([&](Database& database) -> Result<> {
    {
      Statement remove = database.prepare("DELETE FROM view WHERE user_id=? AND page=? AND name=?");
      remove << user << page << name;
      if (Result<> done = remove.run(); !done) return done;
    }
    if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such view");
    return {};
  });
}

}  // namespace postroom::store::sqlite
