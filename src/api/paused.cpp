#include "api/paused.h"

#include <algorithm>
#include <utility>

#include "store/pauses.h"

namespace postroom::api {

async::Task<void> tell_pauses(Services& services, std::span<store::EmailRecord> emails) {
  const Timestamp now = services.loop.wall();
  const auto is_due = [now](const store::EmailRecord& email) {
    return email.status == store::EmailStatus::queued && email.next_attempt_at && *email.next_attempt_at <= now;
  };
  if (std::ranges::none_of(emails, is_due)) co_return;
  const auto settings = co_await services.store.settings(std::string(store::pause_prefix));
  if (!settings || settings->empty()) co_return;
  const store::Pauses pauses = store::read_pauses(*settings);
  for (store::EmailRecord& email : emails) {
    if (!is_due(email)) continue;
    std::optional<std::string> why = store::why_paused(pauses, email.lane);
    if (!why) continue;
    email.reason = std::move(*why);
    email.reason_class = store::ReasonClass::op;
  }
}

}  // namespace postroom::api
