#include "api/json_body.h"

#include <fmt/format.h>

#include "api/json_reader.h"
#include "base/text.h"

namespace postroom::api {

std::optional<intake::Refusal> wrong_type(const Call& call, std::string_view wanted) {
  const auto refusal = [](std::string sentence) {
    return intake::Refusal{415, "unsupported_media_type", std::move(sentence), {}};
  };
  const std::string* type = call.request.header("Content-Type");
  if (!type || !equals_ignoring_case(trim(std::string_view(*type).substr(0, type->find(';'))), wanted))
    return refusal(fmt::format("The body must be {}.", wanted));
  const std::string* coding = call.request.header("Content-Encoding");
  if (coding && !equals_ignoring_case(*coding, "identity"))
    return refusal("Send the body as it is, without a Content-Encoding.");
  return std::nullopt;
}

OrRefusal<boost::json::object> read_object(const Call& call) {
  if (auto wrong = wrong_type(call, "application/json")) return std::unexpected(std::move(*wrong));
  auto value = parse_json(call.request.body);
  if (!value) return std::unexpected(intake::Refusal{400, "malformed_json", value.error().message, {}});
  if (value->is_object()) return std::move(value->get_object());
  constexpr const char* sentence = "The body must be a JSON object.";
  return std::unexpected(intake::Refusal{422, "not_an_object", sentence, {{"", "not_an_object", sentence}}});
}

}  // namespace postroom::api
