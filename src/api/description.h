// The API's description (docs/api/openapi.yaml) as JSON, put in by the build.
#pragma once

#include <string_view>

namespace postroom::api {

std::string_view openapi_json();

}  // namespace postroom::api
