// Patterns over the numbers of a reply, as rules write them: "550", "5xx" or "45x" for its code, "5.7.1", "5.7.*" or
// "*.2.2" for its enhanced code.
#pragma once

#include <optional>
#include <string_view>

#include "mail/reply.h"

namespace postroom::mail {

// Of a refusal: the first digit is 4 or 5, each other a digit or 'x'.
bool is_code_pattern(std::string_view pattern);
bool code_matches(std::string_view pattern, int code);  // "" matches every code

// Three parts, each a number or '*'; the class is 4, 5 or '*'.
bool is_enhanced_pattern(std::string_view pattern);
bool enhanced_matches(std::string_view pattern, const std::optional<EnhancedStatusCode>& code);  // "" matches all

}  // namespace postroom::mail
