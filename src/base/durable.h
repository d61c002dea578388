// What must outlast a loss of power is synced, and so is the directory that has its name.
#pragma once

#include <string>

#include "base/result.h"

namespace postroom {

// Until the content of this file, or the names in this directory, are on the disk. Error: io.
Result<> sync_to_disk(const std::string& path);
// The same for a file and its name in its directory.
Result<> sync_with_name(const std::string& file);

}  // namespace postroom
