// Ids of messages, emails and attempts: 63 bits that sort by time and say which bucket they live in.
//   41 bits of milliseconds since 2025-01-01 | 10 bits of bucket | 12 bits of sequence
// Printed as 13 Crockford base32 characters, which sort as the numbers do.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace postroom {

inline constexpr std::int64_t id_epoch_ms = 1735689600000;  // 2025-01-01T00:00:00Z
inline constexpr unsigned bucket_count = 64;  // fixed at the store's creation; every backend uses the same

template <class Tag>
struct Id {
  std::uint64_t value = 0;

  friend auto operator<=>(Id, Id) = default;
  unsigned bucket() const { return static_cast<unsigned>(value >> 12) & 0x3ff; }
  Timestamp at() const { return {static_cast<std::int64_t>(value >> 22) + id_epoch_ms}; }
};

using MessageId = Id<struct MessageTag>;
using EmailId = Id<struct EmailTag>;
using AttemptId = Id<struct AttemptTag>;

// The lowest id that a row of this moment may bear; of a moment that no id can tell any more, the highest there is.
constexpr std::int64_t first_id_at(Timestamp at) {
  constexpr std::int64_t last_ms = INT64_MAX >> 22;
  if (at.ms <= id_epoch_ms) return 0;
  return at.ms - id_epoch_ms > last_ms ? INT64_MAX : (at.ms - id_epoch_ms) << 22;
}

std::string format_id(std::uint64_t value);
std::optional<std::uint64_t> parse_id(std::string_view text);  // case-insensitive; nullopt unless 13 valid characters

template <class Tag>
std::string to_string(Id<Tag> id) {
  return format_id(id.value);
}

// Gives ids that rise strictly within a bucket, also across restarts (start above the highest stored id) and when the
// wall clock steps back. When a millisecond's 4,096 ids are used up it borrows the next millisecond. One per process;
// not thread-safe.
class IdGenerator {
 public:
  explicit IdGenerator(std::uint64_t highest_stored = 0);

  std::uint64_t next(Timestamp now, unsigned bucket);

 private:
  std::array<std::uint64_t, bucket_count> last_{};  // by bucket: milliseconds << 12 | sequence
};

}  // namespace postroom

template <class Tag>
struct std::hash<postroom::Id<Tag>> {
  std::size_t operator()(postroom::Id<Tag> id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
