// Strict JSON: one value, UTF-8, at most limits::json_depth deep, no key twice, numbers that a double can hold.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "base/result.h"

namespace postroom::api {

// Error invalid, with a sentence for the caller.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace postroom::api
