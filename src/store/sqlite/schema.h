// The database's shape, as the migrations that lead to it. docs/decisions/0003-store-layout.md tells why it is so.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace postroom::store::sqlite {

// Brings a database to the newest version, each step in a transaction of its own. Error conflict: it was written by a
// newer Postroom and is left alone.
Result<> migrate(Database& database);

}  // namespace postroom::store::sqlite
