#include "app/data_commands.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "app/exit_status.h"
#include "app/say.h"
#include "auth/secret_box.h"
#include "base/durable.h"
#include "store/sqlite/backup.h"

namespace postroom::app {
namespace {

namespace files = std::filesystem;

int give_up(const std::string& sentence) {
  say("postroom: {}\n", sentence);
  return exit_failure;
}

// Copies a file that only its owner may read, until the copy is on the disk.
bool copy_private(const std::string& from, const std::string& to) {
  std::error_code error;
  files::copy_file(from, to, files::copy_options::none, error);
  if (error) return false;
  files::permissions(to, files::perms::owner_read | files::perms::owner_write, error);
  return !error && sync_with_name(to).has_value();
}

enum class Key { fits, missing, another };

// Whether the key in `key_file` is the one that sealed the passwords in `database`.
Result<Key> judge_key(const std::string& key_file, const std::string& database) {
  const Result<std::string> wanted = store::sqlite::stored_key_id(database);
  if (!wanted) return std::unexpected(wanted.error());
  if (!files::exists(key_file)) return wanted->empty() ? Key::fits : Key::missing;
  SystemRandom random;
  const Result<auth::SecretBox> box = auth::SecretBox::open_file(key_file, random);
  if (!box) return std::unexpected(box.error());
  return wanted->empty() || *wanted == box->key_id() ? Key::fits : Key::another;
}

// The sentence why not, when there is no data to work on.
std::optional<std::string> no_data(const Configuration& configuration) {
  if (files::exists(configuration.data_dir + "/postroom.db")) return std::nullopt;
  return "there is no data in " + configuration.data_dir + ": name the server's data directory (--data-dir)";
}

int wrong_key(const std::string& key_file) {
  return give_up(key_file +
                 " is not the key that sealed the stored passwords; name the right one with --secret-key-file");
}

}  // namespace

int back_up(const Configuration& configuration, const std::string& target, BackupKey key) {
  if (const std::optional<std::string> none = no_data(configuration)) return give_up(*none);
  if (files::exists(target + "/postroom.db")) return give_up(target + " holds a backup already; name a new directory");
  std::error_code error;
  const std::string key_file = configuration.key_file();
  if (key == BackupKey::included) {
    const Result<Key> judged = judge_key(key_file, configuration.data_dir + "/postroom.db");
    if (!judged) return give_up(judged.error().message);
    if (*judged != Key::fits) return wrong_key(key_file);
  }
  files::create_directories(target, error);
  ::chmod(target.c_str(), 0700);
  const Result<> copied = store::sqlite::back_up(configuration.data_dir, target + "/postroom.db");
  if (!copied) return give_up("the backup failed: " + copied.error().message);
  if (key == BackupKey::included) {
    if (!copy_private(key_file, target + "/secret.key")) return give_up("the secret key can't be copied");
  } else {
    say("The secret key is not in this backup (--with-key puts it there). Restored without it, connections ask "
        "for their passwords again.\n");
  }
  say("Backed up to {}.\n", target);
  return exit_success;
}

int restore(const Configuration& configuration, const std::string& source) {
  const std::string database = configuration.data_dir + "/postroom.db";
  if (!files::exists(source + "/postroom.db")) return give_up(source + " holds no backup (no postroom.db in it)");
  if (files::exists(database))
    return give_up(configuration.data_dir + " holds data already; restore into an empty directory");
  std::error_code error;
  files::create_directories(configuration.data_dir, error);
  ::chmod(configuration.data_dir.c_str(), 0700);
  const std::string key = configuration.key_file();
  const bool brings_key = !files::exists(key) && files::exists(source + "/secret.key");
  const Result<Key> judged = judge_key(brings_key ? source + "/secret.key" : key, source + "/postroom.db");
  if (!judged) return give_up(judged.error().message);
  if (*judged == Key::another) return wrong_key(brings_key ? source + "/secret.key" : key);
  // Under another name until it is ready: a crash half way leaves no database that could be started.
  const std::string unready = database + ".restoring";
  files::remove(unready, error);
  if (!copy_private(source + "/postroom.db", unready)) return give_up("the backup can't be copied");
  const Result<> prepared = store::sqlite::prepare_restored(
      unready, *judged == Key::fits ? store::sqlite::RestoredKey::present : store::sqlite::RestoredKey::absent);
  if (!prepared) return give_up("the backup can't be prepared: " + prepared.error().message);
  if (brings_key && !copy_private(source + "/secret.key", key)) return give_up("the secret key can't be copied");
  files::rename(unready, database, error);
  if (error || !sync_with_name(database)) return give_up("the restored database can't be put in place");
  if (*judged == Key::missing)
    say("Restored without the secret key: connections ask for their passwords again, and people with a second factor "
        "sign in with a recovery code or need another invitation (postroom user invite).\n");
  say("Restored. Mail that was waiting is held: look at it, then release it (postroom queue release --all).\n");
  return exit_success;
}

int check(const Configuration& configuration) {
  if (const std::optional<std::string> none = no_data(configuration)) return give_up(*none);
  const Result<> whole = store::sqlite::check_integrity(configuration.data_dir);
  if (!whole) return give_up(whole.error().message);
  const std::string key_file = configuration.key_file();
  const Result<Key> judged = judge_key(key_file, configuration.data_dir + "/postroom.db");
  if (!judged) return give_up(judged.error().message);
  if (*judged == Key::missing) return give_up("the database is whole, but its secret key " + key_file + " is missing");
  if (*judged == Key::another) return wrong_key(key_file);
  say("The database is whole.\n");
  return exit_success;
}

}  // namespace postroom::app
