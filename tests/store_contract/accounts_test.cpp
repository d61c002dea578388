#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

class AccountsContract : public StoreContract {
 protected:
  UserRecord user(const std::string& email) {
    UserRecord record;
    record.email = email;
    record.name = "Ann";
    record.role = Role::operating;
    record.content = true;
    record.password_hash = "$argon2id$…";
    record.sealed_totp = std::string("\0sealed", 7);
    record.totp_step = 42;
    record.recovery_hashes = {"aa", "bb"};
    record.invitation_hash = "cc";
    record.invitation_expires_at = mailroom_.now();
    record.preferences = R"({"theme":"dark"})";
    record.created_at = mailroom_.now();
    record.last_sign_in_at = mailroom_.now();
    return record;
  }
  SessionRecord session(const std::string& hash, UserId id, Timestamp expires_at) {
    return {hash, id, "csrf", mailroom_.now(), expires_at, "192.0.2.7", Voucher::issuer};
  }
  std::vector<std::string> open_sessions() {
    std::vector<std::string> hashes;
    for (const SessionRecord& each : get(store_->sessions())) hashes.push_back(each.token_hash);
    return hashes;
  }
};

TEST_P(AccountsContract, KeepsAllOfAUser) {
  const UserRecord given = user("ann@example.org");
  const UserRecord made =
      get(store_->put_user(given, AuditRecord{0, mailroom_.now(), "cli", "", "user.create", "", "", ""}));
  EXPECT_GT(made.id, 0);
  const std::vector<UserRecord> all = get(store_->users());
  ASSERT_EQ(all.size(), 1u);
  const UserRecord& kept = all[0];
  EXPECT_EQ(kept.id, made.id);
  EXPECT_EQ(kept.email, given.email);
  EXPECT_EQ(kept.name, given.name);
  EXPECT_EQ(kept.role, given.role);
  EXPECT_TRUE(kept.content);
  EXPECT_TRUE(kept.enabled);
  EXPECT_EQ(kept.password_hash, given.password_hash);
  EXPECT_EQ(kept.sealed_totp, given.sealed_totp);
  EXPECT_EQ(kept.totp_step, 42);
  EXPECT_EQ(kept.recovery_hashes, given.recovery_hashes);
  EXPECT_EQ(kept.invitation_hash, "cc");
  EXPECT_EQ(kept.invitation_expires_at, mailroom_.now());
  EXPECT_EQ(kept.preferences, given.preferences);
  EXPECT_EQ(kept.created_at, mailroom_.now());
  EXPECT_EQ(kept.last_sign_in_at, mailroom_.now());
  EXPECT_EQ(get(store_->list_audit({}, {10, std::nullopt})).items.at(0).action, "user.create");
}

TEST_P(AccountsContract, ReplacesAUserWholeAndKnowsNoOther) {
  UserRecord ann = get(store_->put_user(user("ann@example.org"), std::nullopt));
  ann.name = "Anna";
  ann.enabled = false;
  ann.recovery_hashes.clear();
  ann.invitation_expires_at.reset();
  EXPECT_EQ(get(store_->put_user(ann, std::nullopt)).id, ann.id);
  const UserRecord kept = get(store_->users()).at(0);
  EXPECT_EQ(kept.name, "Anna");
  EXPECT_FALSE(kept.enabled);
  EXPECT_TRUE(kept.recovery_hashes.empty());
  EXPECT_FALSE(kept.invitation_expires_at);
  ann.id = 99;
  ann.email = "other@example.org";
  EXPECT_EQ(run(store_->put_user(ann, std::nullopt)).error().code, ErrorCode::not_found);
}

TEST_P(AccountsContract, GivesAnEmailToOneUserOnly) {
  get(store_->put_user(user("ann@example.org"), std::nullopt));
  UserRecord bob = get(store_->put_user(user("bob@example.org"), std::nullopt));
  const auto again = run(store_->put_user(user("ann@example.org"), std::nullopt));
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(again.error().message, "user_exists");
  bob.email = "ann@example.org";
  EXPECT_EQ(run(store_->put_user(bob, std::nullopt)).error().message, "user_exists");
}

