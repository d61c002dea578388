#include "store/sending_figures.h"

#include <algorithm>

#include "store/store.h"

namespace postroom::store {
namespace {

constexpr std::int64_t quarter_ms = std::chrono::duration_cast<Milliseconds>(quarter_of_an_hour).count();

}  // namespace

std::int64_t quarter_of(Timestamp at) {
  return at.ms / quarter_ms;
}

void ConnectionCounts::add(const AttemptOutcome& outcome, std::optional<Timestamp> send_at, Timestamp now) {
  if (outcome.attempt.status != AttemptStatus::success) {
    ++(outcome.email.status == EmailStatus::failed ? failed : deferred);
    return;
  }
  ++succeeded;
  const Timestamp accepted = outcome.email.created_at();
  latencies.add(std::chrono::duration_cast<Milliseconds>(now - std::max(accepted, send_at.value_or(accepted))));
}

void ConnectionCounts::add(const ConnectionCounts& others) {
  succeeded += others.succeeded;
  failed += others.failed;
  deferred += others.deferred;
  latencies.add(others.latencies);
}

SendingFigures::SendingFigures(Timestamp from, Timestamp to, Milliseconds step) : step_(step) {
  for (std::int64_t at = quarter_of(from) * quarter_ms; at < to.ms; at += step.count()) buckets.push_back({{at}, {}});
  end_ = (to.ms + quarter_ms - 1) / quarter_ms;
}

std::int64_t SendingFigures::first_quarter() const {
  return buckets.empty() ? end_ : quarter_of(buckets.front().at);
}

std::int64_t SendingFigures::end_quarter() const {
  return end_;
}

void SendingFigures::add(std::int64_t quarter, ConnectionId connection, const ConnectionCounts& counts) {
  if (quarter < first_quarter() || quarter >= end_) return;
  connections[connection].add(counts);
  const std::int64_t at = (quarter - first_quarter()) * quarter_ms / step_.count();
  buckets[static_cast<std::size_t>(at)].latencies.add(counts.latencies);
}

}  // namespace postroom::store
