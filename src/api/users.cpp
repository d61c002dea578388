// Others' accounts, and the rules of sign-in: for admins.
#include <fmt/format.h>

#include "api/accounts.h"
#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/text.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

constexpr std::size_t name_bytes = 200;
constexpr std::size_t email_bytes = 254;
constexpr std::int64_t longest_session_hours = 168;

std::optional<store::UserId> user_id(const Call& call) {
  return to_number<store::UserId>(call.params[0]);
}

std::string object_of(const Services& services, store::UserId id) {
  const auto& users = services.accounts.users();
  const auto user = users.find(id);
  return user == users.end() ? fmt::format("user:{}", id) : "user:" + user->second.email;
}

std::optional<store::Role> read_role(ObjectReader& reader) {
  const std::optional<std::string> word = reader.text("role");
  if (!word) return std::nullopt;
  const auto role = auth::role_from_word(*word);
  if (!role) reader.error("role", "invalid", "A role is viewer, operator or admin.");
  return role;
}

std::optional<std::string> read_name(ObjectReader& reader) {
  if (!reader.has("name")) return std::nullopt;
  std::string name = reader.text_or_empty("name");
  if (name.size() > name_bytes || has_control_characters(name))
    reader.error("name", "invalid", "A name has at most 200 bytes.");
  return name;
}

std::string user_json(const store::UserRecord& user, std::string_view invitation = {}) {
  JsonWriter json;
  json.begin_object();
  render_user(json, user);
  if (!invitation.empty()) json.text("invitation", invitation);
  json.end_object();
  return json.take();
}

std::string rules_json(const auth::SignInRules& rules) {
  JsonWriter json;
  json.begin_object().boolean("totp_required", rules.totp_required);
  json.number("session_hours", rules.session_hours).end_object();
  return json.take();
}

}  // namespace

Answering list_users(Services& services, Call&) {
  store::Page<store::UserRecord> page;
  for (const auto& [id, user] : services.accounts.users()) page.items.push_back(user);
  page.total = page.items.size();
  page.total_exact = true;
  co_return json_answer(200, render_page(page, "", render_user));
}

Answering create_user(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  store::UserRecord user;
  user.email = reader.text("email").value_or("");
  if (user.email.size() > email_bytes || !mail::parse_address(user.email))
    reader.error("email", "invalid", "This is no email address.");
  user.name = read_name(reader).value_or("");
  const auto role = read_role(reader);
  if (!reader.has("role")) reader.error("role", "required", "Say what they may do: viewer, operator or admin.");
  user.role = role.value_or(store::Role::viewer);
  user.content = reader.boolean("content").value_or(false);
  std::optional<Secret> password;
  if (reader.has("password")) password = Secret(reader.text("password").value_or(""));
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  store::AuditRecord record = audit(services, call, "user.create", "user:" + to_lower(user.email));
  record.detail = auth::to_word(user.role);
  const auto created = co_await services.accounts.create(std::move(user), std::move(password), std::move(record));
  if (!created) co_return refuse(call, created.error());
  co_return json_answer(201, user_json(created->user, created->invitation.reveal()));
}

Answering update_user(Services& services, Call& call) {
  const auto id = user_id(call);
  if (!id) co_return not_found(call);
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  auth::UserChange change;
  change.name = read_name(reader);
  change.role = read_role(reader);
  change.content = reader.boolean("content");
  change.enabled = reader.boolean("enabled");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto changed = co_await services.accounts.change(
      *id, std::move(change), audit(services, call, "user.update", object_of(services, *id)));
  if (!changed) co_return refuse(call, changed.error());
  co_return json_answer(200, user_json(*changed));
}

Answering delete_user(Services& services, Call& call) {
  const auto id = user_id(call);
  if (!id) co_return not_found(call);
  const auto removed =
      co_await services.accounts.remove(*id, audit(services, call, "user.delete", object_of(services, *id)));
  if (!removed) co_return refuse(call, removed.error());
  co_return done();
}

Answering invite_user(Services& services, Call& call) {
  const auto id = user_id(call);
  if (!id) co_return not_found(call);
  const auto token =
      co_await services.accounts.invite_anew(*id, audit(services, call, "user.invite", object_of(services, *id)));
  if (!token) co_return refuse(call, token.error());
  JsonWriter json;
  json.begin_object().text("invitation", token->reveal()).end_object();
  co_return json_answer(201, json.take());
}

Answering get_settings(Services& services, Call&) {
  co_return json_answer(200, rules_json(services.accounts.rules()));
}

Answering update_settings(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  auth::SignInRules rules = services.accounts.rules();
  rules.totp_required = reader.boolean("totp_required").value_or(rules.totp_required);
  rules.session_hours = static_cast<std::uint32_t>(
      reader.integer("session_hours", 1, longest_session_hours).value_or(rules.session_hours));
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  store::AuditRecord record = audit(services, call, "settings.update", "settings");
  record.detail = rules_json(rules);
  const auto changed = co_await services.accounts.set_rules(rules, std::move(record));
  if (!changed) co_return refuse(call, changed.error());
  co_return json_answer(200, rules_json(rules));
}

}  // namespace postroom::api
