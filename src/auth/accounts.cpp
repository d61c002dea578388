#include "auth/accounts.h"

#include <algorithm>
#include <charconv>

#include "auth/api_keys.h"
#include "auth/password_rules.h"
#include "auth/totp.h"
#include "base/text.h"

namespace postroom::auth {
namespace {

constexpr std::size_t token_characters = 43;  // 256 bits
constexpr std::size_t csrf_characters = 32;
constexpr Duration longest_session = std::chrono::hours(7 * 24);
constexpr Duration renewed_after = std::chrono::minutes(1);

store::AuditRecord note(Timestamp at, const std::string& email, const std::string& from, std::string action) {
  store::AuditRecord record;
  record.at = at;
  record.by = "user:" + email;
  record.from = from;
  record.action = std::move(action);
  record.object = "user:" + email;
  return record;
}

}  // namespace

std::string_view to_word(store::Role role) {
  switch (role) {
    case store::Role::viewer:
      return "viewer";
    case store::Role::operating:
      return "operator";
    case store::Role::admin:
      return "admin";
  }
  return "";
}

std::optional<store::Role> role_from_word(std::string_view word) {
  for (const store::Role role : {store::Role::viewer, store::Role::operating, store::Role::admin})
    if (to_word(role) == word) return role;
  return std::nullopt;
}

Principal principal_of(const store::UserRecord& user, std::string from) {
  Principal principal{"user:" + user.email, std::move(from), {}};
  switch (user.role) {
    case store::Role::viewer:
      principal.scopes = {Scope::read};
      break;
    case store::Role::operating:
      principal.scopes = {Scope::manage};
      break;
    case store::Role::admin:
      principal.scopes = {Scope::admin};
      break;
  }
  if (user.content) principal.scopes.insert(Scope::content);
  return principal;
}

async::Task<Result<void>> Accounts::load() {
  const auto users = co_await store_.users();
  if (!users) co_return std::unexpected(users.error());
  const auto sessions = co_await store_.sessions();
  if (!sessions) co_return std::unexpected(sessions.error());
  const auto totp = co_await store_.setting(std::string(totp_required_setting));
  if (!totp) co_return std::unexpected(totp.error());
  const auto hours = co_await store_.setting(std::string(session_hours_setting));
  if (!hours) co_return std::unexpected(hours.error());
  users_.clear();
  for (const store::UserRecord& user : *users) users_.emplace(user.id, user);
  sessions_.clear();
  for (const store::SessionRecord& session : *sessions) sessions_.emplace(session.token_hash, session);
  rules_ = {};
  rules_.totp_required = *totp == "1";
  if (*hours) std::from_chars((*hours)->data(), (*hours)->data() + (*hours)->size(), rules_.session_hours);
  co_return Result<void>();
}

const Secret& Accounts::first_run_token() {
  if (first_run_token_.empty()) first_run_token_ = Secret(random_.token(token_characters));
  return first_run_token_;
}

store::UserRecord* Accounts::by_email(std::string_view email) {
  const auto found = std::ranges::find_if(users_, [&](const auto& entry) { return entry.second.email == email; });
  return found == users_.end() ? nullptr : &found->second;
}

async::Task<OrDenied<OpenedSession>> Accounts::sign_in(std::string given, Secret password, std::string code,
                                                       std::string from) {
  const std::string email = to_lower(given);
  if (const auto wait = throttle_.wait(email, from, loop_.now())) co_return std::unexpected(Denied{"slow_down", *wait});
  const store::UserRecord* known = by_email(email);
  const std::string asked = known != nullptr && known->enabled ? known->password_hash : "";
  const Result<bool> right = co_await hasher_.verify(asked, std::move(password));
  if (!right) co_return std::unexpected(Denied{"unavailable"});
  const async::Turns::Turn turn = co_await turns_.take();
  // Of tries that came at once each sees here what the earlier ones have cost.
  if (const auto wait = throttle_.wait(email, from, loop_.now())) co_return std::unexpected(Denied{"slow_down", *wait});
  known = by_email(email);  // it may be another by now
  std::optional<Denied> denied;
  store::UserRecord user;
  if (!*right || known == nullptr || !known->enabled || known->password_hash != asked) {
    denied = Denied{"bad_credentials"};
  } else {
    user = *known;
    // Without a code the browser asks for one: that is no failure.
    if (!user.sealed_totp.empty() && code.empty()) co_return std::unexpected(Denied{"totp_required"});
    if (!user.sealed_totp.empty())
      if (const OrDenied<> checked = co_await check_code(user, std::move(code)); !checked) denied = checked.error();
  }
  if (denied) {
    throttle_.failed(email, from, loop_.now());
    co_await tell_refusal(email, from, std::string(denied->code));
    co_return std::unexpected(*denied);
  }
  throttle_.succeeded(email, from);
  co_return co_await open_session(std::move(user), std::move(from), store::Voucher::password);
}

async::Task<OrDenied<OpenedSession>> Accounts::sign_in_vouched(std::string email, std::string from) {
  const async::Turns::Turn turn = co_await turns_.take();
  const store::UserRecord* known = by_email(email);
  if (known != nullptr && known->enabled)
    co_return co_await open_session(*known, std::move(from), store::Voucher::issuer);
  co_await tell_refusal(std::move(email), std::move(from), "oidc_no_account");
  co_return std::unexpected(Denied{"oidc_no_account"});
}

// A code of the authenticator, or one of the recovery codes; either opens once, for sign-ins take turns. What it uses
// up is written before the session is.
async::Task<OrDenied<>> Accounts::check_code(store::UserRecord& user, std::string code) {
  std::erase_if(code, [](char c) { return c == ' ' || c == '-'; });
  // Recovery codes first: after a restore without the secret key they are all that opens.
  if (std::erase(user.recovery_hashes, sha256_hex(to_lower(code))) == 0) {
    const Result<Secret> secret = secrets_.open(user.sealed_totp, totp_context);
    if (!secret) co_return std::unexpected(Denied{"totp_unreadable"});
    const auto step = matching_step(*secret, code, loop_.wall(), user.totp_step);
    if (!step) co_return std::unexpected(Denied{"totp_wrong"});
    user.totp_step = *step;
  }
  const auto kept = co_await put(user, std::nullopt);
  if (!kept) co_return std::unexpected(kept.error());
  co_return OrDenied<>{};
}

async::Task<void> Accounts::tell_refusal(std::string email, std::string from, std::string code) {
  store::AuditRecord record = note(loop_.wall(), std::string(truncate_utf8(email, 200)), from, "session.refused");
  record.detail = std::move(code);
  const Result<> told = co_await store_.append_audit(std::move(record));
  static_cast<void>(told);  // it is refused in any case
}

async::Task<OrDenied<OpenedSession>> Accounts::open_session(store::UserRecord user, std::string from,
                                                            store::Voucher voucher) {
  const Timestamp now = loop_.wall();
  user.last_sign_in_at = now;
  const auto kept = co_await put(user, note(now, user.email, from, "session.create"));
  if (!kept) co_return std::unexpected(kept.error());
  OpenedSession opened{Secret(random_.token(token_characters)), {}};
  opened.session = {sha256_hex(opened.token.reveal()),
                    user.id,
                    random_.token(csrf_characters),
                    now,
                    now + std::chrono::hours(rules_.session_hours),
                    std::move(from),
                    voucher};
  if (!co_await store_.put_session(opened.session, now)) co_return std::unexpected(Denied{"unavailable"});
  std::erase_if(sessions_, [now](const auto& entry) { return entry.second.expires_at < now; });
  sessions_.insert_or_assign(opened.session.token_hash, opened.session);
  co_return opened;
}

// Whom a one-time link lets in: one who was invited, or the very first admin, who names the account.
std::optional<store::UserRecord> Accounts::invited_with(const std::string& token, const std::string& email) const {
  if (users_.empty() && !first_run_token_.empty() && token == first_run_token_.reveal()) {
    store::UserRecord first;
    first.email = to_lower(email);
    first.role = store::Role::admin;
    first.created_at = loop_.wall();
    return first;
  }
  const std::string hash = sha256_hex(token);
  for (const auto& [id, user] : users_)
    if (user.enabled && user.invitation_hash == hash && user.invitation_expires_at > loop_.wall()) return user;
  return std::nullopt;
}

async::Task<OrDenied<OpenedSession>> Accounts::accept_invitation(std::string token, std::string email, Secret password,
                                                                 std::string from) {
  if (const auto wait = throttle_.wait("", from, loop_.now())) co_return std::unexpected(Denied{"slow_down", *wait});
  const std::optional<store::UserRecord> invited = invited_with(token, email);
  if (!invited) {
    throttle_.failed("", from, loop_.now());
    co_return std::unexpected(Denied{"invitation_invalid"});
  }
  if (is_weak(password, invited->email)) co_return std::unexpected(Denied{"weak_password"});
  const Result<std::string> hashed = co_await hasher_.hash(std::move(password));
  if (!hashed) co_return std::unexpected(Denied{"unavailable"});
  const async::Turns::Turn turn = co_await turns_.take();
  std::optional<store::UserRecord> still_invited = invited_with(token, email);
  if (!still_invited) co_return std::unexpected(Denied{"invitation_invalid"});  // used meanwhile
  store::UserRecord& user = *still_invited;
  user.password_hash = *hashed;
  user.sealed_totp.clear();
  user.recovery_hashes.clear();
  user.invitation_hash.clear();
  user.invitation_expires_at.reset();
  const auto kept = co_await put(user, note(loop_.wall(), user.email, from, "user.password_set"));
  if (!kept) co_return std::unexpected(kept.error());
  const auto ended = co_await end_sessions(kept->id, "");
  if (!ended) co_return std::unexpected(ended.error());
  co_return co_await open_session(*kept, std::move(from), store::Voucher::password);
}

std::optional<Visitor> Accounts::find(std::string_view token) const {
  if (token.size() != token_characters) return std::nullopt;
  const auto session = sessions_.find(sha256_hex(token));
  if (session == sessions_.end() || session->second.expires_at <= loop_.wall()) return std::nullopt;
  const auto user = users_.find(session->second.user_id);
  if (user == users_.end() || !user->second.enabled) return std::nullopt;
  return Visitor{user->second, session->second};
}

// An issuer has asked for a second factor, or not, as its house wants; who comes through it may have no password here
// that enrolling could ask for.
bool Accounts::must_enroll_totp(const Visitor& visitor) const {
  return rules_.totp_required && visitor.user.sealed_totp.empty() && visitor.session.voucher != store::Voucher::issuer;
}

const store::UserRecord* Accounts::still(const Visitor& visitor) const {
  const auto user = users_.find(visitor.user.id);
  return user != users_.end() && sessions_.contains(visitor.session.token_hash) ? &user->second : nullptr;
}

async::Task<void> Accounts::renew(std::string token_hash) {
  const auto found = sessions_.find(token_hash);
  if (found == sessions_.end()) co_return;
  const Timestamp now = loop_.wall();
  const Timestamp end =
      std::min(now + std::chrono::hours(rules_.session_hours), found->second.created_at + longest_session);
  if (end - found->second.expires_at < renewed_after) co_return;
  found->second.expires_at = end;
  const Result<> kept = co_await store_.put_session(found->second, now);
  static_cast<void>(kept);  // it ends earlier after a restart, at worst
}

async::Task<OrDenied<>> Accounts::sign_out(Visitor visitor, std::string from) {
  sessions_.erase(visitor.session.token_hash);
  if (!co_await store_.end_session(visitor.session.token_hash)) co_return std::unexpected(Denied{"unavailable"});
  const Result<> told = co_await store_.append_audit(note(loop_.wall(), visitor.user.email, from, "session.end"));
  static_cast<void>(told);  // the session has ended
  co_return OrDenied<>{};
}

async::Task<OrDenied<>> Accounts::end_sessions(store::UserId user, std::string except_hash) {
  std::erase_if(sessions_,
                [&](const auto& entry) { return entry.second.user_id == user && entry.first != except_hash; });
  if (!co_await store_.end_sessions(user, std::move(except_hash))) co_return std::unexpected(Denied{"unavailable"});
  co_return OrDenied<>{};
}

async::Task<OrDenied<store::UserRecord>> Accounts::put(store::UserRecord user,
                                                       std::optional<store::AuditRecord> audit) {
  const auto kept = co_await store_.put_user(std::move(user), std::move(audit));
  if (!kept && kept.error().code == ErrorCode::conflict) co_return std::unexpected(Denied{"user_exists"});
  if (!kept && kept.error().code == ErrorCode::not_found) co_return std::unexpected(Denied{"not_found"});
  if (!kept) co_return std::unexpected(Denied{"unavailable"});
  users_.insert_or_assign(kept->id, *kept);
  co_return *kept;
}

}  // namespace postroom::auth