TEST_P(AccountsContract, NeverGivesAnIdTwice) {
  const UserRecord ann = get(store_->put_user(user("ann@example.org"), std::nullopt));
  must(store_->delete_user(ann.id, {}));
  EXPECT_GT(get(store_->put_user(user("bob@example.org"), std::nullopt)).id, ann.id);
}

TEST_P(AccountsContract, KeepsSessionsUntilTheyEnd) {
  const Timestamp now = mailroom_.now(), later = now + std::chrono::hours(1);
  must(store_->put_session(session("a", 1, later), now));
  must(store_->put_session(session("b", 1, later), now));
  must(store_->put_session(session("c", 2, later), now));
  const SessionRecord kept = get(store_->sessions()).at(0);
  EXPECT_EQ(kept.token_hash, "a");
  EXPECT_EQ(kept.user_id, 1);
  EXPECT_EQ(kept.csrf_token, "csrf");
  EXPECT_EQ(kept.created_at, now);
  EXPECT_EQ(kept.expires_at, later);
  EXPECT_EQ(kept.from, "192.0.2.7");
  EXPECT_EQ(kept.voucher, Voucher::issuer);
  must(store_->end_sessions(1, "b"));
  EXPECT_EQ(open_sessions(), (std::vector<std::string>{"b", "c"}));
  must(store_->end_session("b"));
  must(store_->end_session("b"));
  EXPECT_EQ(open_sessions(), std::vector<std::string>{"c"});
  must(store_->end_sessions(2, ""));
  EXPECT_TRUE(open_sessions().empty());
}

TEST_P(AccountsContract, ForgetsSessionsThatHaveExpiredWithTheNextOne) {
  const Timestamp now = mailroom_.now();
  must(store_->put_session(session("old", 1, now), now));
  must(store_->put_session(session("new", 1, now + std::chrono::hours(2)), now + std::chrono::hours(1)));
  EXPECT_EQ(open_sessions(), std::vector<std::string>{"new"});
}

TEST_P(AccountsContract, KeepsEachUsersViews) {
  must(store_->put_view({1, "queue", "mine", "status=failed", {"id", "email"}}));
  must(store_->put_view({1, "log", "all", "", {}}));
  must(store_->put_view({2, "log", "theirs", "", {}}));
  must(store_->put_view({1, "queue", "mine", "status=held", {"id"}}));
  const std::vector<ViewRecord> views = get(store_->views(1));
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0].name, "all");
  EXPECT_EQ(views[1].query, "status=held");
  EXPECT_EQ(views[1].columns, std::vector<std::string>{"id"});
  must(store_->delete_view(1, "queue", "mine"));
  EXPECT_EQ(run(store_->delete_view(1, "queue", "mine")).error().code, ErrorCode::not_found);
  EXPECT_EQ(get(store_->views(1)).size(), 1u);
}

TEST_P(AccountsContract, SessionsAndViewsGoWithTheirUser) {
  const UserRecord ann = get(store_->put_user(user("ann@example.org"), std::nullopt));
  must(store_->put_session(session("a", ann.id, mailroom_.now() + std::chrono::hours(1)), mailroom_.now()));
  must(store_->put_view({ann.id, "log", "all", "", {}}));
  must(store_->delete_user(ann.id, {}));
  EXPECT_EQ(run(store_->delete_user(ann.id, {})).error().code, ErrorCode::not_found);
  EXPECT_TRUE(open_sessions().empty());
  EXPECT_TRUE(get(store_->views(ann.id)).empty());
}

TEST_P(AccountsContract, CountsWhatChanges) {
  const ChangeCounts before = store_->changes();
  accept_one("ann@example.org");
  const ChangeCounts accepted = store_->changes();
  EXPECT_GT(accepted.queue, before.queue);
  const ConnectionRecord made = created("Provider");
  EXPECT_GT(store_->changes().connections, accepted.connections);
  must(store_->save_health(made.id, {}));
  EXPECT_GT(store_->changes().connections, accepted.connections + 1);
}

INSTANTIATE_TEST_SUITE_P(Store, AccountsContract, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace postroom::store
