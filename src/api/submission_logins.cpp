// The logins of SMTP submission: for admins.
#include <fmt/format.h>

#include <algorithm>

#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/text.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

constexpr std::size_t username_bytes = 128;
constexpr std::size_t senders_at_most = 100;
constexpr std::int64_t most_emails = 1'000'000'000;

const store::SubmissionLoginRecord* known(const Services& services, const Call& call) {
  const std::optional<store::SubmissionLoginId> id = to_number<store::SubmissionLoginId>(call.params[0]);
  return id ? services.logins.by_id(*id) : nullptr;
}

bool is_sender(const std::string& text) {
  return mail::parse_address(text.starts_with("*@") ? "x" + text.substr(1) : text).has_value();
}

// The fields that may change; what is absent stays as it is.
void read_rules(ObjectReader& reader, const Services& services, store::SubmissionLoginRecord& login) {
  if (reader.has("senders")) login.senders = reader.texts("senders");
  if (login.senders.size() > senders_at_most || !std::ranges::all_of(login.senders, is_sender))
    reader.error("senders", "invalid", "At most 100 addresses such as ann@example.org, or domains as *@example.org.");
  if (reader.has("lane")) login.lane = reader.text_or_empty("lane");
  const std::vector<std::string>& lanes = services.config.lanes;
  if (!login.lane.empty() && std::ranges::find(lanes, login.lane) == lanes.end())
    reader.error("lane", "lane_unknown", "There is no such lane.");
  const auto limit = [&reader](std::string_view name, std::uint32_t& into) {
    if (const auto value = reader.integer(name, 0, most_emails)) into = static_cast<std::uint32_t>(*value);
  };
  limit("per_minute", login.per_minute);
  limit("per_day", login.per_day);
  login.enabled = reader.boolean("enabled").value_or(login.enabled);
}

std::string login_json(const store::SubmissionLoginRecord& login, std::string_view password = {}) {
  JsonWriter json;
  json.begin_object();
  render_submission_login(json, login);
  if (!password.empty()) json.text("password", password);
  json.end_object();
  return json.take();
}

http::Response refuse_change(const Call& call, const Error& error) {
  if (error.code == ErrorCode::conflict)
    return refuse(call, 409, "login_exists", "Another login has this name; choose another.");
  return store_error(call, error);
}

}  // namespace

Answering list_submission_logins(Services& services, Call&) {
  store::Page<store::SubmissionLoginRecord> page;
  for (const auto& [username, login] : services.logins.all()) page.items.push_back(login);
  page.total = page.items.size();
  page.total_exact = true;
  co_return json_answer(200, render_page(page, "", render_submission_login));
}

Answering create_submission_login(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  store::SubmissionLoginRecord login;
  login.username = reader.text("username").value_or("");
  const bool plain = is_ascii(login.username) && !has_control_characters(login.username) &&
                     login.username.find(' ') == std::string::npos;
  if (login.username.empty() || login.username.size() > username_bytes || !plain)
    reader.error("username", "invalid", "A user name has 1 to 128 printable ASCII characters, no spaces.");
  read_rules(reader, services, login);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  store::AuditRecord record = audit(services, call, "submission_login.create", "submission_login:" + login.username);
  const auto created = co_await services.logins.create(std::move(login), std::move(record));
  if (!created) co_return refuse_change(call, created.error());
  co_return json_answer(201, login_json(created->record, created->password.reveal()));
}

Answering update_submission_login(Services& services, Call& call) {
  const store::SubmissionLoginRecord* before = known(services, call);
  if (before == nullptr) co_return not_found(call);
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  store::SubmissionLoginRecord login = *before;
  read_rules(reader, services, login);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  store::AuditRecord record = audit(services, call, "submission_login.update", "submission_login:" + login.username);
  const auto changed = co_await services.logins.update(std::move(login), std::move(record));
  if (!changed) co_return refuse_change(call, changed.error());
  co_return json_answer(200, login_json(*changed));
}

Answering renew_submission_password(Services& services, Call& call) {
  const store::SubmissionLoginRecord* login = known(services, call);
  if (login == nullptr) co_return not_found(call);
  store::AuditRecord record = audit(services, call, "submission_login.password", "submission_login:" + login->username);
  const auto renewed = co_await services.logins.renew_password(login->id, std::move(record));
  if (!renewed) co_return refuse_change(call, renewed.error());
  co_return json_answer(200, login_json(renewed->record, renewed->password.reveal()));
}

Answering delete_submission_login(Services& services, Call& call) {
  const store::SubmissionLoginRecord* login = known(services, call);
  if (login == nullptr) co_return not_found(call);
  store::AuditRecord record = audit(services, call, "submission_login.delete", "submission_login:" + login->username);
  const auto removed = co_await services.logins.remove(login->id, std::move(record));
  if (!removed) co_return store_error(call, removed.error());
  co_return done();
}

}  // namespace postroom::api
