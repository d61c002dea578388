// What the queue's indices know of a filter: which entries each has for it, and in which order.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/queries.h"
#include "store/sqlite/walks.h"

namespace postroom::store::sqlite {

// The bounds that a filter sets to the column of an index; the second is exclusive.
struct Bounds {
  std::optional<Parameter> from, to;
  bool any() const { return from || to; }
};

struct SortIndex {
  const char* column;
  std::string index;
  Bounds bounds;
  std::string rows = {};  // the condition of those that the index is asked for, when not all
};

// The index in the order of the sort, with the filter's bounds of its column.
SortIndex index_of(QueueSort sort, const QueueFilter& filter);
// The indices that together have what the filter asks for, each in the order of the sort.
std::vector<SortIndex> indices_of(QueueSort sort, const QueueFilter& filter);

Source entries(const SortIndex& sorted);  // within its bounds
Source entries(const SortIndex& sorted, const std::string& condition, std::vector<Parameter> parameters);

// Every answer that an index has to the filter, the likely small ones first.
std::vector<Narrowing> narrowings_of(const QueueFilter& filter, Timestamp now);
// The sources to walk in the order of id, when what the filter asks for is much.
Result<Narrowing> sources_by_id(Database& database, const QueueFilter& filter, Timestamp now);
// Whether those have only rows that the filter asks for, but for its dates of creation.
bool answered_by_one_index(const QueueFilter& filter);

bool asks(const QueueFilter& filter, EmailStatus status);
bool asks_only_queued_states(const QueueFilter& filter);
// The class that the stored rows must have too; nullopt when the filter says nothing of the kind.
std::optional<ReasonClass> stored_class(const QueueFilter& filter);

}  // namespace postroom::store::sqlite
