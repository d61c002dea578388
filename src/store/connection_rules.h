// The rules that keep an organisation from locking itself out (fine-print, "Connections"). Pure; every backend asks
// them inside its writing transaction.
#pragma once

#include <optional>
#include <vector>

#include "base/result.h"
#include "store/configuration_store.h"
#include "store/records.h"

namespace postroom::store {

// nullopt: it may be done.
using MaybeRefusal = std::optional<ConnectionRefusal>;

MaybeRefusal why_not_create(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& created);
MaybeRefusal why_not_update(const std::vector<ConnectionRecord>& existing, const ConnectionRecord& changed,
                            std::int64_t expected_version);
MaybeRefusal why_not_delete(const std::vector<ConnectionRecord>& existing, const RoutingTable& routing, ConnectionId id,
                            std::uint64_t unfinished_emails);

// The error that ends the transaction of what the rules refuse; it stays within the store.
std::unexpected<Error> refused_by_the_rules();
// Why a transaction has not been: what the rules have said in it, or its own error.
std::unexpected<ConnectionRefusal> why_not(const MaybeRefusal& refused, const Error& error);

}  // namespace postroom::store
