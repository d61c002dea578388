#include "base/durable.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace postroom {

Result<> sync_to_disk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int trouble = errno;
  if (file >= 0) ::close(file);
  if (!synced) return fail(ErrorCode::io, path + ": " + std::strerror(trouble));
  return {};
}

Result<> sync_with_name(const std::string& file) {
  if (Result<> synced = sync_to_disk(file); !synced) return synced;
  const std::size_t slash = file.find_last_of('/');
  return sync_to_disk(slash == std::string::npos ? "." : file.substr(0, slash + 1));
}

}  // namespace postroom
