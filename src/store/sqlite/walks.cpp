#include "store/sqlite/walks.h"

#include <algorithm>

namespace postroom::store::sqlite {
namespace {

constexpr std::size_t gathered_at_most = 3000;  // about 10 ms to read
constexpr std::size_t few_enough = 100;         // other narrowings need not be asked
constexpr std::int64_t counted_at_most = 10000;
constexpr Duration patience = std::chrono::milliseconds(25);  // of the 40 ms that fine-print gives a page
constexpr std::size_t rows_at_least = 500;                    // a slow disk makes pages late, not endless
constexpr std::size_t rows_between_looks = 16;

// Appends the source's ids; false when there are more than may be gathered.
Result<bool> take_ids(Database& database, const Source& source, std::vector<std::uint64_t>& ids) {
  Statement select = database.prepare(source.select + " LIMIT " + std::to_string(gathered_at_most + 1));
  bind(select, source.parameters);
  while (ids.size() <= gathered_at_most && select.step()) ids.push_back(static_cast<std::uint64_t>(select.integer(0)));
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  return ids.size() <= gathered_at_most;
}

}  // namespace

IdRange ids_of(const DateRange& range) {
  return {range.from ? first_id_at(*range.from) : 0, range.to ? first_id_at(*range.to) : INT64_MAX};
}

Result<std::optional<std::vector<std::uint64_t>>> gather(Database& database, const std::vector<Narrowing>& narrowings) {
  std::optional<std::vector<std::uint64_t>> fewest;
  for (const Narrowing& narrowing : narrowings) {
    std::vector<std::uint64_t> ids;
    bool all = true;
    for (const Source& source : narrowing) {
      const Result<bool> taken = take_ids(database, source, ids);
      if (!taken) return std::unexpected(taken.error());
      all = all && *taken;
      if (!all) break;
    }
    if (!all || (fewest && fewest->size() <= ids.size())) continue;
    fewest = std::move(ids);
    if (fewest->size() <= few_enough) break;
  }
  if (!fewest) return fewest;
  std::ranges::sort(*fewest);
  fewest->erase(std::ranges::unique(*fewest).begin(), fewest->end());
  return fewest;
}

Result<bool> is_small(Database& database, const Source& source) {
  std::vector<std::uint64_t> ids;
  return take_ids(database, source, ids);
}

Result<Total> count_entries(Database& database, const Narrowing& sources, const IdRange& ids) {
  std::int64_t rows = 0;
  for (const Source& source : sources) {
    Statement count = database.prepare("SELECT count(*) FROM (" + source.select + " AND id>=? AND id<? LIMIT " +
                                       std::to_string(counted_at_most) + ")");
    bind(count, source.parameters);
    count << ids.first << ids.second;
    if (!count.step()) return fail(ErrorCode::unavailable, "the rows can't be counted now");
    rows += count.integer(0);
  }
  return Total{static_cast<std::uint64_t>(rows), rows < counted_at_most};
}

IdWalk::IdWalk(Database& database, Narrowing sources, const IdRange& ids, Direction direction)
    : sources_(std::move(sources)), direction_(direction) {
  const std::string order = direction == Direction::ascending ? " ASC" : " DESC";
  for (const Source& source : sources_) {
    heads_.push_back({database.prepare(source.select + " AND id>=? AND id<? ORDER BY id" + order), std::nullopt});
    bind(heads_.back().statement, source.parameters);
    heads_.back().statement << ids.first << ids.second;
  }
  for (Head& head : heads_) advance(head);
}

void IdWalk::advance(Head& head) {
  head.id = head.statement.step() ? std::optional(static_cast<std::uint64_t>(head.statement.integer(0))) : std::nullopt;
}

std::optional<std::uint64_t> IdWalk::next() {
  std::optional<std::uint64_t> nearest;
  for (const Head& head : heads_) {
    if (!head.id) continue;
    const bool nearer = !nearest || (direction_ == Direction::ascending ? *head.id < *nearest : *head.id > *nearest);
    if (nearer) nearest = head.id;
  }
  for (Head& head : heads_)
    if (nearest && head.id == nearest) advance(head);
  return nearest;
}

Result<> IdWalk::error() const {
  for (const Head& head : heads_)
    if (Result<> error = head.statement.error(); !error) return error;
  return {};
}

void bind(Statement& statement, const std::vector<Parameter>& parameters) {
  for (const Parameter& parameter : parameters)
    std::visit([&statement](const auto& value) { statement << value; }, parameter);
}

std::string end_of_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

Patience::Patience(const async::Loop& loop) : loop_(loop), until_(loop.now() + patience) {}

bool Patience::is_over() {
  ++rows_;
  if (rows_ >= rows_at_least && rows_ % rows_between_looks == 0) over_ = over_ || loop_.now() >= until_;
  return over_;
}

}  // namespace postroom::store::sqlite
