// The queue in the order of a sort: an index's entries in that order, or those of a few merged, each with whether its
// own columns pass the filter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "store/as_of.h"
#include "store/sqlite/queue_indices.h"

namespace postroom::store::sqlite {

struct QueueQuery {
  QueueFilter filter;
  QueueSort sort;
  Direction direction;
  PageRequest page;
  Moment moment;
};

Position position_of(const EmailRecord& email, QueueSort sort);

// A row's place in the list's order, as the indices have it: rows without a value first.
using Key = std::tuple<bool, std::int64_t, std::string, std::uint64_t>;
Key key_of(const Position& position, QueueSort sort);

// What a row's own columns must say if the filter is to take the row, as a condition in SQL: rows that fail it need not
// be read. A row that passes may still not match: it is shown as of now (as_of.h). The text is the same whatever is
// asked, for statements are kept by their texts: each demand has a switch.
struct Test {
  std::string condition = "1";
  std::vector<Parameter> parameters;

  void demand(const std::string& more, const std::optional<Parameter>& value);  // one place for it; nullopt: not asked
};

Test test_of(const QueueFilter& filter);

class SortedWalk {
 public:
  struct Entry {
    Key key;
    bool passes;  // the test
    std::uint64_t id() const { return std::get<std::uint64_t>(key); }
  };

  // `test` outlives the walk.
  SortedWalk(Database& database, const QueueQuery& query, const Test& test);
  std::optional<Entry> next();
  Result<> error() const { return error_; }

 private:
  struct Head {
    const char* column;
    std::vector<Source> stretches;  // the one that is walked last, those still to walk before it
    std::optional<Statement> walked;
    std::optional<Entry> entry;
  };

  void advance(Head& head);
  void begin(Head& head);

  Database& database_;
  const Test& test_;
  const bool up_;
  std::vector<Head> heads_;
  Result<> error_;
};

}  // namespace postroom::store::sqlite
