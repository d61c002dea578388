#include "store/sqlite/wal_file.h"

#include <sqlite3.h>

#include <cstddef>
#include <new>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace postroom::store::sqlite {
namespace {

constexpr int real_file_bytes = 1024;                   // more than a file of SQLite's own systems takes
constexpr std::size_t joined_at_most = 128 * 1024 - 1;  // bytes; as much as SQLite writes in one call

// SQLite allocates szOsFile bytes: this, and behind it the real file.
struct WalFile {
  sqlite3_file base;
  std::string pending;  // what follows `begin` in the file and has not been written
  sqlite3_int64 begin;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

WalFile* of(sqlite3_file* file) {
  return reinterpret_cast<WalFile*>(file);
}

int flush(WalFile& wal) {
  if (wal.pending.empty()) return SQLITE_OK;
  const int status =
      wal.real()->pMethods->xWrite(wal.real(), wal.pending.data(), static_cast<int>(wal.pending.size()), wal.begin);
  // After an error, too, nothing waits: SQLite gives the transaction up, and what it wrote counts for nothing.
  wal.pending.clear();
  return status;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  WalFile& wal = *of(file);
  const std::string_view piece(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  const bool follows = offset == wal.begin + static_cast<sqlite3_int64>(wal.pending.size());
  if (!follows || wal.pending.size() + piece.size() > joined_at_most)
    if (const int status = flush(wal); status != SQLITE_OK) return status;
  if (wal.pending.empty()) wal.begin = offset;
  wal.pending.append(piece);
  return SQLITE_OK;
}

// Any other call finds the file as if it had been written piece by piece.
template <auto Method, class... Arguments>
int flush_and_pass(sqlite3_file* file, Arguments... arguments) {
  if (const int status = flush(*of(file)); status != SQLITE_OK) return status;
  sqlite3_file* real = of(file)->real();
  return (real->pMethods->*Method)(real, arguments...);
}

template <auto Method, class... Arguments>
int pass(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* real = of(file)->real();
  return (real->pMethods->*Method)(real, arguments...);
}

int close(sqlite3_file* file) {
  WalFile& wal = *of(file);
  const int flushed = flush(wal);
  const int closed = wal.real()->pMethods->xClose(wal.real());
  wal.~WalFile();
  return flushed == SQLITE_OK ? closed : flushed;
}

const sqlite3_io_methods methods{
    .iVersion = 1,  // a log is never mapped, nor has it shared memory
    .xClose = close,
    .xRead = flush_and_pass<&sqlite3_io_methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = flush_and_pass<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = flush_and_pass<&sqlite3_io_methods::xSync, int>,
    .xFileSize = flush_and_pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = pass<&sqlite3_io_methods::xLock, int>,
    .xUnlock = pass<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = pass<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = pass<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  POSTROOM_ASSERT(system->szOsFile <= real_file_bytes);
  if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, flags_out);
  WalFile* wal = new (file) WalFile{};
  const int status = system->xOpen(system, name, wal->real(), flags, flags_out);
  if (wal->real()->pMethods != nullptr) {
    file->pMethods = &methods;
  } else {  // SQLite doesn't close what has no methods
    wal->~WalFile();
    file->pMethods = nullptr;
  }
  return status;
}

}  // namespace

const char* joined_wal_writes() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs over = *sqlite3_vfs_find(nullptr);
    over.zName = "postroom";
    over.szOsFile = static_cast<int>(sizeof(WalFile)) + real_file_bytes;
    over.xOpen = open;
    return over;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  POSTROOM_ASSERT(registered == SQLITE_OK);
  return vfs.zName;
}

}  // namespace postroom::store::sqlite
