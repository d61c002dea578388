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

// The lock's file descriptor. It dies with the process, however that ends.
Result<int> lock_directory(const std::string& dir) {
  if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorCode::io, "can't make the data directory " + dir + ": " + std::strerror(errno));
  const std::string file = dir + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return fail(ErrorCode::io, "can't open " + file + ": " + std::strerror(errno));
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return fail(ErrorCode::conflict, "the data directory " + dir + " is in use by another Postroom");
}

}  // namespace

SqliteStore::SqliteStore(async::Loop& loop, std::string file, int lock, std::unique_ptr<Database> writing,
                         std::vector<std::unique_ptr<Database>> reading)
    : loop_(loop),
      file_(file),
      lock_(lock),
      readers_(std::move(reading)),
      writer_(loop, std::move(file), std::move(writing)) {}

SqliteStore::~SqliteStore() {
  ::close(lock_);
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(async::Loop& loop, const std::string& dir) {
  const Result<int> lock = lock_directory(dir);
  if (!lock) return std::unexpected(lock.error());
  const std::string file = dir + "/postroom.db";
  Result<std::unique_ptr<Database>> writing = open_for_writing(file);
  Result<> ready = writing ? migrate(**writing) : Result<>(std::unexpected(writing.error()));
  std::vector<std::unique_ptr<Database>> reading;
  for (int i = 0; ready && i < reader_count; ++i) {
    Result<std::unique_ptr<Database>> reader = open_for_reading(file);
    if (reader) reading.push_back(std::move(*reader));
    if (!reader) ready = std::unexpected(reader.error());
  }
  if (!ready) {
    ::close(*lock);
    return std::unexpected(ready.error());
  }
  std::int64_t highest = 0;
  for (const char* table : {"message", "email", "finished", "attempt"}) {
    Statement top = (*writing)->prepare(std::string("SELECT coalesce(max(id), 0) FROM ") + table);
    if (top.step()) highest = std::max(highest, top.integer(0));
  }
  std::unique_ptr<SqliteStore> store(new SqliteStore(loop, file, *lock, std::move(*writing), std::move(reading)));
  store->highest_id_ = static_cast<std::uint64_t>(highest);
  if (highest > 0) store->last_stored_time_ = EmailId{store->highest_id_}.at();
  return store;
}

Answer<> SqliteStore::write(std::function<Result<>(Database&)> work) {
  async::OneShot<Result<>> answer;
  writer_.submit({std::move(work), [&answer](Result<> result) { answer.set(std::move(result)); }});
  co_return co_await answer;
}

}  // namespace postroom::store::sqlite
