// The logins of SMTP submission.
#include <utility>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

SubmissionLoginRecord read_login(const Statement& row) {
  SubmissionLoginRecord login;
  login.id = row.integer(0);
  login.username = row.text(1);
  login.salt = row.text(2);
  login.stored_key = row.text(3);
  login.server_key = row.text(4);
  login.iterations = row.integer(5);
  login.senders = split_lines(row.text(6));
  login.lane = row.text(7);
  login.per_minute = static_cast<std::uint32_t>(row.integer(8));
  login.per_day = static_cast<std::uint32_t>(row.integer(9));
  login.enabled = row.integer(10) != 0;
  login.created_at = {row.integer(11)};
  login.last_used_at = row.maybe_time(12);
  return login;
}

// Its id; of a new one the id that it is given. `login_exists` when another has its name.
Result<SubmissionLoginId> write_login(Database& database, const SubmissionLoginRecord& login) {
  {
    Statement other = database.prepare("SELECT 1 FROM submission_login WHERE username=? AND id<>?");
    other << login.username << login.id;
    if (other.step()) return fail(ErrorCode::conflict, "login_exists");
    if (const Result<> error = other.error(); !error) return std::unexpected(error.error());
  }
  const std::string senders = join_lines(login.senders);
  Statement write = database.prepare(
      login.id == 0 ? "INSERT INTO submission_login VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?,?)"
                    : "UPDATE submission_login SET username=?, salt=?, stored_key=?, server_key=?, iterations=?, "
                      "senders=?, lane=?, per_minute=?, per_day=?, enabled=?, created_at=?, last_used_at=? WHERE id=?");
  write << login.username;
  write.blob(login.salt).blob(login.stored_key).blob(login.server_key)
      << login.iterations << senders << login.lane << login.per_minute << login.per_day << (login.enabled ? 1 : 0)
      << login.created_at << login.last_used_at;
  if (login.id != 0) write << login.id;
  if (const Result<> done = write.run(); !done) return std::unexpected(done.error());
  if (login.id == 0) return last_row(database);
  if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such login");
  return login.id;
}

}  // namespace

Answer<std::vector<SubmissionLoginRecord>> SqliteStore::submission_logins() {
  using Logins = std::vector<SubmissionLoginRecord>;
  co_return co_await read<Logins>([](Database& database) -> Result<Logins> {
    Logins all;
    Statement select = database.prepare(
        "SELECT id, username, salt, stored_key, server_key, iterations, senders, lane, per_minute, per_day, enabled, "
        "created_at, last_used_at FROM submission_login ORDER BY id");
    while (select.step()) all.push_back(read_login(select));
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return all;
  });
}

Answer<SubmissionLoginRecord> SqliteStore::put_submission_login(SubmissionLoginRecord login,
                                                                std::optional<AuditRecord> audit) {
  SubmissionLoginId given = 0;
  const Result<> written = co_await write([&](Database& database) -> Result<> {
    const Result<SubmissionLoginId> id = write_login(database, login);
    if (!id) return std::unexpected(id.error());
    given = *id;
    return audit ? insert_audit(database, *audit) : Result<>{};
  });
  if (!written) co_return std::unexpected(written.error());
  login.id = given;
  co_return login;
}

Answer<> SqliteStore::delete_submission_login(SubmissionLoginId id, AuditRecord audit) {
  co_return co_await write([&](Database& database) -> Result<> {
    {
      Statement remove = database.prepare("DELETE FROM submission_login WHERE id=?");
      remove << id;
      if (Result<> done = remove.run(); !done) return done;
    }
    if (database.changes() == 0) return fail(ErrorCode::not_found, "there is no such login");
    return insert_audit(database, audit);
  });
}

}  // namespace postroom::store::sqlite
