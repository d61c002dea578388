// What the account endpoints share: people and sessions as clients see them, the cookie, and the sentence of each
// refusal.
#pragma once

#include <string>
#include <string_view>

#include "api/services.h"
#include "auth/accounts.h"
#include "base/json_writer.h"
#include "http/response.h"

namespace postroom::api {

inline constexpr std::string_view session_cookie = "postroom_session";

// Fields only, so that callers may add theirs.
void render_user(JsonWriter& json, const store::UserRecord& user);
std::string render_session(const Services& services, const auth::Visitor& visitor);

http::Response refuse(const Call& call, const auth::Denied& denied);

// The value of a cookie that the request brings; "" when it brings none.
std::string cookie_of(const http::Request& request, std::string_view name);
// Whether this caller's browser is reached over TLS: by us, or by what stands before us.
bool wants_secure_cookies(const Services& services, const Call& call);
// The Set-Cookie of a session; an empty token ends it.
std::string session_cookie_header(const Services& services, const Call& call, std::string_view token);

// The same moment's visitor: what a change has made of the account.
auth::Visitor now(const Services& services, const auth::Visitor& visitor);

}  // namespace postroom::api
