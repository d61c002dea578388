#include <fmt/format.h>

#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/text.h"

namespace postroom::api {
namespace {

constexpr std::size_t name_bytes = 200;

}  // namespace

Answering list_api_keys(Services& services, Call& call) {
  const auto keys = co_await services.store.api_keys();
  if (!keys) co_return store_error(call, keys.error());
  store::Page<store::ApiKeyRecord> page{*keys, std::nullopt, keys->size(), true};
  co_return json_answer(200, render_page(page, "", render_api_key));
}

Answering create_api_key(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  const std::string name = reader.text("name").value_or("");
  const auto scopes = reader.texts("scopes");
  if (name.empty() || name.size() > name_bytes || has_control_characters(name))
    reader.error("name", "invalid", "A key needs a name of at most 200 bytes.");
  if (scopes.empty()) reader.error("scopes", "required", "A key needs at least one scope.");
  for (const auto& scope : scopes)
    if (!auth::scope_from_word(scope)) reader.error("scopes", "invalid", "There is no such scope.");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  auto created = co_await services.keys.create(name, scopes, audit(services, call, "api_key.create", name));
  if (!created) co_return store_error(call, created.error());
  JsonWriter json;
  json.begin_object();
  render_api_key(json, created->record);
  json.text("key", created->key.reveal()).end_object();
  co_return json_answer(201, json.take());
}

Answering revoke_api_key(Services& services, Call& call) {
  const std::optional<store::ApiKeyId> id = to_number<store::ApiKeyId>(call.params[0]);
  if (!id) co_return not_found(call);
  const auto revoked =
      co_await services.keys.revoke(*id, audit(services, call, "api_key.revoke", fmt::format("api_key:{}", *id)));
  if (!revoked) co_return store_error(call, revoked.error());
  co_return done();
}

}  // namespace postroom::api
