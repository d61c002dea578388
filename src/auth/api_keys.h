// ApiKeys knows the keys that applications sign in with. The store keeps only their SHA-256: a key has 238 random bits,
// so a slow hash would add nothing. Look-ups go by the hash, which an attacker can't steer: their time tells nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "async/loop.h"
#include "auth/principal.h"
#include "base/random.h"
#include "base/secret.h"
#include "store/account_store.h"

namespace postroom::auth {

std::optional<Scope> scope_from_word(std::string_view word);
std::string_view to_word(Scope scope);
std::string sha256_hex(std::string_view bytes);
std::string sha256(std::string_view bytes);  // 32 bytes

struct CreatedKey {
  store::ApiKeyRecord record;
  Secret key;  // shown once
};

class ApiKeys {
 public:
  ApiKeys(async::Loop& loop, store::AccountStore& store, Random& random)
      : loop_(loop), store_(store), random_(random) {}

  // At start, and after another process has changed the keys.
  async::Task<Result<void>> load();
  // nullopt for unknown and revoked keys. `from` is the peer's address.
  std::optional<Principal> find(std::string_view key, std::string from);
  // Whether a principal's key still holds: a session may outlive it.
  bool holds(std::string_view principal_name) const;
  // Remembers the use of a principal's key, at most once a minute.
  async::Task<void> touch(std::string principal_name);

  async::Task<Result<CreatedKey>> create(std::string name, std::vector<std::string> scopes, store::AuditRecord audit);
  async::Task<Result<void>> revoke(store::ApiKeyId id, store::AuditRecord audit);

 private:
  async::Loop& loop_;
  store::AccountStore& store_;
  Random& random_;
  std::unordered_map<std::string, store::ApiKeyRecord> by_hash_;
  std::unordered_map<std::string, Monotonic> touched_;  // by principal name
};

}  // namespace postroom::auth
