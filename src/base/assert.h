// POSTROOM_ASSERT states what a bug would break. It stays on in release builds: a post room that has lost its bearings
// must stop, not go on sending.
#pragma once

namespace postroom {

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace postroom

#define POSTROOM_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::postroom::assertion_failed(#condition, __FILE__, __LINE__))
