// Coming and going: sign-in, sign-out, and the one-time link that an account begins with.
#include "api/accounts.h"
#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/resources.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

http::Response opened_answer(Services& services, const Call& call, const auth::OpenedSession& opened) {
  const auto& users = services.accounts.users();
  const auto user = users.find(opened.session.user_id);
  const store::UserRecord record = user == users.end() ? store::UserRecord{} : user->second;
  http::Response response = json_answer(200, render_session(services, {record, opened.session}));
  response.with("Set-Cookie", session_cookie_header(services, call, opened.token.reveal()));
  return response;
}

// A browser that signs in leaves the session that it had.
async::Task<void> end_earlier(Services& services, Call& call) {
  if (const auto visitor = services.accounts.find(cookie_of(call.request, session_cookie)))
    static_cast<void>(co_await services.accounts.sign_out(*visitor, call.request.peer.address.text));
}

}  // namespace

Answering get_sign_in_methods(Services& services, Call&) {
  JsonWriter json;
  json.begin_object().boolean("password", true).boolean("first_run", services.accounts.users().empty());
  json.key("oidc");
  if (services.oidc == nullptr) {
    json.null();
  } else {
    json.begin_object().text("name", services.oidc->name()).end_object();
  }
  json.end_object();
  co_return json_answer(200, json.take());
}

Answering sign_in(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  const std::string email = reader.text("email").value_or("");
  Secret password(reader.text("password").value_or(""));
  const std::string totp = reader.text_or_empty("totp");
  if (email.empty()) reader.error("email", "required", "Give your email address.");
  if (password.empty()) reader.error("password", "required", "Give your password.");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto opened =
      co_await services.accounts.sign_in(email, std::move(password), totp, call.request.peer.address.text);
  if (!opened) co_return refuse(call, opened.error());
  co_await end_earlier(services, call);
  co_return opened_answer(services, call, *opened);
}

Answering accept_invitation(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  const std::string token = reader.text("token").value_or("");
  const std::string email = reader.text_or_empty("email");
  Secret password(reader.text("password").value_or(""));
  if (token.empty()) reader.error("token", "required", "Give the token of the link.");
  if (services.accounts.users().empty() && !mail::parse_address(email))
    reader.error("email", "invalid", "The first account needs an email address.");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto opened =
      co_await services.accounts.accept_invitation(token, email, std::move(password), call.request.peer.address.text);
  if (!opened) co_return refuse(call, opened.error());
  co_return opened_answer(services, call, *opened);
}

Answering get_session(Services& services, Call& call) {
  co_return json_answer(200, render_session(services, *call.visitor));
}

Answering sign_out(Services& services, Call& call) {
  const auto ended = co_await services.accounts.sign_out(*call.visitor, call.principal.from);
  if (!ended) co_return refuse(call, ended.error());
  http::Response response = done();
  response.with("Set-Cookie", session_cookie_header(services, call, ""));
  co_return response;
}

}  // namespace postroom::api
