// What a reader sees of a queue row, before the row itself is changed: a scheduled email whose time has come is queued,
// one past its end is expired (fine-print, "Times"); and what becomes of the row then. Pure; every backend shows and
// ends its rows through it.
#pragma once

#include "base/timestamp.h"
#include "store/records.h"

namespace postroom::store {

struct Moment {
  Timestamp now;
  Timestamp expiry;  // what expires_at is compared with: now, or the beginning of time while expiry is held
};

EmailRecord as_of(EmailRecord email, const Moment& moment);

// The row itself at its end: expired, with the reason. What its story says of it.
EmailEvent expire(EmailRecord& email, Timestamp now);

}  // namespace postroom::store
