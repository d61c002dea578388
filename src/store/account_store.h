// AccountStore is who may do what, and who did what: API keys, accounts, submission logins, the audit log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/account_records.h"
#include "store/answer.h"
#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {

class AccountStore {
 public:
  virtual ~AccountStore() = default;

  virtual Answer<std::vector<ApiKeyRecord>> api_keys() = 0;
  virtual Answer<ApiKeyRecord> create_api_key(ApiKeyRecord key, AuditRecord audit) = 0;
  virtual Answer<> revoke_api_key(ApiKeyId id, Timestamp at, AuditRecord audit) = 0;
  virtual Answer<> touch_api_key(ApiKeyId id, Timestamp at) = 0;

  // Accounts. A user with id 0 is new and gets one; any other is replaced whole. Error conflict, "user_exists", when
  // another has that email; not_found when there is no such user. `audit` is nullopt for what the user does by the way
  // (a sign-in's date, a code used).
  virtual Answer<std::vector<UserRecord>> users() = 0;
  virtual Answer<UserRecord> put_user(UserRecord user, std::optional<AuditRecord> audit) = 0;
  virtual Answer<> delete_user(UserId id, AuditRecord audit) = 0;  // with sessions and views
  virtual Answer<std::vector<SessionRecord>> sessions() = 0;
  // Adds it, or renews the one of that hash; what expired before `now` goes.
  virtual Answer<> put_session(SessionRecord session, Timestamp now) = 0;
  virtual Answer<> end_session(std::string token_hash) = 0;
  virtual Answer<> end_sessions(UserId user, std::string except_hash) = 0;            // "": all of them
  virtual Answer<std::vector<ViewRecord>> views(UserId user) = 0;                     // by page, then name
  virtual Answer<> put_view(ViewRecord view) = 0;                                     // replaces the one of that name
  virtual Answer<> delete_view(UserId user, std::string page, std::string name) = 0;  // not_found

  // Logins of SMTP submission. One with id 0 is new and gets one; any other is replaced whole. Error conflict,
  // "login_exists", when another has that name; not_found when there is no such login.
  virtual Answer<std::vector<SubmissionLoginRecord>> submission_logins() = 0;  // by id
  virtual Answer<SubmissionLoginRecord> put_submission_login(SubmissionLoginRecord login,
                                                             std::optional<AuditRecord> audit) = 0;
  virtual Answer<> delete_submission_login(SubmissionLoginId id, AuditRecord audit) = 0;

  virtual Answer<> append_audit(AuditRecord record) = 0;
  virtual Answer<Page<AuditRecord>> list_audit(AuditFilter filter,
                                               PageRequest page) = 0;  // newest first; a page may be short
};

}  // namespace postroom::store
