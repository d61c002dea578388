#include "store_contract/failing_disk.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace postroom::store {
namespace {

// What SQLite's C interface calls back finds its disk only here: the one that lives.
enum class Trouble { none, syncs, writes };

struct Disk {
  sqlite3_vfs vfs{};
  sqlite3_vfs* system = nullptr;
  std::atomic<Trouble> trouble{Trouble::none};
  std::atomic<std::size_t> log_writes{0}, reads{0};
  std::atomic<std::size_t> fails_each{0}, syncs{0};

  std::mutex mutex;  // of the log's two states; the log is one file
  std::string durable;
  std::vector<std::pair<std::size_t, std::string>> not_durable;  // written since, by offset
};

struct File {
  sqlite3_file base;
  Disk* disk;
  bool is_log;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}

template <auto Method, class... Arguments>
auto pass(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* real = of(file)->real();
  return (real->pMethods->*Method)(real, arguments...);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (of(file)->disk->trouble == Trouble::writes) return SQLITE_FULL;
  if (of(file)->is_log) {
    Disk& disk = *of(file)->disk;
    ++disk.log_writes;
    const std::scoped_lock lock(disk.mutex);
    disk.not_durable.emplace_back(offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size)));
  }
  return pass<&sqlite3_io_methods::xWrite>(file, bytes, size, offset);
}

int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  ++of(file)->disk->reads;
  return pass<&sqlite3_io_methods::xRead>(file, into, size, offset);
}

bool fails_now(Disk& disk) {
  const std::size_t each = disk.fails_each;
  return disk.trouble == Trouble::syncs || (each > 0 && ++disk.syncs % each == 0);
}

// What is written while a sync runs may be covered or not: here it is not.
int sync_log(sqlite3_file* file, int flags) {
  Disk& disk = *of(file)->disk;
  std::vector<std::pair<std::size_t, std::string>> covered;
  {
    const std::scoped_lock lock(disk.mutex);
    covered.swap(disk.not_durable);
  }
  if (fails_now(disk)) return SQLITE_IOERR_FSYNC;
  const std::scoped_lock lock(disk.mutex);
  for (const auto& [offset, bytes] : covered) {
    disk.durable.resize(std::max(disk.durable.size(), offset + bytes.size()));
    disk.durable.replace(offset, bytes.size(), bytes);
  }
  return pass<&sqlite3_io_methods::xSync>(file, flags);
}

int sync(sqlite3_file* file, int flags) {
  if (of(file)->is_log) return sync_log(file, flags);
  if (of(file)->disk->trouble == Trouble::syncs) return SQLITE_IOERR_FSYNC;
  return pass<&sqlite3_io_methods::xSync>(file, flags);
}

const sqlite3_io_methods methods{
    2,  // without memory mapping
    pass<&sqlite3_io_methods::xClose>,
    read,
    write,
    pass<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    sync,
    pass<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    pass<&sqlite3_io_methods::xLock, int>,
    pass<&sqlite3_io_methods::xUnlock, int>,
    pass<&sqlite3_io_methods::xCheckReservedLock, int*>,
    pass<&sqlite3_io_methods::xFileControl, int, void*>,
    pass<&sqlite3_io_methods::xSectorSize>,
    pass<&sqlite3_io_methods::xDeviceCharacteristics>,
    pass<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    pass<&sqlite3_io_methods::xShmLock, int, int, int>,
    pass<&sqlite3_io_methods::xShmBarrier>,
    pass<&sqlite3_io_methods::xShmUnmap, int>,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  Disk* disk = static_cast<Disk*>(vfs->pAppData);
  of(file)->disk = disk;
  of(file)->is_log = (flags & SQLITE_OPEN_WAL) != 0;
  const int status = disk->system->xOpen(disk->system, name, of(file)->real(), flags, flags_out);
  file->pMethods = of(file)->real()->pMethods == nullptr ? nullptr : &methods;
  return status;
}

Disk& the_disk() {
  static Disk disk;
  return disk;
}

}  // namespace

FailingDisk::FailingDisk() : system_(sqlite3_vfs_find(nullptr)) {
  Disk& disk = the_disk();
  disk.system = system_;
  disk.vfs = *system_;
  disk.vfs.zName = "failing";
  disk.vfs.szOsFile = static_cast<int>(sizeof(File)) + system_->szOsFile;
  disk.vfs.pAppData = &disk;
  disk.vfs.xOpen = open;
  disk.durable.clear();
  disk.not_durable.clear();
  heal();
  sqlite3_vfs_register(&disk.vfs, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&the_disk().vfs);
  sqlite3_vfs_register(system_, 1);
}

void FailingDisk::fail_syncs() {
  the_disk().trouble = Trouble::syncs;
}

void FailingDisk::fail_writes() {
  the_disk().trouble = Trouble::writes;
}

void FailingDisk::fail_every_sync_of(std::size_t number) {
  the_disk().fails_each = number;
}

void FailingDisk::heal() {
  the_disk().trouble = Trouble::none;
  the_disk().fails_each = 0;
}

std::string FailingDisk::durable_log() const {
  const std::scoped_lock lock(the_disk().mutex);
  return the_disk().durable;
}

std::size_t FailingDisk::log_writes() const {
  return the_disk().log_writes;
}

std::size_t FailingDisk::reads() const {
  return the_disk().reads;
}

}  // namespace postroom::store
