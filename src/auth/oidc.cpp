#include "auth/oidc.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "auth/api_keys.h"
#include "base/text.h"

namespace postroom::auth {
namespace {

namespace json = boost::json;

constexpr Duration start_holds = std::chrono::minutes(10);
constexpr std::size_t pending_at_most = 1000;
constexpr std::size_t token_characters = 43;
constexpr std::int64_t clock_leeway_s = 60;

json::object object_of(const std::string& text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  return error || !value.is_object() ? json::object() : value.get_object();
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  return value && value->is_int64() ? value->get_int64() : 0;
}

// A text, or a list that has it.
bool names(const json::object& claims, std::string_view claim, const std::string& wanted) {
  if (text_of(claims, claim) == wanted) return true;
  const json::value* value = claims.if_contains({claim.data(), claim.size()});
  if (!value || !value->is_array()) return false;
  for (const json::value& entry : value->get_array())
    if (entry.is_string() && std::string_view(entry.get_string()) == wanted) return true;
  return false;
}

std::unexpected<Denied> denied(std::string_view code) {
  return std::unexpected(Denied{code});
}

}  // namespace

bool is_safe_issuer(std::string_view url) {
  if (url.starts_with("https://")) return true;
  for (const std::string_view here : {"http://127.0.0.1", "http://localhost", "http://[::1]"})
    if (url.starts_with(here) && (url.size() == here.size() || url[here.size()] == ':' || url[here.size()] == '/'))
      return true;
  return false;
}

// OpenID Connect Discovery 1.0 §4. Asked each time: sign-ins are rare, and issuers move their endpoints.
async::Task<OrDenied<Oidc::Endpoints>> Oidc::discover() {
  std::string base = issuer_.issuer;
  while (base.ends_with('/')) base.pop_back();
  const auto body = co_await fetch_({"GET", base + "/.well-known/openid-configuration", {}, ""});
  if (!body) co_return denied("oidc_unreachable");
  const json::object described = object_of(*body);
  Endpoints endpoints{text_of(described, "authorization_endpoint"), text_of(described, "token_endpoint")};
  const bool itself = text_of(described, "issuer") == issuer_.issuer;
  if (!itself || !is_safe_issuer(endpoints.authorization) || !is_safe_issuer(endpoints.token))
    co_return denied("oidc_unreachable");
  co_return endpoints;
}

async::Task<OrDenied<Oidc::Start>> Oidc::start() {
  const OrDenied<Endpoints> endpoints = co_await discover();
  if (!endpoints) co_return std::unexpected(endpoints.error());
  std::erase_if(pending_, [this](const auto& entry) { return entry.second.until < loop_.now(); });
  if (pending_.size() >= pending_at_most) pending_.erase(pending_.begin());
  Pending pending{random_.token(token_characters), random_.token(token_characters), loop_.now() + start_holds};
  Start start;
  start.state = random_.token(token_characters);
  start.url = fmt::format(
      "{}{}response_type=code&scope=openid%20email&client_id={}&redirect_uri={}&state={}&nonce={}&code_challenge={}"
      "&code_challenge_method=S256",
      endpoints->authorization, endpoints->authorization.contains('?') ? '&' : '?', percent_encode(issuer_.client_id),
      percent_encode(issuer_.redirect_uri), start.state, pending.nonce, base64url_encode(sha256(pending.verifier)));
  pending_.emplace(start.state, std::move(pending));
  co_return start;
}

async::Task<OrDenied<std::string>> Oidc::finish(std::string code, std::string state) {
  const auto found = pending_.find(state);
  if (found == pending_.end() || found->second.until < loop_.now()) co_return denied("oidc_invalid");
  const Pending pending = std::move(found->second);
  pending_.erase(found);  // once
  const OrDenied<Endpoints> endpoints = co_await discover();
  if (!endpoints) co_return std::unexpected(endpoints.error());
  OidcCall call{"POST", endpoints->token, {{"Content-Type", "application/x-www-form-urlencoded"}}, ""};
  call.body = fmt::format("grant_type=authorization_code&code={}&redirect_uri={}&code_verifier={}&client_id={}",
                          percent_encode(code), percent_encode(issuer_.redirect_uri), pending.verifier,
                          percent_encode(issuer_.client_id));
  if (!issuer_.client_secret.empty()) {  // RFC 6749 §2.3.1
    const std::string pair = percent_encode(issuer_.client_id) + ":" + percent_encode(issuer_.client_secret.reveal());
    call.headers.emplace_back("Authorization", "Basic " + base64_encode(pair));
  }
  const Result<std::string> body = co_await fetch_(std::move(call));
  if (!body) co_return denied("oidc_unreachable");
  co_return email_of(text_of(object_of(*body), "id_token"), pending.nonce);
}

// The token came from the issuer itself over TLS, which vouches for it in place of its signature (OpenID Connect Core
// §3.1.3.7, point 6). That it is for us, of now and of this sign-in has to be seen in it.
OrDenied<std::string> Oidc::email_of(const std::string& id_token, const std::string& nonce) const {
  const std::vector<std::string_view> parts = split(id_token, '.');
  if (parts.size() != 3) return denied("oidc_invalid");
  const json::object claims = object_of(base64url_decode(parts[1]).value_or(""));
  const std::int64_t now_s = loop_.wall().ms / 1000;
  const bool ours = text_of(claims, "iss") == issuer_.issuer && names(claims, "aud", issuer_.client_id) &&
                    text_of(claims, "nonce") == nonce && number_of(claims, "exp") + clock_leeway_s > now_s;
  if (!ours) return denied("oidc_invalid");
  const json::value* verified = claims.if_contains("email_verified");
  const std::string email = text_of(claims, "email");
  if (email.empty() || !verified || !verified->is_bool() || !verified->get_bool()) return denied("oidc_no_email");
  return to_lower(email);
}

}  // namespace postroom::auth
