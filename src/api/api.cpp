#include "api/api.h"

#include <fmt/format.h>

#include "api/accounts.h"
#include "api/problem.h"
#include "api/resources.h"
#include "base/limits.h"
#include "base/text.h"

namespace postroom::api {
namespace {

using auth::Scope;

// `own`: read, or send for what the same key has submitted.
// `session`: a person who is signed in, whatever the role; never a key.
enum class Access { open, session, send, own, read, manage, admin, content, metrics };

bool allowed(const auth::Principal& principal, Access access) {
  switch (access) {
    case Access::open:
    case Access::session:
      return true;
    case Access::send:
      return principal.may(Scope::send);
    case Access::own:
      return principal.may(Scope::read) || principal.may(Scope::send);
    case Access::metrics:
    case Access::read:
      return principal.may(Scope::read);
    case Access::manage:
      return principal.may(Scope::manage);
    case Access::admin:
      return principal.may(Scope::admin);
    case Access::content:
      return principal.may(Scope::content);
  }
  return false;
}

const char* to_word(Access access) {
  switch (access) {
    case Access::open:
      return "open";
    case Access::session:
      return "session";
    case Access::send:
      return "send";
    case Access::own:
      return "own";
    case Access::read:
      return "read";
    case Access::manage:
      return "manage";
    case Access::admin:
      return "admin";
    case Access::content:
      return "content";
    case Access::metrics:
      return "metrics";
  }
  return "";
}

}  // namespace

// What a route does with the part of the address after "?". Refused: whoever writes ?dry_run=true means something.
enum class Query { refused, read, ignored };

struct Api::Route {
  const char* method;
  const char* pattern;
  Access access;
  async::Task<http::Response> (*answer)(Services&, Call&);
  Query query = Query::refused;
};

const std::vector<Api::Route> Api::table = {
    {"GET", "/healthz", Access::open, healthz, Query::ignored},
    {"GET", "/readyz", Access::open, readyz, Query::ignored},
    {"GET", "/metrics", Access::metrics, get_metrics, Query::ignored},
    {"GET", "/api/v1/openapi.json", Access::open, get_description},
    {"POST", "/api/v1/messages", Access::send, post_message},
    {"POST", "/api/v1/messages/batch", Access::send, post_batch},
    {"POST", "/api/v1/messages/raw", Access::send, post_raw, Query::read},
    {"GET", "/api/v1/messages/{id}", Access::own, get_message},
    {"GET", "/api/v1/messages/{id}/content", Access::content, get_content},
    {"GET", "/api/v1/emails/{id}", Access::own, get_email},
    {"POST", "/api/v1/emails/{id}/send-again", Access::manage, send_again},
    {"GET", "/api/v1/connections", Access::read, list_connections},
    {"POST", "/api/v1/connections", Access::manage, create_connection},
    {"GET", "/api/v1/connections/presets", Access::read, list_presets},
    {"POST", "/api/v1/connections/test", Access::manage, test_unsaved_connection},
    {"GET", "/api/v1/connections/{id}", Access::read, get_connection},
    {"PATCH", "/api/v1/connections/{id}", Access::manage, update_connection},
    {"DELETE", "/api/v1/connections/{id}", Access::manage, delete_connection},
    {"POST", "/api/v1/connections/{id}/test", Access::manage, test_connection},
    {"GET", "/api/v1/routing-rules", Access::read, get_routing},
    {"PUT", "/api/v1/routing-rules", Access::manage, set_routing},
    {"GET", "/api/v1/delivery", Access::read, get_delivery},
    {"POST", "/api/v1/delivery/pause", Access::manage, pause_delivery},
    {"POST", "/api/v1/delivery/resume", Access::manage, resume_delivery},
    {"POST", "/api/v1/delivery/confirm-clock", Access::manage, confirm_clock},
    {"GET", "/api/v1/delivery/explain", Access::read, explain_route, Query::read},
    {"GET", "/api/v1/delivery/events", Access::read, list_events, Query::read},
    {"GET", "/api/v1/queue", Access::read, list_queue, Query::read},
    {"GET", "/api/v1/queue/{id}", Access::read, get_queued},
    {"DELETE", "/api/v1/queue/{id}", Access::manage, delete_queued, Query::read},
    {"POST", "/api/v1/queue/actions", Access::manage, act_on_queue},
    {"GET", "/api/v1/log", Access::read, list_log, Query::read},
    {"GET", "/api/v1/log/export", Access::read, export_log, Query::read},
    {"GET", "/api/v1/log/{id}", Access::read, get_attempt},
    {"GET", "/api/v1/stats", Access::read, get_stats, Query::read},
    {"GET", "/api/v1/events", Access::read, stream_events},
    {"GET", "/api/v1/session/methods", Access::open, get_sign_in_methods},
    {"POST", "/api/v1/session", Access::open, sign_in},
    {"GET", "/api/v1/session", Access::session, get_session},
    {"DELETE", "/api/v1/session", Access::session, sign_out},
    {"POST", "/api/v1/session/invitation", Access::open, accept_invitation},
    {"GET", "/api/v1/session/oidc", Access::open, start_oidc},
    {"GET", "/api/v1/session/oidc/callback", Access::open, finish_oidc, Query::read},
    {"PATCH", "/api/v1/profile", Access::session, update_profile},
    {"POST", "/api/v1/profile/password", Access::session, change_password},
    {"POST", "/api/v1/profile/totp", Access::session, begin_totp},
    {"DELETE", "/api/v1/profile/totp", Access::session, drop_totp},
    {"POST", "/api/v1/profile/totp/confirm", Access::session, confirm_totp},
    {"GET", "/api/v1/profile/views", Access::session, list_views},
    {"PUT", "/api/v1/profile/views/{page}/{name}", Access::session, put_view},
    {"DELETE", "/api/v1/profile/views/{page}/{name}", Access::session, delete_view},
    {"GET", "/api/v1/users", Access::admin, list_users},
    {"POST", "/api/v1/users", Access::admin, create_user},
    {"PATCH", "/api/v1/users/{id}", Access::admin, update_user},
    {"DELETE", "/api/v1/users/{id}", Access::admin, delete_user},
    {"POST", "/api/v1/users/{id}/invitation", Access::admin, invite_user},
    {"GET", "/api/v1/settings", Access::admin, get_settings},
    {"PATCH", "/api/v1/settings", Access::admin, update_settings},
    {"GET", "/api/v1/audit", Access::admin, list_audit, Query::read},
    {"GET", "/api/v1/api-keys", Access::admin, list_api_keys},
    {"POST", "/api/v1/api-keys", Access::admin, create_api_key},
    {"DELETE", "/api/v1/api-keys/{id}", Access::admin, revoke_api_key},
    {"GET", "/api/v1/submission-logins", Access::admin, list_submission_logins},
    {"POST", "/api/v1/submission-logins", Access::admin, create_submission_login},
    {"PATCH", "/api/v1/submission-logins/{id}", Access::admin, update_submission_login},
    {"DELETE", "/api/v1/submission-logins/{id}", Access::admin, delete_submission_login},
    {"POST", "/api/v1/submission-logins/{id}/password", Access::admin, renew_submission_password},
};

std::vector<Api::RouteDescription> Api::routes() {
  std::vector<RouteDescription> routes;
  for (const Route& route : table) routes.push_back({route.method, route.pattern, to_word(route.access)});
  return routes;
}

void Api::mount(http::Router& router) {
  for (const Route& route : table)
    router.add(route.method, route.pattern, [this, &route](http::Request& request, const http::PathParams& params) {
      return enter(route, request, params);
    });
}

async::Task<http::Response> Api::enter(const Route& route, http::Request& request, const http::PathParams& params) {
  Call call{request, params, {}, {}};
  const bool open = route.access == Access::open ||
                    (route.access == Access::metrics && services_.config.metrics == MetricsAccess::open);
  if (open) co_return co_await route.answer(services_, call);
  if (!identify(call))
    co_return refuse(call, 401, "unauthorized", "Sign in, or give an API key: Authorization: Bearer <key>.");
  if (std::optional<http::Response> refusal = check(route, call)) co_return std::move(*refusal);
  if (route.query == Query::refused && !request.query.empty())
    co_return refuse(call, 400, "unknown_parameter", "Nothing is read here from the address after the \"?\".");
  if (call.visitor) {
    co_await services_.accounts.renew(call.visitor->session.token_hash);
  } else {
    co_await services_.keys.touch(call.principal.name);
  }
  co_return co_await route.answer(services_, call);
}

std::optional<http::ParseRefusal> Api::refuse_large_body(http::Request& head) {
  const http::PathParams none;
  Call call{head, none, {}, {}};
  if (identify(call)) return std::nullopt;
  return http::ParseRefusal{
      401,
      "unauthorized",
      fmt::format(
          "Sign in, or give an API key: Authorization: Bearer <key>. Without one a body has a Content-Length of "
          "at most {}.",
          limits::http_small_body),
      {{"WWW-Authenticate", "Bearer"}}};
}

// Who calls: an API key, a person with a session, or the operator at the local socket. False: nobody we know.
bool Api::identify(Call& call) {
  constexpr std::string_view scheme = "Bearer ";
  const http::Request& request = call.request;
  const std::string& from = request.peer.address.text;
  if (const std::string* given = request.header("Authorization")) {
    if (!starts_with_ignoring_case(*given, scheme)) return false;
    auto principal = services_.keys.find(trim(std::string_view(*given).substr(scheme.size())), from);
    if (principal) call.principal = std::move(*principal);
    return principal.has_value();
  }
  if (const std::string token = cookie_of(request, session_cookie); !token.empty()) {
    call.visitor = services_.accounts.find(token);
    if (call.visitor) call.principal = auth::principal_of(call.visitor->user, from);
    return call.visitor.has_value();
  }
  if (!request.peer_uid) return false;
  // Whoever else has come through to a socket of ours may submit mail: the operator has opened it for that.
  const bool own = *request.peer_uid == 0 || *request.peer_uid == services_.config.owner_uid;
  const std::string name = *request.peer_uid == 0 ? "local:root" : fmt::format("local:{}", *request.peer_uid);
  call.principal = {name, "local", {own ? Scope::admin : Scope::send}};
  return true;
}

// Why this caller may not; nullopt when it may.
std::optional<http::Response> Api::check(const Route& route, const Call& call) const {
  if (route.access == Access::session && !call.visitor)
    return refuse(call, 403, "forbidden", "This is for people who are signed in, not for keys.");
  if (call.visitor) {
    const bool reads = call.request.method == "GET" || call.request.method == "HEAD";
    const std::string* csrf = call.request.header("X-CSRF-Token");
    // A cookie comes along from any page; the token only from ours (fine-print, "Composition and protocol").
    if (!reads && (csrf == nullptr || *csrf != call.visitor->session.csrf_token))
      return refuse(call, 403, "csrf", "Send the session's csrf_token in X-CSRF-Token.");
    // Nothing else is allowed before.
    if (route.access != Access::session && services_.accounts.must_enroll_totp(*call.visitor))
      return refuse(call, 403, "totp_mandatory", "Set up your authenticator first: the settings require it.");
  }
  if (!allowed(call.principal, route.access))
    return refuse(call, 403, "forbidden",
                  call.visitor ? "Your role does not allow this." : "The key's scopes do not cover this.");
  return std::nullopt;
}

store::AuditRecord audit(const Services& services, const Call& call, std::string action, std::string object) {
  store::AuditRecord record;
  record.at = services.loop.wall();
  record.by = call.principal.name;
  record.from = call.principal.from;
  record.action = std::move(action);
  record.object = std::move(object);
  return record;
}

}  // namespace postroom::api
