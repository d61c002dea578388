// Answers of the API as a person reads them in a terminal.
#pragma once

#include <string>

namespace postroom::app {

// A list ({"items": […]}) as a table of its main columns, anything else as "name: value" lines. `json` must be valid.
std::string as_table(const std::string& json);

}  // namespace postroom::app
