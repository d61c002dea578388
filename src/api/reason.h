// Why an operator does something, in his words: optional, at most 500 characters (fine-print, "Acting on mail").
#pragma once

#include <string>
#include <string_view>

#include "api/object_reader.h"

namespace postroom::api {

inline constexpr std::string_view reason_rule = "A reason has at most 500 characters.";

bool is_reason(std::string_view text);
// The body's field "reason"; "" when it has none.
std::string read_reason(ObjectReader& reader);

}  // namespace postroom::api
