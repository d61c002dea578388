// The X-Postroom-* fields of a message's header: what an HTTP call says in JSON, a client of SMTP says there. Names
// that are no option are passed over: they may have come from elsewhere, and none of them leaves the house.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "intake/submission.h"

namespace postroom::intake {

struct OptionHeaders {
  DeliveryOptions options;
  std::optional<std::string> idempotency_key;
  std::vector<FieldError> errors;  // of values that can't be read; their pointer is "/" and the field's name
};

OptionHeaders read_option_headers(std::string_view message);

// What a client of SMTP calls that which a refusal points to: "X-Postroom-Tag" for "/tags/0"; the pointer itself,
// without its "/", when it is no option.
std::string name_over_smtp(std::string_view pointer);

}  // namespace postroom::intake
