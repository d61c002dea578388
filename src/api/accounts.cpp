#include "api/accounts.h"

#include <fmt/format.h>

#include <array>

#include "api/problem.h"
#include "auth/password_rules.h"
#include "base/text.h"

namespace postroom::api {
namespace {

struct Sentence {
  std::string_view code;
  int status;
  std::string_view detail;
};

constexpr std::array sentences = {
    Sentence{"bad_credentials", 401, "The email address or the password is wrong."},
    Sentence{"totp_required", 401, "Give the code of your authenticator, too."},
    Sentence{"totp_wrong", 401, "That code is wrong, or was used already. Wait for the next one."},
    Sentence{"totp_unreadable", 401,
             "The server can't read your second factor any more. Give a recovery code, or ask for another invitation."},
    Sentence{"slow_down", 429, "There were too many wrong tries. Wait a little, then try again."},
    Sentence{"invitation_invalid", 401, "This link was used already or is too old. Ask for another one."},
    Sentence{"weak_password", 422, auth::password_rule},
    Sentence{"user_exists", 409, "There is an account with this email address already."},
    Sentence{"last_admin", 409, "This is the only admin. Make someone else one first."},
    Sentence{"totp_mandatory", 409, "The settings require a second factor of everybody."},
    Sentence{"no_enrolment", 409, "Begin anew: the code on the screen is too old."},
    Sentence{"not_found", 404, "There is no such thing."},
};

}  // namespace

void render_user(JsonWriter& json, const store::UserRecord& user) {
  json.number("id", user.id).text("email", user.email).text("name", user.name);
  json.text("role", auth::to_word(user.role)).boolean("content", user.content).boolean("enabled", user.enabled);
  json.boolean("totp", !user.sealed_totp.empty()).boolean("invited", user.password_hash.empty());
  json.time("created_at", user.created_at).time("last_sign_in_at", user.last_sign_in_at);
}

std::string render_session(const Services& services, const auth::Visitor& visitor) {
  JsonWriter json;
  json.begin_object().key("user").begin_object();
  render_user(json, visitor.user);
  json.end_object().text("csrf_token", visitor.session.csrf_token).time("expires_at", visitor.session.expires_at);
  json.key("preferences").raw(visitor.user.preferences);
  json.boolean("must_enroll_totp", services.accounts.must_enroll_totp(visitor)).end_object();
  return json.take();
}

http::Response refuse(const Call& call, const auth::Denied& denied) {
  for (const Sentence& sentence : sentences) {
    if (sentence.code != denied.code) continue;
    http::Response response = refuse(call, sentence.status, sentence.code, sentence.detail);
    if (denied.wait > Duration{0})
      response.with("Retry-After", fmt::to_string(std::chrono::ceil<std::chrono::seconds>(denied.wait).count()));
    return response;
  }
  return refuse(call, 503, "unavailable", "This can't be done now. Try again later.");
}

std::string cookie_of(const http::Request& request, std::string_view name) {
  const std::string* header = request.header("Cookie");
  if (header == nullptr) return {};
  for (const std::string_view part : split(*header, ';')) {
    const std::string_view pair = trim(part);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return std::string(pair.substr(equals + 1));
  }
  return {};
}

bool wants_secure_cookies(const Services& services, const Call& call) {
  return services.config.secure_cookies || call.request.over_tls;
}

std::string session_cookie_header(const Services& services, const Call& call, std::string_view token) {
  std::string header = fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", session_cookie, token);
  if (wants_secure_cookies(services, call)) header += "; Secure";
  if (token.empty()) header += "; Max-Age=0";
  return header;
}

auth::Visitor now(const Services& services, const auth::Visitor& visitor) {
  const auto& users = services.accounts.users();
  const auto user = users.find(visitor.user.id);
  return {user == users.end() ? visitor.user : user->second, visitor.session};
}

}  // namespace postroom::api
