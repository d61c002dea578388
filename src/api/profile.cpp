// One's own account: name, preferences, password, second factor, saved views.
#include <boost/json/serialize.hpp>

#include <array>

#include "api/accounts.h"
#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/resources.h"
#include "auth/totp.h"
#include "base/text.h"

namespace postroom::api {
namespace {

namespace json = boost::json;

constexpr std::size_t name_bytes = 200;
constexpr std::size_t view_name_bytes = 80;
constexpr std::size_t view_query_bytes = 4000;
constexpr std::size_t view_columns = 50;
constexpr std::size_t views_at_most = 100;
constexpr std::array<std::string_view, 3> pages = {"queue", "log", "connections"};

store::AuditRecord of_own_account(const Services& services, const Call& call, std::string action) {
  return audit(services, call, std::move(action), "user:" + call.visitor->user.email);
}

void render_view(JsonWriter& json, const store::ViewRecord& view) {
  json.text("page", view.page).text("name", view.name).text("query", view.query).texts("columns", view.columns);
}

// The one field of a small body.
OrRefusal<std::string> read_text(const Call& call, std::string_view name) {
  const auto object = read_object(call);
  if (!object) return std::unexpected(object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  std::string text = reader.text(name).value_or("");
  if (text.empty()) reader.error(name, "required", "This is needed.");
  reader.finish();
  if (!errors.empty())
    return std::unexpected(intake::Refusal{422, "invalid", "Some fields are not valid.", std::move(errors)});
  return text;
}

}  // namespace

Answering update_profile(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  std::optional<std::string> name;
  if (reader.has("name")) name = reader.text("name");
  if (name && (name->size() > name_bytes || has_control_characters(*name)))
    reader.error("name", "invalid", "A name has at most 200 bytes.");
  std::optional<std::string> preferences;
  if (const json::value* given = reader.take("preferences")) {
    preferences = json::serialize(*given);
    if (!given->is_object()) reader.error("preferences", "invalid", "This is an object.");
  }
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto changed =
      co_await services.accounts.set_profile(call.visitor->user.id, std::move(name), std::move(preferences));
  if (!changed && changed.error().code == "preferences_too_large")
    co_return invalid(call, {{"/preferences", "too_long", "All preferences together have at most 8 KiB."}});
  if (!changed) co_return refuse(call, changed.error());
  co_return json_answer(200, render_session(services, now(services, *call.visitor)));
}

Answering change_password(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  Secret current(reader.text("current").value_or(""));
  Secret fresh(reader.text("password").value_or(""));
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto changed = co_await services.accounts.change_password(
      *call.visitor, std::move(current), std::move(fresh), of_own_account(services, call, "user.password_changed"));
  if (!changed) co_return refuse(call, changed.error());
  co_return done();
}

Answering begin_totp(Services& services, Call& call) {
  auto password = read_text(call, "password");
  if (!password) co_return refuse(call, password.error());
  const auto secret = co_await services.accounts.begin_totp(*call.visitor, Secret(std::move(*password)));
  if (!secret) co_return refuse(call, secret.error());
  JsonWriter json;
  json.begin_object().text("secret", auth::base32(secret->reveal()));
  json.text("uri", auth::totp_uri(*secret, call.visitor->user.email)).end_object();
  co_return json_answer(200, json.take());
}

Answering confirm_totp(Services& services, Call& call) {
  auto code = read_text(call, "totp");
  if (!code) co_return refuse(call, code.error());
  const auto codes = co_await services.accounts.confirm_totp(*call.visitor, std::move(*code),
                                                             of_own_account(services, call, "user.totp_on"));
  if (!codes && codes.error().code == "totp_wrong")
    co_return refuse(call, 422, "totp_wrong", "That is not the code that the authenticator shows now.");
  if (!codes) co_return refuse(call, codes.error());
  JsonWriter json;
  json.begin_object().texts("recovery_codes", *codes).end_object();
  co_return json_answer(200, json.take());
}

Answering drop_totp(Services& services, Call& call) {
  auto password = read_text(call, "password");
  if (!password) co_return refuse(call, password.error());
  const auto dropped = co_await services.accounts.drop_totp(*call.visitor, Secret(std::move(*password)),
                                                            of_own_account(services, call, "user.totp_off"));
  if (!dropped) co_return refuse(call, dropped.error());
  co_return done();
}

Answering list_views(Services& services, Call& call) {
  const auto views = co_await services.store.views(call.visitor->user.id);
  if (!views) co_return store_error(call, views.error());
  JsonWriter json;
  json.begin_object().key("items").begin_array();
  for (const store::ViewRecord& view : *views) {
    json.begin_object();
    render_view(json, view);
    json.end_object();
  }
  json.end_array().end_object();
  co_return json_answer(200, json.take());
}

Answering put_view(Services& services, Call& call) {
  store::ViewRecord view{call.visitor->user.id, call.params[0], call.params[1], {}, {}};
  if (std::ranges::find(pages, view.page) == pages.end()) co_return not_found(call);
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  view.query = reader.text_or_empty("query");
  view.columns = reader.texts("columns");
  if (view.name.empty() || view.name.size() > view_name_bytes || has_control_characters(view.name))
    reader.error("name", "invalid", "A view's name has 1 to 80 bytes.");
  if (view.query.size() > view_query_bytes) reader.error("query", "too_long", "The query is too long.");
  if (view.columns.size() > view_columns || std::ranges::any_of(view.columns, has_control_characters))
    reader.error("columns", "invalid", "These are no columns of a list.");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto known = co_await services.store.views(view.user_id);
  if (!known) co_return store_error(call, known.error());
  if (known->size() >= views_at_most) co_return refuse(call, 409, "too_many_views", "Delete a view first.");
  JsonWriter json;
  json.begin_object();
  render_view(json, view);
  json.end_object();
  const Result<> kept = co_await services.store.put_view(std::move(view));
  if (!kept) co_return store_error(call, kept.error());
  co_return json_answer(200, json.take());
}

Answering delete_view(Services& services, Call& call) {
  const Result<> deleted = co_await services.store.delete_view(call.visitor->user.id, call.params[0], call.params[1]);
  if (!deleted) co_return store_error(call, deleted.error());
  co_return done();
}

}  // namespace postroom::api
