// SubmissionLogins knows the names and passwords of SMTP submission. The passwords are made here, of 190 random bits,
// shown once and kept as SCRAM keys; so the fewest rounds that RFC 7677 allows are enough: there is nothing to guess.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "async/loop.h"
#include "async/turns.h"
#include "base/random.h"
#include "base/secret.h"
#include "smtp/scram.h"
#include "store/account_store.h"

namespace postroom::auth {

struct CreatedLogin {
  store::SubmissionLoginRecord record;
  Secret password;  // shown once
};

class SubmissionLogins {
 public:
  SubmissionLogins(async::Loop& loop, store::AccountStore& store, Random& random);

  // At start, and after another process has changed them.
  async::Task<Result<void>> load();
  bool any() const { return !by_name_.empty(); }
  const std::map<std::string, store::SubmissionLoginRecord>& all() const { return by_name_; }  // by name
  // Valid until the next change; nullptr when there is none.
  const store::SubmissionLoginRecord* by_id(store::SubmissionLoginId id) const;
  // The enabled login of that name; nullptr when there is none. Valid until the next change.
  const store::SubmissionLoginRecord* find(const std::string& username) const;
  // The same, when it is its password. A name that is not there takes as long as one that is.
  const store::SubmissionLoginRecord* verify(const std::string& username, const Secret& password);
  // Those of a name that is not there are made up, the same each time.
  smtp::ScramKeys scram_keys(const std::string& username) const;
  // Remembers the use, at most once a minute.
  async::Task<void> touch(std::string username);

  // Errors: conflict, "login_exists"; not_found; unavailable.
  async::Task<Result<CreatedLogin>> create(store::SubmissionLoginRecord record, store::AuditRecord audit);
  async::Task<Result<CreatedLogin>> renew_password(store::SubmissionLoginId id, store::AuditRecord audit);
  // Its senders, lane, limits and whether it is enabled.
  async::Task<Result<store::SubmissionLoginRecord>> update(store::SubmissionLoginRecord record,
                                                           store::AuditRecord audit);
  async::Task<Result<void>> remove(store::SubmissionLoginId id, store::AuditRecord audit);

 private:
  Secret give_password(store::SubmissionLoginRecord& record);
  async::Task<Result<store::SubmissionLoginRecord>> keep(store::SubmissionLoginRecord record,
                                                         std::optional<store::AuditRecord> audit);
  void forget(store::SubmissionLoginId id);

  async::Loop& loop_;
  store::AccountStore& store_;
  Random& random_;
  async::Turns turns_;  // a record is read, changed and written whole: no other change comes between
  std::string pepper_;  // of this process: for made-up keys, and digests of passwords that were right
  std::map<std::string, store::SubmissionLoginRecord> by_name_;
  std::unordered_map<std::string, std::string> right_;  // digest of the last right password, by name
  std::unordered_map<std::string, Monotonic> touched_;
};

}  // namespace postroom::auth
