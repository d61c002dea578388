// Accounts are the people of the Back Office: who they are, how they sign in, and which browsers are signed in. All of
// it is in memory and written through to the store; the store keeps no password, no token and no recovery code, only
// their hashes, and TOTP secrets sealed.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/loop.h"
#include "async/task.h"
#include "async/turns.h"
#include "auth/password_hasher.h"
#include "auth/principal.h"
#include "auth/secret_box.h"
#include "auth/sign_in_throttle.h"
#include "base/random.h"
#include "base/secret.h"
#include "store/store.h"

namespace postroom::auth {

// Why not; the API has the sentence for it.
struct Denied {
  std::string_view code;  // "bad_credentials", "totp_required" … ; "unavailable": the store or the hasher can't now
  Duration wait{0};       // of slow_down
};
template <class T = void>
using OrDenied = std::expected<T, Denied>;

struct SignInRules {
  bool totp_required = false;
  std::uint32_t session_hours = 12;  // without a call
};

// A browser that has just been let in.
struct OpenedSession {
  Secret token;  // for the cookie
  store::SessionRecord session;
};

// Who stands behind a session's cookie.
struct Visitor {
  store::UserRecord user;
  store::SessionRecord session;
};

struct UserChange {
  std::optional<std::string> name;
  std::optional<store::Role> role;
  std::optional<bool> content, enabled;
};

class Accounts {
 public:
  Accounts(async::Loop& loop, store::Store& store, SecretBox& secrets, Random& random)
      : loop_(loop), store_(store), secrets_(secrets), random_(random), hasher_(loop), turns_(loop) {}

  async::Task<Result<void>> load();
  const std::map<store::UserId, store::UserRecord>& users() const { return users_; }
  const SignInRules& rules() const { return rules_; }
  // While nobody has an account: the token of the link that the first admin is made with. Another one at each start.
  const Secret& first_run_token();

  // ── Coming and going. Denied: bad_credentials, totp_required, totp_wrong, totp_unreadable, slow_down, unavailable.
  async::Task<OrDenied<OpenedSession>> sign_in(std::string email, Secret password, std::string code, std::string from);
  // Of one whom an issuer vouches for; a second factor is its matter. Denied: oidc_no_account, unavailable.
  async::Task<OrDenied<OpenedSession>> sign_in_vouched(std::string email, std::string from);
  // Denied: invitation_invalid, weak_password, user_exists, slow_down, unavailable.
  async::Task<OrDenied<OpenedSession>> accept_invitation(std::string token, std::string email, Secret password,
                                                         std::string from);
  std::optional<Visitor> find(std::string_view token) const;
  // Whether the settings want a second factor of this visitor, who has none yet.
  bool must_enroll_totp(const Visitor& visitor) const;
  // Puts the session's end off, at most once a minute.
  async::Task<void> renew(std::string token_hash);
  async::Task<OrDenied<>> sign_out(Visitor visitor, std::string from);

  // ── One's own account. Denied: bad_credentials, weak_password, totp_wrong, totp_mandatory, slow_down, unavailable.
  async::Task<OrDenied<>> change_password(Visitor visitor, Secret current, Secret fresh, store::AuditRecord audit);
  async::Task<OrDenied<Secret>> begin_totp(Visitor visitor, Secret password);
  // The recovery codes, shown this once.
  async::Task<OrDenied<std::vector<std::string>>> confirm_totp(Visitor visitor, std::string code,
                                                               store::AuditRecord audit);
  async::Task<OrDenied<>> drop_totp(Visitor visitor, Secret password, store::AuditRecord audit);
  // `preferences`: an object (auth/preferences.h) whose members are laid over those kept. Denied:
  // preferences_too_large, too.
  async::Task<OrDenied<>> set_profile(store::UserId id, std::optional<std::string> name,
                                      std::optional<std::string> preferences);

  // ── Others' accounts. Denied: user_exists, not_found, last_admin, weak_password, unavailable.
  struct Created {
    store::UserRecord user;
    Secret invitation;  // empty when a password was given
  };
  async::Task<OrDenied<Created>> create(store::UserRecord user, std::optional<Secret> password,
                                        store::AuditRecord audit);
  async::Task<OrDenied<store::UserRecord>> change(store::UserId id, UserChange change, store::AuditRecord audit);
  async::Task<OrDenied<>> remove(store::UserId id, store::AuditRecord audit);
  // A one-time link: password and TOTP are set anew with it.
  async::Task<OrDenied<Secret>> invite_anew(store::UserId id, store::AuditRecord audit);
  async::Task<OrDenied<>> set_rules(SignInRules rules, store::AuditRecord audit);

 private:
  struct Enrolment {
    Secret secret;
    Monotonic until{};
  };
  async::Task<OrDenied<>> check_code(store::UserRecord& user, std::string code);
  async::Task<OrDenied<OpenedSession>> open_session(store::UserRecord user, std::string from, store::Voucher voucher);
  std::optional<store::UserRecord> invited_with(const std::string& token, const std::string& email) const;
  async::Task<OrDenied<>> check_password(const Visitor& visitor, Secret password);
  async::Task<OrDenied<store::UserRecord>> put(store::UserRecord user, std::optional<store::AuditRecord> audit);
  async::Task<OrDenied<>> end_sessions(store::UserId user, std::string except_hash);
  async::Task<void> tell_refusal(std::string email, std::string from, std::string code);
  store::UserRecord* by_email(std::string_view email);
  bool is_last_admin(const store::UserRecord& user) const;
  // As the account is by now; nullptr when its session has ended meanwhile.
  const store::UserRecord* still(const Visitor& visitor) const;

  async::Loop& loop_;
  store::Store& store_;
  SecretBox& secrets_;
  Random& random_;
  PasswordHasher hasher_;
  SignInThrottle throttle_;
  // A record is read, changed and written whole: no other change comes between. Nobody holds it while a password is
  // worked on.
  async::Turns turns_;
  SignInRules rules_;
  Secret first_run_token_;
  std::map<store::UserId, store::UserRecord> users_;
  std::unordered_map<std::string, store::SessionRecord> sessions_;  // by token hash
  std::map<store::UserId, Enrolment> enrolments_;
};

// What a user's role allows.
Principal principal_of(const store::UserRecord& user, std::string from);
std::string_view to_word(store::Role role);
std::optional<store::Role> role_from_word(std::string_view word);

}  // namespace postroom::auth
