// The body of a call that takes a JSON object.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "api/list_query.h"
#include "api/services.h"

namespace postroom::api {

std::optional<intake::Refusal> wrong_type(const Call& call, std::string_view wanted);
// Refusal: 415, 400 malformed_json, 422 not_an_object.
OrRefusal<boost::json::object> read_object(const Call& call);

}  // namespace postroom::api
