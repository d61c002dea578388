// What a reader sees of a queue row, before the row itself is changed: a scheduled email whose time has come is queued,
// one past its end is expired (fine-print, "Times"). Pure; every backend shows its rows through it.
#pragma once

#include "base/timestamp.h"
#include "store/records.h"

namespace postroom::store {

struct Moment {
  Timestamp now;
  Timestamp expiry;  // what expires_at is compared with: now, or the beginning of time while expiry is held
};

EmailRecord as_of(EmailRecord email, const Moment& moment);

}  // namespace postroom::store
