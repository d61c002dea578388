#include "store/queries.h"

#include <charconv>

namespace postroom::store {

std::optional<std::int64_t> Position::number() const {
  std::int64_t parsed = 0;
  const char* end = value.data() + value.size();
  const auto [rest, error] = std::from_chars(value.data(), end, parsed);
  if (error != std::errc() || rest != end) return std::nullopt;
  return parsed;
}

}  // namespace postroom::store
