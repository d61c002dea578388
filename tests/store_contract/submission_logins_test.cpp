#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

class SubmissionLoginsContract : public StoreContract {
 protected:
  SubmissionLoginRecord login(const std::string& username) {
    SubmissionLoginRecord record;
    record.username = username;
    record.salt = std::string("sa\0lt", 5);
    record.stored_key = std::string(32, '\xff');
    record.server_key = std::string(32, '\x01');
    record.iterations = 4096;
    record.senders = {"*@example.org", "ann@example.com"};
    record.lane = "bulk";
    record.per_minute = 60;
    record.per_day = 1000;
    record.created_at = mailroom_.now();
    record.last_used_at = mailroom_.now();
    return record;
  }
  AuditRecord said(const std::string& action) { return {0, mailroom_.now(), "cli", "", action, "", "", ""}; }
};

TEST_P(SubmissionLoginsContract, KeepsAllOfALogin) {
  const SubmissionLoginRecord given = login("shop");
  const SubmissionLoginRecord made = get(store_->put_submission_login(given, said("submission_login.create")));
  EXPECT_GT(made.id, 0);
  const std::vector<SubmissionLoginRecord> all = get(store_->submission_logins());
  ASSERT_EQ(all.size(), 1u);
  const SubmissionLoginRecord& kept = all[0];
  EXPECT_EQ(kept.id, made.id);
  EXPECT_EQ(kept.username, "shop");
  EXPECT_EQ(kept.salt, given.salt);
  EXPECT_EQ(kept.stored_key, given.stored_key);
  EXPECT_EQ(kept.server_key, given.server_key);
  EXPECT_EQ(kept.iterations, 4096);
  EXPECT_EQ(kept.senders, given.senders);
  EXPECT_EQ(kept.lane, "bulk");
  EXPECT_EQ(kept.per_minute, 60u);
  EXPECT_EQ(kept.per_day, 1000u);
  EXPECT_TRUE(kept.enabled);
  EXPECT_EQ(kept.created_at, mailroom_.now());
  EXPECT_EQ(kept.last_used_at, mailroom_.now());
  EXPECT_EQ(get(store_->list_audit({}, {10, std::nullopt})).items.at(0).action, "submission_login.create");
}

TEST_P(SubmissionLoginsContract, ReplacesALoginWholeAndHoldsItsNameUnique) {
  SubmissionLoginRecord shop = get(store_->put_submission_login(login("shop"), std::nullopt));
  SubmissionLoginRecord cron = get(store_->put_submission_login(login("cron"), std::nullopt));
  EXPECT_EQ(run(store_->put_submission_login(login("shop"), std::nullopt)).error().message, "login_exists");
  cron.username = "shop";
  EXPECT_EQ(run(store_->put_submission_login(cron, std::nullopt)).error().code, ErrorCode::conflict);
  shop.enabled = false;
  shop.senders.clear();
  get(store_->put_submission_login(shop, std::nullopt));
  const std::vector<SubmissionLoginRecord> all = get(store_->submission_logins());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_FALSE(all[0].enabled);
  EXPECT_TRUE(all[0].senders.empty());
  EXPECT_EQ(all[1].username, "cron");
}

TEST_P(SubmissionLoginsContract, DeletesALoginForGood) {
  const SubmissionLoginRecord shop = get(store_->put_submission_login(login("shop"), std::nullopt));
  must(store_->delete_submission_login(shop.id, said("submission_login.delete")));
  EXPECT_TRUE(get(store_->submission_logins()).empty());
  EXPECT_EQ(run(store_->delete_submission_login(shop.id, said("x"))).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store_->put_submission_login(shop, std::nullopt)).error().code, ErrorCode::not_found);
  EXPECT_GT(get(store_->put_submission_login(login("shop"), std::nullopt)).id, shop.id);
  EXPECT_EQ(get(store_->list_audit({}, {10, std::nullopt})).items.at(0).action, "submission_login.delete");
}

INSTANTIATE_TEST_SUITE_P(Store, SubmissionLoginsContract, testing::ValuesIn(backends()),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace postroom::store
