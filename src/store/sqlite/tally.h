// What one commit adds to the stored sums: emails by the minute, attempts within a connection's limits and what became
// of them by the quarter of an hour. However many rows the commit holds, each sum is written once, just before its end.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "base/result.h"
#include "base/timestamp.h"
#include "store/records.h"
#include "store/sending_figures.h"

namespace postroom::store::sqlite {

class Database;

enum class Counter { submitted, succeeded, failed, finished };

class Tally {
 public:
  void count(Timestamp at, Counter counter, std::uint64_t by = 1);
  // Attempts that take a place in the connection's limits; `by` is negative when places are given back.
  void use(ConnectionId connection, Timestamp at, std::int64_t by);
  // `send_at` is the message's.
  void sent(const AttemptOutcome& outcome, std::optional<Timestamp> send_at, Timestamp now);

  Result<> write(Database& database) const;

 private:
  using ByQuarter = std::pair<std::int64_t, ConnectionId>;

  Result<> write_counts(Database& database) const;
  Result<> write_usage(Database& database) const;
  Result<> write_sending(Database& database) const;

  std::map<std::int64_t, std::array<std::uint64_t, 4>> counts_;  // by minute; in the order of Counter
  std::map<ByQuarter, std::int64_t> usage_;
  std::map<ByQuarter, ConnectionCounts> sending_;
};

}  // namespace postroom::store::sqlite
