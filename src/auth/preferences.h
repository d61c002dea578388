// What a person has chosen for the Back Office: a JSON object that the server keeps and does not read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postroom::auth {

inline constexpr std::size_t preferences_bytes = 8 * 1024;

// The object `kept` with the members of the object `changes` laid over it, by their names; one that is null there goes.
// Two tabs that change different members don't undo each other.
std::string merge_preferences(std::string_view kept, std::string_view changes);

}  // namespace postroom::auth
