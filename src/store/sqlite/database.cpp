#include "store/sqlite/database.h"

#include <sqlite3.h>

#include "base/assert.h"
#include "store/sqlite/wal_file.h"

namespace postroom::store::sqlite {
namespace {

constexpr std::size_t statements_kept = 1024;  // more than our texts are, lists in all their variants included
constexpr int busy_patience_ms = 5000;

}  // namespace

std::unexpected<Error> fail_sqlite(sqlite3* database, int status) {
  const std::string words = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(status);
  switch (status & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(ErrorCode::corrupt, "the database is damaged: " + words);
    case SQLITE_FULL:
      return fail(ErrorCode::unavailable, "the disk is full");
    case SQLITE_CONSTRAINT:
      return fail(ErrorCode::conflict, words);
    default:
      return fail(ErrorCode::unavailable, "the database can't be used now: " + words);
  }
}

Statement::~Statement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  --*in_use_;
}

Statement& Statement::operator<<(std::int64_t value) {
  if (statement_ != nullptr) note_binding(sqlite3_bind_int64(statement_, next_++, value));
  return *this;
}

Statement& Statement::operator<<(std::string_view text) {
  if (statement_ == nullptr) return *this;
  // A null pointer would bind NULL; an empty text is not that.
  note_binding(sqlite3_bind_text64(statement_, next_++, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                                   SQLITE_UTF8));
  return *this;
}

Statement& Statement::operator<<(std::nullopt_t) {
  if (statement_ != nullptr) note_binding(sqlite3_bind_null(statement_, next_++));
  return *this;
}

Statement& Statement::blob(std::string_view bytes) {
  if (statement_ == nullptr) return *this;
  note_binding(sqlite3_bind_blob64(statement_, next_++, bytes.data() ? bytes.data() : "", bytes.size(), SQLITE_STATIC));
  return *this;
}

void Statement::note_binding(int status) {
  if (status_ == SQLITE_OK) status_ = status;
}

bool Statement::step() {
  if (statement_ == nullptr) return false;
  if (status_ == SQLITE_TOOBIG || status_ == SQLITE_NOMEM) return false;  // a value that could not be bound
  POSTROOM_ASSERT(status_ == SQLITE_OK || status_ == SQLITE_ROW);
  status_ = sqlite3_step(statement_);
  return status_ == SQLITE_ROW;
}

Result<> Statement::error() const {
  if (status_ == SQLITE_OK || status_ == SQLITE_ROW || status_ == SQLITE_DONE) return {};
  return fail_sqlite(database_, status_);
}

Result<> Statement::run() {
  step();
  return error();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::optional<std::int64_t> Statement::maybe_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<Timestamp> Statement::maybe_time(int column) const {
  if (is_null(column)) return std::nullopt;
  return Timestamp{integer(column)};
}

Result<std::unique_ptr<Database>> Database::open(const std::string& file, Access access) {
  // Nobody reads SQLite's statistics of its memory; they would take a lock in every allocation of every thread.
  [[maybe_unused]] static const int without_statistics = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const int flags = access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const char* const files = access == Access::read_only ? nullptr : joined_wal_writes();
  const int status = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, files);
  std::unique_ptr<Database> database(new Database(handle));
  if (status != SQLITE_OK) return fail_sqlite(handle, status);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_patience_ms);
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Statement Database::prepare(std::string_view sql) {
  const auto known = prepared_.find(sql);
  if (known != prepared_.end()) return {database_, known->second, in_use_};
  if (prepared_.size() >= statements_kept && in_use_ == 0) {
    for (const auto& [old, statement] : prepared_) sqlite3_finalize(statement);
    prepared_.clear();
  }
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
  POSTROOM_ASSERT((status & 0xff) != SQLITE_ERROR && (status & 0xff) != SQLITE_MISUSE);
  if (status != SQLITE_OK) return {database_, status};
  prepared_.emplace(sql, statement);
  return {database_, statement, in_use_};
}

Result<> Database::execute(const std::string& sql) {
  const int status = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return fail_sqlite(database_, status);
  return {};
}

std::uint64_t Database::changes() const {
  return static_cast<std::uint64_t>(sqlite3_changes64(database_));
}

}  // namespace postroom::store::sqlite
