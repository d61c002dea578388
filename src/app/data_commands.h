// The subcommands that work on the data directory itself: backup, restore, check.
#pragma once

#include <string>

#include "app/configuration.h"

namespace postroom::app {

enum class BackupKey { left_out, included };

// DIR/postroom.db as TARGET/postroom.db, a consistent copy, also beside a running server; the key as TARGET/secret.key,
// wherever it stands.
int back_up(const Configuration& configuration, const std::string& target, BackupKey key);
// SOURCE/postroom.db into an empty data directory; delivery of what it holds waits for an operator. The passwords stay
// readable when the key that sealed them is in SOURCE or already where the configuration looks for it.
int restore(const Configuration& configuration, const std::string& source);
// Whether the database is whole, every table can be read, and the secret key is the one that sealed the passwords.
int check(const Configuration& configuration);

}  // namespace postroom::app
