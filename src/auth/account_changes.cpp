// Accounts: what people change of their own account, and admins of others'.
#include <algorithm>

#include "auth/accounts.h"
#include "auth/api_keys.h"
#include "auth/password_rules.h"
#include "auth/preferences.h"
#include "auth/totp.h"
#include "base/text.h"

namespace postroom::auth {
namespace {

constexpr std::size_t invitation_characters = 43;
constexpr Duration invitation_holds = std::chrono::hours(72);
constexpr Duration enrolment_holds = std::chrono::minutes(10);
constexpr std::size_t recovery_codes = 10;
constexpr std::size_t recovery_bytes = 10;  // 80 bits

// "k3j2-…": four groups of four.
std::string grouped(const std::string& code) {
  std::string text;
  for (std::size_t i = 0; i < code.size(); i += 4) text += (i > 0 ? "-" : "") + code.substr(i, 4);
  return text;
}

}  // namespace

// Of one who is signed in already; guessing is slowed down as at the door.
async::Task<OrDenied<>> Accounts::check_password(const Visitor& visitor, Secret password) {
  const std::string& from = visitor.session.from;
  if (const auto wait = throttle_.wait(visitor.user.email, from, loop_.now()))
    co_return std::unexpected(Denied{"slow_down", *wait});
  const Result<bool> right = co_await hasher_.verify(visitor.user.password_hash, std::move(password));
  if (!right) co_return std::unexpected(Denied{"unavailable"});
  // Of tries that came at once each sees here what the earlier ones have cost.
  if (const auto wait = throttle_.wait(visitor.user.email, from, loop_.now()))
    co_return std::unexpected(Denied{"slow_down", *wait});
  if (*right) co_return OrDenied<>{};
  throttle_.failed(visitor.user.email, from, loop_.now());
  co_return std::unexpected(Denied{"bad_credentials"});
}

async::Task<OrDenied<>> Accounts::change_password(Visitor visitor, Secret current, Secret fresh,
                                                  store::AuditRecord audit) {
  if (is_weak(fresh, visitor.user.email)) co_return std::unexpected(Denied{"weak_password"});
  const OrDenied<> right = co_await check_password(visitor, std::move(current));
  if (!right) co_return right;
  const Result<std::string> hashed = co_await hasher_.hash(std::move(fresh));
  if (!hashed) co_return std::unexpected(Denied{"unavailable"});
  const async::Turns::Turn turn = co_await turns_.take();
  const store::UserRecord* user = still(visitor);
  if (user == nullptr) co_return std::unexpected(Denied{"bad_credentials"});
  store::UserRecord changed = *user;
  changed.password_hash = *hashed;
  const auto kept = co_await put(std::move(changed), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  co_return co_await end_sessions(visitor.user.id, visitor.session.token_hash);
}

async::Task<OrDenied<Secret>> Accounts::begin_totp(Visitor visitor, Secret password) {
  const OrDenied<> right = co_await check_password(visitor, std::move(password));
  if (!right) co_return std::unexpected(right.error());
  Enrolment enrolment{new_totp_secret(random_), loop_.now() + enrolment_holds};
  Secret secret = enrolment.secret;
  enrolments_.insert_or_assign(visitor.user.id, std::move(enrolment));
  co_return secret;
}

async::Task<OrDenied<std::vector<std::string>>> Accounts::confirm_totp(Visitor visitor, std::string code,
                                                                       store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const store::UserRecord* mine = still(visitor);
  if (mine == nullptr) co_return std::unexpected(Denied{"bad_credentials"});
  if (const auto wait = throttle_.wait(visitor.user.email, visitor.session.from, loop_.now()))
    co_return std::unexpected(Denied{"slow_down", *wait});
  const auto enrolment = enrolments_.find(visitor.user.id);
  if (enrolment == enrolments_.end() || enrolment->second.until < loop_.now())
    co_return std::unexpected(Denied{"no_enrolment"});
  std::erase_if(code, [](char c) { return c == ' '; });
  const auto step = matching_step(enrolment->second.secret, code, loop_.wall(), 0);
  if (!step) {
    throttle_.failed(visitor.user.email, visitor.session.from, loop_.now());
    co_return std::unexpected(Denied{"totp_wrong"});
  }
  store::UserRecord user = *mine;
  user.sealed_totp = secrets_.seal(enrolment->second.secret, totp_context);
  user.totp_step = *step;
  user.recovery_hashes.clear();
  enrolments_.erase(enrolment);
  std::vector<std::string> codes;
  for (std::size_t i = 0; i < recovery_codes; ++i) {
    std::string bytes(recovery_bytes, '\0');
    random_.fill({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
    const std::string plain = to_lower(base32(bytes));
    user.recovery_hashes.push_back(sha256_hex(plain));
    codes.push_back(grouped(plain));
  }
  const auto kept = co_await put(std::move(user), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  const OrDenied<> ended = co_await end_sessions(visitor.user.id, visitor.session.token_hash);
  if (!ended) co_return std::unexpected(ended.error());
  co_return codes;
}

async::Task<OrDenied<>> Accounts::drop_totp(Visitor visitor, Secret password, store::AuditRecord audit) {
  if (rules_.totp_required) co_return std::unexpected(Denied{"totp_mandatory"});
  const OrDenied<> right = co_await check_password(visitor, std::move(password));
  if (!right) co_return right;
  const async::Turns::Turn turn = co_await turns_.take();
  const store::UserRecord* mine = still(visitor);
  if (mine == nullptr) co_return std::unexpected(Denied{"bad_credentials"});
  store::UserRecord user = *mine;
  user.sealed_totp.clear();
  user.recovery_hashes.clear();
  const auto kept = co_await put(std::move(user), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  co_return co_await end_sessions(visitor.user.id, visitor.session.token_hash);
}

async::Task<OrDenied<>> Accounts::set_profile(store::UserId id, std::optional<std::string> name,
                                              std::optional<std::string> preferences) {
  const async::Turns::Turn turn = co_await turns_.take();
  const auto found = users_.find(id);
  if (found == users_.end()) co_return std::unexpected(Denied{"not_found"});
  store::UserRecord user = found->second;
  if (name) user.name = std::move(*name);
  if (preferences) {
    user.preferences = merge_preferences(user.preferences, *preferences);
    if (user.preferences.size() > preferences_bytes) co_return std::unexpected(Denied{"preferences_too_large"});
  }
  const auto kept = co_await put(std::move(user), std::nullopt);
  if (!kept) co_return std::unexpected(kept.error());
  co_return OrDenied<>{};
}

async::Task<OrDenied<Accounts::Created>> Accounts::create(store::UserRecord user, std::optional<Secret> password,
                                                          store::AuditRecord audit) {
  user.email = to_lower(user.email);
  user.created_at = loop_.wall();
  Created created;
  if (password) {
    if (is_weak(*password, user.email)) co_return std::unexpected(Denied{"weak_password"});
    const Result<std::string> hashed = co_await hasher_.hash(std::move(*password));
    if (!hashed) co_return std::unexpected(Denied{"unavailable"});
    user.password_hash = *hashed;
  } else {
    created.invitation = Secret(random_.token(invitation_characters));
    user.invitation_hash = sha256_hex(created.invitation.reveal());
    user.invitation_expires_at = loop_.wall() + invitation_holds;
  }
  const async::Turns::Turn turn = co_await turns_.take();
  auto kept = co_await put(std::move(user), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  created.user = std::move(*kept);
  co_return created;
}

bool Accounts::is_last_admin(const store::UserRecord& user) const {
  if (user.role != store::Role::admin || !user.enabled) return false;
  return std::ranges::none_of(users_, [&user](const auto& entry) {
    const store::UserRecord& other = entry.second;
    return other.id != user.id && other.role == store::Role::admin && other.enabled && !other.password_hash.empty();
  });
}

async::Task<OrDenied<store::UserRecord>> Accounts::change(store::UserId id, UserChange change,
                                                          store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const auto found = users_.find(id);
  if (found == users_.end()) co_return std::unexpected(Denied{"not_found"});
  store::UserRecord user = found->second;
  user.name = change.name.value_or(user.name);
  user.role = change.role.value_or(user.role);
  user.content = change.content.value_or(user.content);
  user.enabled = change.enabled.value_or(user.enabled);
  const store::UserRecord& before = found->second;
  if (is_last_admin(before) && (user.role != store::Role::admin || !user.enabled))
    co_return std::unexpected(Denied{"last_admin"});
  const bool other_rights =
      user.role != before.role || user.content != before.content || user.enabled != before.enabled;
  auto kept = co_await put(std::move(user), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  if (other_rights)
    if (const OrDenied<> ended = co_await end_sessions(id, ""); !ended) co_return std::unexpected(ended.error());
  co_return std::move(*kept);
}

async::Task<OrDenied<>> Accounts::remove(store::UserId id, store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const auto found = users_.find(id);
  if (found == users_.end()) co_return std::unexpected(Denied{"not_found"});
  if (is_last_admin(found->second)) co_return std::unexpected(Denied{"last_admin"});
  const Result<> removed = co_await store_.delete_user(id, std::move(audit));
  if (!removed)
    co_return std::unexpected(Denied{removed.error().code == ErrorCode::not_found ? "not_found" : "unavailable"});
  users_.erase(id);
  std::erase_if(sessions_, [id](const auto& entry) { return entry.second.user_id == id; });
  co_return OrDenied<>{};
}

async::Task<OrDenied<Secret>> Accounts::invite_anew(store::UserId id, store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const auto found = users_.find(id);
  if (found == users_.end()) co_return std::unexpected(Denied{"not_found"});
  Secret token(random_.token(invitation_characters));
  store::UserRecord user = found->second;
  user.invitation_hash = sha256_hex(token.reveal());
  user.invitation_expires_at = loop_.wall() + invitation_holds;
  const auto kept = co_await put(std::move(user), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  if (const OrDenied<> ended = co_await end_sessions(id, ""); !ended) co_return std::unexpected(ended.error());
  co_return token;
}

async::Task<OrDenied<>> Accounts::set_rules(SignInRules rules, store::AuditRecord audit) {
  const auto totp = co_await store_.change_setting(std::string(totp_required_setting),
                                                   std::string(rules.totp_required ? "1" : "0"), audit);
  if (!totp) co_return std::unexpected(Denied{"unavailable"});
  const auto hours =
      co_await store_.set_setting(std::string(session_hours_setting), std::to_string(rules.session_hours));
  if (!hours) co_return std::unexpected(Denied{"unavailable"});
  rules_ = rules;
  co_return OrDenied<>{};
}

}  // namespace postroom::auth
