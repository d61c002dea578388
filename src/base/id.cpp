#include "base/id.h"

#include "base/assert.h"

namespace postroom {
namespace {

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t id_length = 13;

int digit_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const std::size_t at = crockford.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string format_id(std::uint64_t value) {
  std::string text(id_length, '0');
  for (std::size_t i = id_length; i-- > 0; value >>= 5) text[i] = crockford[value & 31];
  return text;
}

std::optional<std::uint64_t> parse_id(std::string_view text) {
  if (text.size() != id_length) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const int digit = digit_of(c);
    if (digit < 0) return std::nullopt;
    value = value << 5 | static_cast<std::uint64_t>(digit);
  }
  if (digit_of(text[0]) > 7) return std::nullopt;  // 63 bits: 3 in the first character, 60 in the others
  return value;
}

IdGenerator::IdGenerator(std::uint64_t highest_stored) {
  const std::uint64_t ms = highest_stored >> 22;
  last_.fill(ms << 12 | 0xfff);
  if (highest_stored == 0) last_.fill(0);
}

std::uint64_t IdGenerator::next(Timestamp now, unsigned bucket) {
  POSTROOM_ASSERT(bucket < bucket_count);
  const std::int64_t since = now.ms - id_epoch_ms;
  const std::uint64_t clock = since > 0 ? static_cast<std::uint64_t>(since) << 12 : 0;
  std::uint64_t& last = last_[bucket];
  last = clock > last ? clock : last + 1;  // + 1 carries into the next millisecond by itself
  return (last >> 12) << 22 | static_cast<std::uint64_t>(bucket) << 12 | (last & 0xfff);
}

}  // namespace postroom
