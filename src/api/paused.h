// Mail that stands in line only because an operator has paused it: nothing of that is written to its row, and whoever
// reads it is told.
#pragma once

#include <span>

#include "api/services.h"
#include "store/records.h"

namespace postroom::api {

// Gives each of these its reason. When the pauses can't be read now, they stay as they are.
async::Task<void> tell_pauses(Services& services, std::span<store::EmailRecord> emails);

}  // namespace postroom::api
