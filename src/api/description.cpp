#include "api/description.h"

#include "api/problem.h"
#include "api/resources.h"

namespace postroom::api {

Answering get_description(Services&, Call&) {
  co_return json_answer(200, std::string(openapi_json()));
}

}  // namespace postroom::api
