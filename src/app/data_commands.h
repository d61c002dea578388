// The subcommands that work on the data directory itself: backup, restore, check.
#pragma once

#include <string>

#include "app/configuration.h"

namespace postroom::app {

enum class BackupKey { left_out, included };

// DIR/postroom.db as TARGET/postroom.db, a consistent copy, also beside a running server.
int back_up(const Configuration& configuration, const std::string& target, BackupKey key);
// TARGET/postroom.db into an empty data directory; delivery of what it holds waits for an operator.
int restore(const Configuration& configuration, const std::string& source);
// Whether the database is whole and every table can be read.
int check(const Configuration& configuration);

}  // namespace postroom::app
