// What the process's exit status tells a script (docs/operations.md).
#pragma once

namespace postroom::app {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;  // it was tried and did not work; stderr says why
inline constexpr int exit_usage = 2;    // the words on the command line
inline constexpr int exit_in_use = 3;   // the data directory is another process's, or a newer version's

}  // namespace postroom::app
