// Copies of the database: taken beside a running server, brought back with delivery held.
#pragma once

#include <string>

#include "base/result.h"

namespace postroom::store::sqlite {

// A consistent copy of DIR's database as FILE, which must not exist; it is on the disk when this returns. Only reads,
// so a running server is not disturbed.
Result<> back_up(const std::string& dir, const std::string& file);

enum class RestoredKey { present, absent };

// Makes a copy fit to be started: everything that waits is held, what was being sent is in doubt and stays so until an
// operator decides, nobody is signed in, and without its secret key the sealed passwords, which nothing can open, are
// forgotten.
Result<> prepare_restored(const std::string& file, RestoredKey key);

// The id of the key that sealed the passwords in this database file; "" when none has yet.
Result<std::string> stored_key_id(const std::string& file);

// SQLite's own check of every page and index. Error corrupt, with its first words.
Result<> check_integrity(const std::string& dir);

}  // namespace postroom::store::sqlite
