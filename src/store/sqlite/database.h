// A thin layer over SQLite's C interface: connections, prepared statements kept for reuse, errors as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "base/timestamp.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postroom::store::sqlite {

// One prepared statement, reset when it goes out of scope. Parameters count from 1, columns from 0. A failed bind or
// step is remembered; ask error() once at the end, or take step()'s word.
class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement, std::size_t& in_use)
      : database_(database), statement_(statement), in_use_(&in_use) {
    ++*in_use_;
  }
  // One that could not be prepared (I/O, memory): it has no rows, and error() says why.
  Statement(sqlite3* database, int status) : database_(database), status_(status) {}
  Statement(Statement&& other) noexcept
      : database_(other.database_),
        statement_(std::exchange(other.statement_, nullptr)),
        in_use_(other.in_use_),
        next_(other.next_),
        status_(other.status_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Binds the next parameter.
  Statement& operator<<(std::int64_t value);
  Statement& operator<<(std::uint64_t value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(int value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(std::uint32_t value) { return *this << static_cast<std::int64_t>(value); }
  Statement& operator<<(std::string_view text);  // must outlive the step
  Statement& operator<<(const std::string& text) { return *this << std::string_view(text); }
  Statement& operator<<(std::string&& text) = delete;  // which would not
  Statement& operator<<(const char* text) { return *this << std::string_view(text); }
  Statement& operator<<(std::nullopt_t);
  Statement& operator<<(Timestamp at) { return *this << at.ms; }
  template <class T>
  Statement& operator<<(const std::optional<T>& value) {
    return value ? *this << *value : *this << std::nullopt;
  }
  Statement& blob(std::string_view bytes);

  // True: a row is there. False: done, or failed (see error()).
  bool step();
  Result<> run();  // a statement without rows
  Result<> error() const;

  std::int64_t integer(int column) const;
  std::string text(int column) const;  // of a text or blob
  bool is_null(int column) const;
  std::optional<std::int64_t> maybe_integer(int column) const;
  std::optional<Timestamp> maybe_time(int column) const;

 private:
  void note_binding(int status);

  sqlite3* database_;
  sqlite3_stmt* statement_ = nullptr;
  std::size_t* in_use_ = nullptr;  // how many statements of the database there are
  int next_ = 1;
  int status_ = 0;
};

enum class Access { read_write, read_only };

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& file, Access access);
  ~Database();

  Statement prepare(std::string_view sql);   // asserts that it is valid SQL: it is ours
  Result<> execute(const std::string& sql);  // one or more statements without parameters
  std::uint64_t changes() const;
  sqlite3* handle() { return database_; }

 private:
  explicit Database(sqlite3* database) : database_(database) {}
  sqlite3* database_;
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, sqlite3_stmt*, TextHash, std::equal_to<>> prepared_;  // by their SQL
  std::size_t in_use_ = 0;                                                              // statements that are not reset
};

// A moment that several statements of one connection read as it was then.
class Snapshot {
 public:
  explicit Snapshot(Database& database) : database_(database), begun_(database.prepare("BEGIN").run()) {}
  ~Snapshot() {
    if (begun_) static_cast<void>(database_.prepare("COMMIT").run());
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& database_;
  Result<> begun_;
};

// SQLite's trouble as our Error: full, busy and I/O are `unavailable`, damage is `corrupt`.
std::unexpected<Error> fail_sqlite(sqlite3* database, int status);

}  // namespace postroom::store::sqlite
