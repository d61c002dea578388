// postroom serve: runs the house until SIGTERM or SIGINT.
#pragma once

#include "app/configuration.h"

namespace postroom::app {

// The process's exit status (docs/operations.md).
int serve(const Configuration& configuration);

}  // namespace postroom::app
