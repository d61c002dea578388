#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

constexpr int reader_count = 2;
constexpr std::size_t recent_content_bytes = 8 * 1024 * 1024;

// The highest id that any row bears. Ids given from now on must be above it.
Result<std::uint64_t> find_highest_id(Database& database) {
  std::int64_t highest = 0;
  for (const char* table : {"message", "email", "finished", "attempt"}) {
    Statement top = database.prepare(std::string("SELECT coalesce(max(id), 0) FROM ") + table);
    if (!top.step()) return std::unexpected(top.error().error());
    highest = std::max(highest, top.integer(0));
  }
  return static_cast<std::uint64_t>(highest);
}

// The last moment that was written: by a row's id, or by the clock that a running server leaves (store.h).
Result<Timestamp> find_last_time(Database& database, std::uint64_t highest) {
  Statement clock = database.prepare("SELECT CAST(value AS INTEGER) FROM setting WHERE name=?");
  clock << std::string_view(last_seen_setting);
  const Timestamp seen = clock.step() ? Timestamp{clock.integer(0)} : Timestamp{};
  if (const Result<> error = clock.error(); !error) return std::unexpected(error.error());
  return highest > 0 ? std::max(seen, EmailId{highest}.at()) : seen;
}

// Mail is its owner's alone, whatever the directory's mode: SQLite gives its other files that of the database. What
// can't be done here (a directory that can't be written) is said when the database is opened.
void make_private(const std::string& file) {
  const int database = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (database < 0) return;
  ::close(database);
  for (const char* part : {"", "-wal", "-shm"}) ::chmod((file + part).c_str(), 0600);
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorCode::io, "can't make the data directory " + dir + ": " + std::strerror(errno));
  const std::string file = dir + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail(ErrorCode::io, "can't open " + file + ": " + std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return DirectoryLock(lock);
  ::close(lock);
  return fail(ErrorCode::conflict, "the data directory " + dir + " is in use by another Postroom");
}

DirectoryLock::~DirectoryLock() {
  if (file_ >= 0) ::close(file_);
}

SqliteStore::SqliteStore(async::Loop& loop, std::string file, DirectoryLock lock, std::unique_ptr<Database> writing,
                         std::vector<std::unique_ptr<Database>> reading)
    : loop_(loop),
      lock_(std::move(lock)),
      recent_content_(recent_content_bytes),
      writer_(loop, std::move(file), std::move(writing)),
      readers_(std::move(reading)) {}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(async::Loop& loop, const std::string& dir) {
  Result<DirectoryLock> lock = DirectoryLock::take(dir);
  if (!lock) return std::unexpected(lock.error());
  const std::string file = dir + "/postroom.db";
  make_private(file);
  Result<std::unique_ptr<Database>> writing = open_for_writing(file);
  if (!writing) return std::unexpected(writing.error());
  if (const Result<> ready = migrate(**writing); !ready) return std::unexpected(ready.error());
  const Result<std::uint64_t> highest = find_highest_id(**writing);
  if (!highest) return std::unexpected(highest.error());
  const Result<Timestamp> last_time = find_last_time(**writing, *highest);
  if (!last_time) return std::unexpected(last_time.error());
  std::vector<std::unique_ptr<Database>> reading;
  for (int i = 0; i < reader_count; ++i) {
    Result<std::unique_ptr<Database>> reader = open_for_reading(file);
    if (!reader) return std::unexpected(reader.error());
    reading.push_back(std::move(*reader));
  }
  std::unique_ptr<SqliteStore> store(
      new SqliteStore(loop, file, std::move(*lock), std::move(*writing), std::move(reading)));
  store->highest_id_ = *highest;
  store->last_stored_time_ = *last_time;
  return store;
}

Answer<> SqliteStore::write(Touches touches, std::function<Result<>(Database&)> work) {
  return write(touches, [work = std::move(work)](Database& database, Tally&) { return work(database); });
}

Answer<> SqliteStore::write(Touches touches, std::function<Result<>(Database&, Tally&)> work) {
  async::OneShot<Result<>> answer;
  writer_.submit({std::move(work), [&answer](Result<> result) { answer.set(std::move(result)); }});
  Result<> written = co_await answer;
  watch(written);
  if (written) note(touches);
  co_return written;
}

// A refusal by the rules (a conflict, something not found) says nothing of the disk.
void SqliteStore::watch(const Result<>& written) {
  const bool fails = !written && (written.error().code == ErrorCode::unavailable ||
                                  written.error().code == ErrorCode::io || written.error().code == ErrorCode::corrupt);
  if (!fails && !written) return;
  if (std::exchange(in_trouble_, fails) != fails && trouble_listener_) trouble_listener_(written);
}

void SqliteStore::note(Touches touches) {
  changes_.queue += touches == Touches::queue || touches == Touches::queue_and_log ? 1 : 0;
  changes_.log += touches == Touches::queue_and_log ? 1 : 0;
  changes_.connections += touches == Touches::connections ? 1 : 0;
  changes_.delivery += touches == Touches::delivery ? 1 : 0;
}

}  // namespace postroom::store::sqlite
