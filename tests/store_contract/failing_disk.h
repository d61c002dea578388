// FailingDisk stands between SQLite and the system's files for as long as it lives, and fails writes or syncs on
// command. Stores opened meanwhile must be closed before it goes.
#pragma once

#include <atomic>
#include <cstddef>

struct sqlite3_vfs;

namespace postroom::store {

class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  void fail_syncs();   // each sync fails: EIO
  void fail_writes();  // each write fails: the disk is full
  void heal();
  std::size_t log_writes() const;  // how often a write-ahead log has been written to

 private:
  sqlite3_vfs* const system_;
};

}  // namespace postroom::store
