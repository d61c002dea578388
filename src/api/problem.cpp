#include "api/problem.h"

namespace postroom::api {

http::Response refuse(const Call& call, int status, std::string_view code, std::string_view detail,
                      const http::ProblemMembers& more) {
  http::Response response = http::problem(status, code, detail, call.request.id, more);
  // RFC 9110 §15.5.2: each 401 names a way to identify oneself. Bearer is the one that no browser has a dialog for.
  if (status == 401) response.with("WWW-Authenticate", "Bearer");
  return response;
}

http::Response refuse(const Call& call, const intake::Refusal& refusal) {
  return refuse(call, refusal.status, refusal.code, refusal.detail, [&refusal](JsonWriter& json) {
    if (refusal.errors.empty()) return;
    json.key("errors").begin_array();
    for (const auto& error : refusal.errors) {
      json.begin_object().text("pointer", error.pointer).text("code", error.code);
      json.text("detail", error.detail).end_object();
    }
    json.end_array();
  });
}

http::Response invalid(const Call& call, std::vector<intake::FieldError> errors) {
  // One trouble is told by its own code; several by the list alone.
  const std::string code = errors.size() == 1 ? errors[0].code : "invalid";
  const std::string detail = errors.size() == 1 ? errors[0].detail : "Some fields are not valid.";
  return refuse(call, {422, code, detail, std::move(errors)});
}

http::Response not_found(const Call& call) {
  return refuse(call, 404, "not_found", "There is no such thing, or it is not yours to see.");
}

http::Response store_error(const Call& call, const Error& error) {
  if (error.code == ErrorCode::not_found) return not_found(call);
  if (error.code == ErrorCode::conflict) return refuse(call, 409, "conflict", "The present state does not allow this.");
  return refuse(call, 503, "unavailable", "The store cannot do this now.");
}

http::Response json_answer(int status, std::string json) {
  http::Response response;
  response.status = status;
  response.with("Content-Type", "application/json");
  response.body = std::move(json);
  return response;
}

http::Response done() {
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace postroom::api
