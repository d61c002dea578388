// FailingDisk stands between SQLite and the system's files for as long as it lives, fails writes or syncs on command,
// and knows what a loss of power would leave of the write-ahead log. Stores opened meanwhile must be closed before it
// goes.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

struct sqlite3_vfs;

namespace postroom::store {

class FailingDisk {
 public:
  FailingDisk();
  ~FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;

  void fail_syncs();                            // each sync fails: EIO
  void fail_writes();                           // each write fails: the disk is full
  void fail_every_sync_of(std::size_t number);  // the first works, the next `number - 1` too, that after them fails
  void heal();

  // The log as it would be found after a loss of power: what a successful sync has covered. A failed one covers
  // nothing, then or ever after: the system takes what it was to cover for written.
  std::string durable_log() const;
  std::size_t log_writes() const;  // how often a write-ahead log has been written to
  std::size_t reads() const;       // how often any file has been read from

 private:
  sqlite3_vfs* const system_;
};

}  // namespace postroom::store
