// What an attempt's end does to its email: fine-print's table "The life of an email", as one pure function.
#pragma once

#include <optional>

#include "base/random.h"
#include "policy/classify.h"
#include "policy/retry.h"
#include "policy/route.h"
#include "store/records.h"

namespace postroom::policy {

// How one attempt of one email ended.
struct Ending {
  enum class Kind { accepted, refused, doubt };
  Kind kind = Kind::refused;
  Verdict verdict;     // of refused and doubt
  std::string reason;  // a sentence for people
  store::ConnectionId over = 0;
};

struct FateRules {
  const RetrySchedule& schedule;
  store::OnDoubt on_doubt = store::OnDoubt::retry;  // the message's, else the lane's, else the connection's
};

// The email with its new status, counts, times, doubt and reason. `next` is where it could go now, the connection of
// the ending left out; it matters only where the verdict says that elsewhere is worthwhile.
store::EmailRecord fate(store::EmailRecord email, const Ending& ending, const Route& next, const FateRules& rules,
                        Timestamp now, Monotonic now_monotonic, Random& random);

}  // namespace postroom::policy
