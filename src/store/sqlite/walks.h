// How a list finds its rows. A walk yields ids in the list's order, merged from the entries of one index or of a few;
// each row is then read by its id and tested (store/filters.h). What an index says to be few rows is gathered whole
// instead and put into any order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "async/loop.h"
#include "base/result.h"
#include "store/queries.h"
#include "store/sqlite/database.h"

namespace postroom::store::sqlite {

using Parameter = std::variant<std::int64_t, std::string>;

// A range of ids: first inclusive, second exclusive.
using IdRange = std::pair<std::int64_t, std::int64_t>;
IdRange ids_of(const DateRange& range);  // of the rows whose own time lies in it

// The entries of one index that a filter asks for. `select` is "SELECT id FROM t INDEXED BY i WHERE condition".
struct Source {
  std::string select;
  std::vector<Parameter> parameters;
};

// One answer of an index: the rows of all its sources together. No other rows can match.
using Narrowing = std::vector<Source>;

// The ids of the narrowing with the fewest rows, in ascending order; nullopt when each has more than may be gathered.
Result<std::optional<std::vector<std::uint64_t>>> gather(Database& database, const std::vector<Narrowing>& narrowings);

// Whether the source has so few rows that they may be gathered.
Result<bool> is_small(Database& database, const Source& source);

// Up to a bound, how many entries the sources have within the ids; beyond it the count is a lower one.
struct Total {
  std::uint64_t count = 0;
  bool exact = true;
};
Result<Total> count_entries(Database& database, const Narrowing& sources, const IdRange& ids);

// The range of ids in either direction, from sources whose entries are in the order of their id.
class IdWalk {
 public:
  IdWalk(Database& database, Narrowing sources, const IdRange& ids, Direction direction);
  IdWalk(const IdWalk&) = delete;
  IdWalk& operator=(const IdWalk&) = delete;
  std::optional<std::uint64_t> next();
  Result<> error() const;

 private:
  struct Head {
    Statement statement;
    std::optional<std::uint64_t> id;
  };
  static void advance(Head& head);

  Narrowing sources_;  // the statements' texts are bound to it
  Direction direction_;
  std::vector<Head> heads_;
};

void bind(Statement& statement, const std::vector<Parameter>& parameters);

// The first text after all that begin so, in the order that ignores ASCII case.
std::string end_of_prefix(std::string prefix);

// When a page must end though it isn't full: no list keeps its reader longer, however few rows match.
class Patience {
 public:
  explicit Patience(const async::Loop& loop);
  bool is_over();  // asked once per row

 private:
  const async::Loop& loop_;
  Monotonic until_;
  std::size_t rows_ = 0;
  bool over_ = false;
};

}  // namespace postroom::store::sqlite
