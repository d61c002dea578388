#include "api/description.h"

#include "api/problem.h"
#include "api/resources.h"

extern "C" const char postroom_openapi_json[], postroom_openapi_json_end[];

namespace postroom::api {

std::string_view openapi_json() {
  return {postroom_openapi_json, static_cast<std::size_t>(postroom_openapi_json_end - postroom_openapi_json)};
}

Answering get_description(Services&, Call&) {
  co_return json_answer(200, std::string(openapi_json()));
}

}  // namespace postroom::api
