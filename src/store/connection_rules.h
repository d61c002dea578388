// The rules that keep an organisation from locking itself out (fine-print, "Connections"). Pure; every backend asks
// them inside its writing transaction.
#pragma once

#include <vector>

#include "base/result.h"
#include "store/records.h"

namespace postroom::store {

Result<> may_create(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& created);
Result<> may_update(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& changed,
                    std::int64_t expected_version);
Result<> may_delete(const std::vector<ConnectionRecord>& existing, const RoutingTable& routing, ConnectionId id,
                    std::uint64_t unfinished_emails);

}  // namespace postroom::store
