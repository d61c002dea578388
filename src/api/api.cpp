#include "api/api.h"

#include <fmt/format.h>

#include "api/problem.h"
#include "api/resources.h"
#include "base/text.h"

namespace postroom::api {
namespace {

using auth::Scope;

// `own`: read, or send for what the same key has submitted.
enum class Access { open, send, own, read, manage, admin, content, metrics };

bool allowed(const auth::Principal& principal, Access access) {
  switch (access) {
    case Access::open:
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

struct Api::Route {
  const char* method;
  const char* pattern;
  Access access;
  async::Task<http::Response> (*answer)(Services&, Call&);
};

const std::vector<Api::Route>& Api::table() {
  static const std::vector<Route> routes = {
      {"GET", "/healthz", Access::open, healthz},
      {"GET", "/readyz", Access::open, readyz},
      {"GET", "/metrics", Access::metrics, get_metrics},
      {"GET", "/api/v1/openapi.json", Access::open, get_description},
      {"POST", "/api/v1/messages", Access::send, post_message},
      {"POST", "/api/v1/messages/batch", Access::send, post_batch},
      {"POST", "/api/v1/messages/raw", Access::send, post_raw},
      {"GET", "/api/v1/messages/{id}", Access::own, get_message},
      {"GET", "/api/v1/messages/{id}/content", Access::content, get_content},
      {"GET", "/api/v1/emails/{id}", Access::own, get_email},
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
      {"GET", "/api/v1/delivery/explain", Access::read, explain_route},
      {"GET", "/api/v1/delivery/events", Access::read, list_events},
      {"GET", "/api/v1/queue", Access::read, list_queue},
      {"GET", "/api/v1/queue/{id}", Access::read, get_queued},
      {"DELETE", "/api/v1/queue/{id}", Access::manage, delete_queued},
      {"POST", "/api/v1/queue/actions", Access::manage, act_on_queue},
      {"GET", "/api/v1/log", Access::read, list_log},
      {"GET", "/api/v1/log/export", Access::read, export_log},
      {"GET", "/api/v1/log/{id}", Access::read, get_attempt},
      {"GET", "/api/v1/stats", Access::read, get_stats},
      {"GET", "/api/v1/audit", Access::admin, list_audit},
      {"GET", "/api/v1/api-keys", Access::admin, list_api_keys},
      {"POST", "/api/v1/api-keys", Access::admin, create_api_key},
      {"DELETE", "/api/v1/api-keys/{id}", Access::admin, revoke_api_key},
  };
  return routes;
}

std::vector<Api::RouteDescription> Api::routes() {
  std::vector<RouteDescription> routes;
  for (const Route& route : table()) routes.push_back({route.method, route.pattern, to_word(route.access)});
  return routes;
}

void Api::mount(http::Router& router) {
  for (const Route& route : table())
    router.add(route.method, route.pattern, [this, &route](http::Request& request, const http::PathParams& params) {
      return enter(route, request, params);
    });
}

async::Task<http::Response> Api::enter(const Route& route, http::Request& request, const http::PathParams& params) {
  Call call{request, params, {}};
  const bool open = route.access == Access::open ||
                    (route.access == Access::metrics && services_.config.metrics == MetricsAccess::open);
  if (!open) {
    auto principal = principal_of(request);
    if (!principal) {
      http::Response response = refuse(call, 401, "unauthorized", "Give an API key: Authorization: Bearer <key>.");
      response.with("WWW-Authenticate", "Bearer");
      co_return response;
    }
    call.principal = std::move(*principal);
    if (!allowed(call.principal, route.access))
      co_return refuse(call, 403, "forbidden", "The key's scopes do not cover this.");
    co_await services_.keys.touch(call.principal.name);
  }
  co_return co_await route.answer(services_, call);
}

std::optional<auth::Principal> Api::principal_of(const http::Request& request) {
  constexpr std::string_view scheme = "Bearer ";
  if (const std::string* given = request.header("Authorization")) {
    if (!starts_with_ignoring_case(*given, scheme)) return std::nullopt;
    return services_.keys.find(trim(std::string_view(*given).substr(scheme.size())), request.peer.address.text);
  }
  if (!request.peer_uid) return std::nullopt;
  if (*request.peer_uid != 0 && *request.peer_uid != services_.config.owner_uid) return std::nullopt;
  const std::string name = *request.peer_uid == 0 ? "local:root" : fmt::format("local:{}", *request.peer_uid);
  return auth::Principal{name, "local", {Scope::admin}};
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
