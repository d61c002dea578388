#include "api/json_body.h"

#include <fmt/format.h>

#include "api/json_reader.h"
#include "base/text.h"

namespace postroom::api {

bool has_type(const Call& call, std::string_view wanted) {
  const std::string* type = call.request.header("Content-Type");
  return type && equals_ignoring_case(trim(std::string_view(*type).substr(0, type->find(';'))), wanted);
}

intake::Refusal wrong_type(std::string_view wanted) {
  return {415, "unsupported_media_type", fmt::format("The body must be {}.", wanted), {}};
}

OrRefusal<boost::json::object> read_object(const Call& call) {
  if (!has_type(call, "application/json")) return std::unexpected(wrong_type("application/json"));
  auto value = parse_json(call.request.body);
  if (!value) return std::unexpected(intake::Refusal{400, "malformed_json", value.error().message, {}});
  if (value->is_object()) return std::move(value->get_object());
  constexpr const char* sentence = "The body must be a JSON object.";
  return std::unexpected(intake::Refusal{422, "not_an_object", sentence, {{"", "not_an_object", sentence}}});
}

}  // namespace postroom::api
