// Sign-in by an OpenID Connect issuer: there and back.
#include "api/accounts.h"
#include "api/problem.h"
#include "api/resources.h"
#include "http/request.h"

namespace postroom::api {
namespace {

constexpr std::string_view state_cookie = "postroom_oidc";

http::Response lead_to(std::string where) {
  http::Response response;
  response.status = 303;
  response.with("Location", std::move(where)).with("Cache-Control", "no-store");
  return response;
}

// Lax, so that it comes along when the issuer sends the browser back.
std::string state_header(const Services& services, const Call& call, std::string_view state) {
  std::string header(state_cookie);
  header += "=" + std::string(state) + "; Path=/api/v1/session/oidc; HttpOnly; SameSite=Lax; Max-Age=";
  header += state.empty() ? "0" : "600";
  if (wants_secure_cookies(services, call)) header += "; Secure";
  return header;
}

http::Response failed(const Services& services, const Call& call, std::string_view code) {
  http::Response response = lead_to("/sign-in?error=" + std::string(code));
  response.with("Set-Cookie", state_header(services, call, ""));
  return response;
}

}  // namespace

Answering start_oidc(Services& services, Call& call) {
  if (services.oidc == nullptr) co_return not_found(call);
  const auto start = co_await services.oidc->start();
  if (!start) co_return failed(services, call, start.error().code);
  http::Response response = lead_to(start->url);
  response.with("Set-Cookie", state_header(services, call, start->state));
  co_return response;
}

Answering finish_oidc(Services& services, Call& call) {
  if (services.oidc == nullptr) co_return not_found(call);
  std::string code, state;
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return failed(services, call, "oidc_invalid");
  for (const auto& [name, value] : *parameters) {
    if (name == "code") code = value;
    if (name == "state") state = value;
  }
  // The cookie binds the answer to the browser that asked: nobody is signed in with another's answer.
  if (code.empty() || state.empty() || cookie_of(call.request, state_cookie) != state)
    co_return failed(services, call, "oidc_invalid");
  const auto email = co_await services.oidc->finish(std::move(code), std::move(state));
  if (!email) co_return failed(services, call, email.error().code);
  const auto opened = co_await services.accounts.sign_in_vouched(*email, call.request.peer.address.text);
  if (!opened) co_return failed(services, call, opened.error().code);
  http::Response response = lead_to("/");
  response.with("Set-Cookie", state_header(services, call, ""));
  response.with("Set-Cookie", session_cookie_header(services, call, opened->token.reveal()));
  co_return response;
}

}  // namespace postroom::api
