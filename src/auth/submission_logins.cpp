#include "auth/submission_logins.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postroom::auth {
namespace {

constexpr std::size_t password_characters = 32;
constexpr std::size_t salt_bytes = 16;
constexpr Duration touch_interval = std::chrono::minutes(1);

smtp::ScramKeys keys_of(const store::SubmissionLoginRecord& record) {
  return {record.salt, static_cast<int>(record.iterations), record.stored_key, record.server_key};
}

}  // namespace

SubmissionLogins::SubmissionLogins(async::Loop& loop, store::AccountStore& store, Random& random)
    : loop_(loop), store_(store), random_(random), turns_(loop), pepper_(random.token(password_characters)) {}

async::Task<Result<void>> SubmissionLogins::load() {
  auto records = co_await store_.submission_logins();
  if (!records) co_return std::unexpected(records.error());
  by_name_.clear();
  right_.clear();
  for (auto& record : *records) by_name_.insert_or_assign(record.username, std::move(record));
  co_return Result<void>{};
}

const store::SubmissionLoginRecord* SubmissionLogins::by_id(store::SubmissionLoginId id) const {
  const auto found = std::ranges::find_if(by_name_, [id](const auto& entry) { return entry.second.id == id; });
  return found == by_name_.end() ? nullptr : &found->second;
}

const store::SubmissionLoginRecord* SubmissionLogins::find(const std::string& username) const {
  const auto found = by_name_.find(username);
  return found != by_name_.end() && found->second.enabled ? &found->second : nullptr;
}

const store::SubmissionLoginRecord* SubmissionLogins::verify(const std::string& username, const Secret& password) {
  const store::SubmissionLoginRecord* record = find(username);
  // A client that signs in for each message pays the rounds once.
  std::string digest = smtp::hmac_sha256(pepper_, password.reveal());
  const auto known = right_.find(username);
  if (record != nullptr && known != right_.end() && known->second == digest) return record;
  if (!smtp::is_password_of(scram_keys(username), password)) return nullptr;
  if (record != nullptr) right_.insert_or_assign(username, std::move(digest));
  return record;
}

smtp::ScramKeys SubmissionLogins::scram_keys(const std::string& username) const {
  if (const store::SubmissionLoginRecord* record = find(username)) return keys_of(*record);
  const std::string made_up = smtp::hmac_sha256(pepper_, username);
  return {made_up.substr(0, salt_bytes), smtp::scram_least_iterations, made_up, made_up};
}

async::Task<void> SubmissionLogins::touch(std::string username) {
  const auto [place, first] = touched_.try_emplace(username, loop_.now());
  if (!first && loop_.now() - place->second < touch_interval) co_return;
  place->second = loop_.now();
  const async::Turns::Turn turn = co_await turns_.take();
  const auto found = by_name_.find(username);
  if (found == by_name_.end()) co_return;
  found->second.last_used_at = loop_.wall();
  // A date that could not be written is written with the next use.
  if (!co_await store_.put_submission_login(store::SubmissionLoginRecord(found->second), std::nullopt))
    touched_.erase(username);
}

Secret SubmissionLogins::give_password(store::SubmissionLoginRecord& record) {
  Secret password(random_.token(password_characters));
  std::array<unsigned char, salt_bytes> salt{};
  random_.fill(salt);
  smtp::ScramKeys keys =
      smtp::make_scram_keys(password, std::string(salt.begin(), salt.end()), smtp::scram_least_iterations);
  record.salt = std::move(keys.salt);
  record.iterations = keys.iterations;
  record.stored_key = std::move(keys.stored_key);
  record.server_key = std::move(keys.server_key);
  return password;
}

async::Task<Result<CreatedLogin>> SubmissionLogins::create(store::SubmissionLoginRecord record,
                                                           store::AuditRecord audit) {
  record.id = 0;
  record.created_at = loop_.wall();
  const async::Turns::Turn turn = co_await turns_.take();
  Secret password = give_password(record);
  Result<store::SubmissionLoginRecord> kept = co_await keep(std::move(record), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  co_return CreatedLogin{std::move(*kept), std::move(password)};
}

async::Task<Result<CreatedLogin>> SubmissionLogins::renew_password(store::SubmissionLoginId id,
                                                                   store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const store::SubmissionLoginRecord* known = by_id(id);
  if (known == nullptr) co_return fail(ErrorCode::not_found, "there is no such login");
  store::SubmissionLoginRecord record = *known;
  Secret password = give_password(record);
  Result<store::SubmissionLoginRecord> kept = co_await keep(std::move(record), std::move(audit));
  if (!kept) co_return std::unexpected(kept.error());
  co_return CreatedLogin{std::move(*kept), std::move(password)};
}

async::Task<Result<store::SubmissionLoginRecord>> SubmissionLogins::update(store::SubmissionLoginRecord record,
                                                                           store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const store::SubmissionLoginRecord* known = by_id(record.id);
  if (known == nullptr) co_return fail(ErrorCode::not_found, "there is no such login");
  store::SubmissionLoginRecord changed = *known;
  changed.senders = std::move(record.senders);
  changed.lane = std::move(record.lane);
  changed.per_minute = record.per_minute;
  changed.per_day = record.per_day;
  changed.enabled = record.enabled;
  co_return co_await keep(std::move(changed), std::move(audit));
}

async::Task<Result<store::SubmissionLoginRecord>> SubmissionLogins::keep(store::SubmissionLoginRecord record,
                                                                         std::optional<store::AuditRecord> audit) {
  Result<store::SubmissionLoginRecord> kept = co_await store_.put_submission_login(std::move(record), std::move(audit));
  if (!kept) co_return kept;
  forget(kept->id);
  by_name_.insert_or_assign(kept->username, *kept);
  co_return kept;
}

async::Task<Result<void>> SubmissionLogins::remove(store::SubmissionLoginId id, store::AuditRecord audit) {
  const async::Turns::Turn turn = co_await turns_.take();
  const Result<void> removed = co_await store_.delete_submission_login(id, std::move(audit));
  if (removed) forget(id);
  co_return removed;
}

void SubmissionLogins::forget(store::SubmissionLoginId id) {
  std::erase_if(by_name_, [&](const auto& entry) {
    if (entry.second.id != id) return false;
    right_.erase(entry.first);
    return true;
  });
}

}  // namespace postroom::auth
