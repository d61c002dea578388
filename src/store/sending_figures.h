// What became of attempts over each connection, and how long mail took, summed from what a store keeps by the quarter
// of an hour. The one meaning of these figures: a backend only finds the rows.
#pragma once

#include <map>
#include <vector>

#include "store/latencies.h"
#include "store/records.h"

namespace postroom::store {

struct AttemptOutcome;

// Attempts over one connection.
struct ConnectionCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;    // and the email with them
  std::uint64_t deferred = 0;  // did not succeed, and the email goes on
  Latencies latencies;         // of those that succeeded: from acceptance, or send_at, until the provider took it on

  void add(const AttemptOutcome& outcome, std::optional<Timestamp> send_at, Timestamp now);
  void add(const ConnectionCounts& others);
};

struct LatencyBucket {
  Timestamp at;  // the start
  Latencies latencies;
};

struct SendingFigures {
  std::map<ConnectionId, ConnectionCounts> connections;
  std::vector<LatencyBucket> buckets;  // all that there are between the two times

  // Buckets of `step`, whole quarters of an hour, from the quarter in which `from` lies.
  SendingFigures(Timestamp from, Timestamp to, Milliseconds step);
  SendingFigures() = default;

  void add(std::int64_t quarter, ConnectionId connection, const ConnectionCounts& counts);
  std::int64_t first_quarter() const;
  std::int64_t end_quarter() const;  // exclusive

 private:
  Milliseconds step_{};
  std::int64_t end_ = 0;
};

// Which quarter of an hour since 1970 a moment lies in.
std::int64_t quarter_of(Timestamp at);

}  // namespace postroom::store
