// The API's refusals (RFC 9457), in one place so that each kind always looks the same.
#pragma once

#include <string>
#include <vector>

#include "api/services.h"
#include "http/response.h"
#include "intake/submission.h"

namespace postroom::api {

http::Response refuse(const Call& call, int status, std::string_view code, std::string_view detail,
                      const http::ProblemMembers& more = {});
http::Response refuse(const Call& call, const intake::Refusal& refusal);
http::Response invalid(const Call& call, std::vector<intake::FieldError> errors);
http::Response not_found(const Call& call);
// A store's error: not_found → 404, conflict → 409, everything else 503, without its inner words.
http::Response store_error(const Call& call, const Error& error);
http::Response json_answer(int status, std::string json);
// 204: it is done, and there is no more to say.
http::Response done();

}  // namespace postroom::api
