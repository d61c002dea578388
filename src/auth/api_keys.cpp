#include "auth/api_keys.h"

#include <fmt/format.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/text.h"

namespace postroom::auth {
namespace {

constexpr std::string_view principal_prefix = "key:";
constexpr std::string_view key_prefix = "pr_";
constexpr std::size_t key_characters = 40;
constexpr std::size_t shown_characters = 8;
constexpr Duration touch_interval = std::chrono::minutes(1);

std::string principal_name(const store::ApiKeyRecord& record) {
  return fmt::format("{}{}", principal_prefix, record.id);
}

// nullopt: the principal is no key.
std::optional<store::ApiKeyId> id_of(std::string_view principal) {
  if (!principal.starts_with(principal_prefix)) return std::nullopt;
  return to_number<store::ApiKeyId>(principal.substr(principal_prefix.size()));
}

}  // namespace

std::optional<Scope> scope_from_word(std::string_view word) {
  for (const Scope scope : {Scope::send, Scope::read, Scope::manage, Scope::admin, Scope::content})
    if (to_word(scope) == word) return scope;
  return std::nullopt;
}

std::string_view to_word(Scope scope) {
  switch (scope) {
    case Scope::send:
      return "send";
    case Scope::read:
      return "read";
    case Scope::manage:
      return "manage";
    case Scope::admin:
      return "admin";
    case Scope::content:
      return "content";
  }
  return "";
}

std::string sha256(std::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  return hex_encode(sha256(bytes));
}

async::Task<Result<void>> ApiKeys::load() {
  auto records = co_await store_.api_keys();
  if (!records) co_return std::unexpected(records.error());
  by_hash_.clear();
  for (auto& record : *records)
    if (!record.revoked_at) by_hash_.emplace(record.hash, std::move(record));
  co_return Result<void>();
}

std::optional<Principal> ApiKeys::find(std::string_view key, std::string from) {
  if (!key.starts_with(key_prefix) || key.size() != key_prefix.size() + key_characters) return std::nullopt;
  const auto found = by_hash_.find(sha256_hex(key));
  if (found == by_hash_.end()) return std::nullopt;
  Principal principal{principal_name(found->second), std::move(from), {}};
  for (const auto& word : found->second.scopes)
    if (const auto scope = scope_from_word(word)) principal.scopes.insert(*scope);
  return principal;
}

bool ApiKeys::holds(std::string_view name) const {
  const std::optional<store::ApiKeyId> id = id_of(name);
  return std::ranges::any_of(by_hash_, [id](const auto& entry) { return entry.second.id == id; });
}

async::Task<void> ApiKeys::touch(std::string name) {
  const std::optional<store::ApiKeyId> id = id_of(name);
  if (!id) co_return;
  const auto [place, first] = touched_.try_emplace(name, loop_.now());
  if (!first && loop_.now() - place->second < touch_interval) co_return;
  place->second = loop_.now();
  // A date that could not be written is written with the next use.
  if (!co_await store_.touch_api_key(*id, loop_.wall())) touched_.erase(name);
}

async::Task<Result<CreatedKey>> ApiKeys::create(std::string name, std::vector<std::string> scopes,
                                                store::AuditRecord audit) {
  Secret key(std::string(key_prefix) + random_.token(key_characters));
  store::ApiKeyRecord record;
  record.name = std::move(name);
  record.hash = sha256_hex(key.reveal());
  record.prefix = key.reveal().substr(0, shown_characters);
  record.scopes = std::move(scopes);
  record.created_at = loop_.wall();
  auto stored = co_await store_.create_api_key(std::move(record), std::move(audit));
  if (!stored) co_return std::unexpected(stored.error());
  by_hash_.insert_or_assign(stored->hash, *stored);
  co_return CreatedKey{std::move(*stored), std::move(key)};
}

async::Task<Result<void>> ApiKeys::revoke(store::ApiKeyId id, store::AuditRecord audit) {
  auto revoked = co_await store_.revoke_api_key(id, loop_.wall(), std::move(audit));
  if (revoked) std::erase_if(by_hash_, [id](const auto& entry) { return entry.second.id == id; });
  co_return revoked;
}

}  // namespace postroom::auth
