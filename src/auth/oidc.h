// Sign-in by an OpenID Connect issuer: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).
// It opens accounts that exist: the issuer says who someone is, an admin here says what they may do.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "auth/accounts.h"
#include "base/random.h"
#include "base/secret.h"

namespace postroom::auth {

struct OidcIssuer {
  std::string name;    // on the button
  std::string issuer;  // its URL; https, or http on loopback
  std::string client_id;
  Secret client_secret;
  std::string redirect_uri;  // of this server: …/api/v1/session/oidc/callback
};

// The door to the issuer. The URL is https, or http on loopback. Error: whatever kept the answer from coming.
struct OidcCall {
  std::string method, url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};
using OidcFetch = std::function<async::Task<Result<std::string>>(OidcCall)>;  // the body of a 200

class Oidc {
 public:
  Oidc(async::Loop& loop, Random& random, OidcIssuer issuer, OidcFetch fetch)
      : loop_(loop), random_(random), issuer_(std::move(issuer)), fetch_(std::move(fetch)) {}

  const std::string& name() const { return issuer_.name; }

  struct Start {
    std::string url;    // the issuer's page
    std::string state;  // stays in the browser's cookie, and must come back in the URL too
  };
  // Denied: oidc_unreachable.
  async::Task<OrDenied<Start>> start();
  // The email address that the issuer vouches for. Denied: oidc_invalid (a state of another browser or too old, a
  // token that is not for us), oidc_unreachable, oidc_no_email.
  async::Task<OrDenied<std::string>> finish(std::string code, std::string state);

 private:
  struct Pending {
    std::string nonce, verifier;
    Monotonic until{};
  };
  struct Endpoints {
    std::string authorization, token;
  };
  async::Task<OrDenied<Endpoints>> discover();
  OrDenied<std::string> email_of(const std::string& id_token, const std::string& nonce) const;

  async::Loop& loop_;
  Random& random_;
  OidcIssuer issuer_;
  OidcFetch fetch_;
  std::map<std::string, Pending> pending_;  // by state
};

// Whether a URL may be trusted to be who it says: https, or http to this machine.
bool is_safe_issuer(std::string_view url);

}  // namespace postroom::auth
