#include "store/sqlite/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/durable.h"
#include "store/sqlite/database.h"
#include "store/sqlite/threads.h"

namespace postroom::store::sqlite {

Result<> back_up(const std::string& dir, const std::string& file) {
  Result<std::unique_ptr<Database>> database = Database::open(dir + "/postroom.db", Access::read_only);
  if (!database) return std::unexpected(database.error());
  // For its owner alone, as the database is; SQLite takes a file that is empty, and says so when it isn't.
  if (const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); made >= 0) ::close(made);
  Statement copy = (*database)->prepare("VACUUM INTO ?");
  copy << file;
  if (Result<> copied = copy.run(); !copied) return copied;
  return sync_with_name(file);  // VACUUM INTO syncs nothing
}

Result<> prepare_restored(const std::string& file, RestoredKey key) {
  Result<std::unique_ptr<Database>> database = open_for_writing(file);
  if (!database) return std::unexpected(database.error());
  std::string steps =
      "BEGIN IMMEDIATE;"
      "UPDATE email SET former_status=status, former_next=next_attempt_at, status=4, next_attempt_at=NULL, "
      "reason_class=13,"
      " reason='Held because it was restored from a backup; it may have been sent since the backup was made.'"
      " WHERE status IN (0,1,3);"
      "UPDATE message SET on_doubt=2 WHERE id IN (SELECT message_id FROM email WHERE status=2);"
      "DELETE FROM session;";  // some have ended since, and nothing here tells which
  if (key == RestoredKey::absent)
    steps += "UPDATE connection SET sealed_password=x''; DELETE FROM setting WHERE name='secret_key_id';";
  return (*database)->execute(steps + "COMMIT;");
}

Result<std::string> stored_key_id(const std::string& file) {
  Result<std::unique_ptr<Database>> database = Database::open(file, Access::read_only);
  if (!database) return std::unexpected(database.error());
  Statement select = (*database)->prepare("SELECT value FROM setting WHERE name='secret_key_id'");
  if (select.step()) return select.text(0);
  if (const Result<> read = select.error(); !read) return std::unexpected(read.error());
  return std::string();
}

Result<> check_integrity(const std::string& dir) {
  Result<std::unique_ptr<Database>> database = Database::open(dir + "/postroom.db", Access::read_only);
  if (!database) return std::unexpected(database.error());
  Statement check = (*database)->prepare("PRAGMA integrity_check(1)");
  if (!check.step()) return check.error();
  const std::string verdict = check.text(0);
  if (verdict != "ok") return fail(ErrorCode::corrupt, "the database is damaged: " + verdict);
  return {};
}

}  // namespace postroom::store::sqlite
