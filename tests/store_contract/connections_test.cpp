#include "store/pauses.h"
#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

class Connections : public StoreContract {
 protected:
  using Kind = ConnectionRefusal::Kind;
  using Why = std::pair<Kind, std::uint64_t>;  // with its number
  static Why refusal(const ConnectionRefusal& refused) { return {refused.kind, refused.number}; }
  std::expected<ConnectionRecord, ConnectionRefusal> disable(ConnectionRecord connection) {
    connection.enabled = false;
    return run(store_->update_connection({connection, connection.version, {}}));
  }
};

TEST_P(Connections, ListsByPriorityAndThenByAge) {
  created("third", 200);
  created("first", 50);
  created("fourth", 200);
  created("second", 100);
  std::vector<std::string> captions;
  for (const ConnectionRecord& each : get(store_->connections())) captions.push_back(each.caption);
  EXPECT_EQ(captions, (std::vector<std::string>{"first", "second", "third", "fourth"}));
}

TEST_P(Connections, KeepsEveryField) {
  ConnectionRecord given = connection("Provider");
  given.port = 2525;
  given.username = "postroom";
  given.sealed_password = std::string("\0\1sealed", 8);
  given.send_from = "noreply@example.org";
  given.send_from_name = "Post Room";
  given.encryption = Encryption::ssl;
  given.weight = 7;
  given.limits = {1, 2, 3, 4, 5};
  given.timezone = "Europe/Vienna";
  given.max_sessions = 3;
  given.max_messages_per_session = 0;
  given.auth = AuthMechanism::scram_sha_256;
  given.verify_certificate = false;
  given.ca_file = "/etc/ca.pem";
  given.on_doubt = OnDoubt::hold;
  given.profile = ProviderProfile::sparkpost;
  given.reply_rules = {
      {"limit", ReplyStage::dot, "550", "5.7.*", "Allowance", ReasonClass::quota, Permanence::permanent, 3600},
      {"", ReplyStage::any, "4xx", "", "", ReasonClass::outage, Permanence::transient, 0}};
  const ConnectionId id = get(store_->create_connection(given, {})).id;
  const ConnectionRecord kept = get(store_->connections()).at(0);
  EXPECT_EQ(kept.id, id);
  EXPECT_EQ(kept.version, 1);
  EXPECT_EQ(kept.port, 2525);
  EXPECT_EQ(kept.username, "postroom");
  EXPECT_EQ(kept.sealed_password, given.sealed_password);
  EXPECT_EQ(kept.send_from, given.send_from);
  EXPECT_EQ(kept.send_from_name, given.send_from_name);
  EXPECT_EQ(kept.encryption, Encryption::ssl);
  EXPECT_EQ(kept.weight, 7u);
  EXPECT_EQ(kept.limits, given.limits);
  EXPECT_EQ(kept.timezone, "Europe/Vienna");
  EXPECT_EQ(kept.max_sessions, 3u);
  EXPECT_EQ(kept.max_messages_per_session, 0u);
  EXPECT_EQ(kept.auth, AuthMechanism::scram_sha_256);
  EXPECT_FALSE(kept.verify_certificate);
  EXPECT_EQ(kept.ca_file, "/etc/ca.pem");
  EXPECT_EQ(kept.on_doubt, OnDoubt::hold);
  EXPECT_EQ(kept.profile, ProviderProfile::sparkpost);
  EXPECT_EQ(kept.reply_rules, given.reply_rules);
  EXPECT_EQ(kept.created_at, given.created_at);
}

TEST_P(Connections, ForgetsTheHealthOfOneThatIsChanged) {
  ConnectionRecord one = get(store_->create_connection(connection("one"), {}));
  const ConnectionRecord other = get(store_->create_connection(connection("other"), {}));
  for (const ConnectionId id : {one.id, other.id})
    EXPECT_TRUE(run(store_->save_health(id, {HealthState::down, {}, "535 Who are you?", 5})));
  get(store_->update_connection({one, one.version, {}}));
  const auto health = get(store_->health());
  ASSERT_EQ(health.size(), 1u);
  EXPECT_EQ(health.front().first, other.id);
}

TEST_P(Connections, ReplacesReplyRulesWithEachChangeAndKeepsThoseOfOthers) {
  const ReplyRule first{"first", ReplyStage::mail, "550", "", "", ReasonClass::quota, Permanence::transient, 60};
  const ReplyRule second{"second", ReplyStage::any, "", "5.7.1", "", ReasonClass::policy, Permanence::permanent, 0};
  ConnectionRecord one = connection("one");
  one.reply_rules = {first, second};
  one = get(store_->create_connection(one, {}));
  ConnectionRecord other = connection("other");
  other.reply_rules = {second};
  get(store_->create_connection(other, {}));

  one.reply_rules = {second};
  get(store_->update_connection({one, one.version, {}}));
  const std::vector<ConnectionRecord> kept = get(store_->connections());
  EXPECT_EQ(kept.at(0).reply_rules, std::vector<ReplyRule>{second});
  EXPECT_EQ(kept.at(1).reply_rules, std::vector<ReplyRule>{second});

  EXPECT_TRUE(run(store_->delete_connection(one.id, {})));
  const std::vector<ConnectionRecord> left = get(store_->connections());
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.at(0).reply_rules, std::vector<ReplyRule>{second});
}

TEST_P(Connections, RefusesAFirstConnectionThatIsDisabled) {
  ConnectionRecord first = connection("Provider");
  first.enabled = false;
  EXPECT_EQ(refusal(run(store_->create_connection(first, {})).error()), Why(Kind::last_enabled, 0));
  EXPECT_TRUE(get(store_->connections()).empty());
}

TEST_P(Connections, RefusesToDisableOrDeleteTheLastEnabledOne) {
  const ConnectionRecord first = created("first");
  EXPECT_EQ(refusal(disable(first).error()), Why(Kind::last_enabled, 0));
  EXPECT_EQ(refusal(run(store_->delete_connection(first.id, {})).error()), Why(Kind::last_enabled, 0));
  const ConnectionRecord second = created("second");
  EXPECT_TRUE(disable(first));
  EXPECT_EQ(refusal(disable(second).error()), Why(Kind::last_enabled, 0));
  EXPECT_EQ(refusal(run(store_->delete_connection(second.id, {})).error()), Why(Kind::last_enabled, 0));
  must(store_->delete_connection(first.id, {}));
}

TEST_P(Connections, RefusesAChangeOfAVersionThatIsGone) {
  ConnectionRecord shown = created("Provider");
  shown.caption = "Renamed";
  const ConnectionRecord changed = get(store_->update_connection({shown, shown.version, {}}));
  EXPECT_EQ(changed.version, shown.version + 1);
  EXPECT_EQ(refusal(run(store_->update_connection({shown, shown.version, {}})).error()), Why(Kind::stale_version, 0));
  EXPECT_EQ(get(store_->connections()).at(0).caption, "Renamed");
}

TEST_P(Connections, KnowsNoConnectionThatIsNotThere) {
  ConnectionRecord unknown = connection("Provider");
  unknown.id = 99;
  EXPECT_EQ(run(store_->update_connection({unknown, 1, {}})).error().error.code, ErrorCode::not_found);
  EXPECT_EQ(run(store_->delete_connection(99, {})).error().error.code, ErrorCode::not_found);
}

TEST_P(Connections, RefusesToDeleteOneThatMailWaitsFor) {
  created("other");
  const ConnectionRecord used = created("used");
  NewMessage message = mailroom_.message({"a@example.org", "b@example.org"});
  for (EmailRecord& email : message.emails) email.pinned_to = used.id;
  accept(message);
  EmailRecord doubted = accept_one("c@example.org");
  const AttemptRecord attempt = begin(doubted, used.id);
  EXPECT_EQ(refusal(run(store_->delete_connection(used.id, {})).error()), Why(Kind::in_use, 3))
      << "the reply to what is on its way may be lost";
  doubted.status = EmailStatus::unknown;
  doubted.next_attempt_at.reset();
  doubted.in_doubt_with = used.id;
  end(attempt, AttemptStatus::fail, doubted);
  EXPECT_EQ(refusal(run(store_->delete_connection(used.id, {})).error()), Why(Kind::in_use, 3));
  QueueAction remove;
  remove.act = QueueAct::remove;
  remove.filter = QueueFilter{};
  EXPECT_EQ(get(store_->act(remove, mailroom_.now())).changed, 3u);
  must(store_->delete_connection(used.id, {}));
}

TEST_P(Connections, RefusesToDeleteOneThatARoutingRuleNames) {
  const ConnectionRecord kept = created("kept");
  const ConnectionRecord named = created("named");
  RoutingTable table;
  table.rules = {{"", "example.org", "", "", {kept.id}, Otherwise::wait},
                 {"", "example.net", "", "", {kept.id, named.id}, Otherwise::wait}};
  table = get(store_->set_routing(table, {}));
  EXPECT_EQ(refusal(run(store_->delete_connection(named.id, {})).error()), Why(Kind::in_rules, 2));
  table.rules.pop_back();
  get(store_->set_routing(table, {}));
  must(store_->delete_connection(named.id, {}));
}

TEST_P(Connections, TakesTheirPauseWithThem) {
  created("kept");
  const ConnectionRecord paused = created("paused");
  must(store_->set_setting(pause_of_connection(paused.id), "waiting for the provider"));
  must(store_->delete_connection(paused.id, {}));
  EXPECT_TRUE(get(store_->settings(std::string(pause_prefix))).empty());
}

TEST_P(Connections, GivesNoIdTwice) {
  created("first");
  const ConnectionRecord second = created("second");
  must(store_->delete_connection(second.id, {}));
  EXPECT_GT(created("third").id, second.id);
}

TEST_P(Connections, TellsOfEveryChangeAndOfNoRefusal) {
  int told = 0;
  store_->on_connections_changed([&told] { ++told; });
  const ConnectionRecord first = created("first");
  EXPECT_FALSE(disable(first));
  EXPECT_EQ(told, 1);
  const ConnectionRecord second = created("second");
  EXPECT_TRUE(disable(second));
  must(store_->delete_connection(second.id, {}));
  EXPECT_EQ(told, 4);
}

TEST_P(Connections, WritesChangesIntoTheAuditNewestFirst) {
  const AuditRecord audit{0, mailroom_.now(), "key:1", "192.0.2.7", "connection.create", "", "", "new contract"};
  const ConnectionRecord made = get(store_->create_connection(connection("Provider"), audit));
  must(store_->append_audit({0, mailroom_.now(), "cli", "local", "login", "", "", ""}));
  const Page<AuditRecord> page = get(store_->list_audit({}, {1, std::nullopt}));
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].action, "login");
  ASSERT_TRUE(page.next);
  const Page<AuditRecord> rest = get(store_->list_audit({}, {10, page.next}));
  ASSERT_EQ(rest.items.size(), 1u);
  EXPECT_EQ(rest.items[0].object, "connection:" + std::to_string(made.id));
  EXPECT_EQ(rest.items[0].reason, "new contract");
  EXPECT_FALSE(rest.next);
}

TEST_P(Connections, KeepsApiKeysUntilTheyAreRevoked) {
  const ApiKeyRecord given{0, "shop", std::string(64, 'a'), "pr_12345", {"send", "read"}, mailroom_.now(), {}, {}};
  const ApiKeyRecord key = get(store_->create_api_key(given, {}));
  must(store_->touch_api_key(key.id, mailroom_.now()));
  must(store_->revoke_api_key(key.id, mailroom_.now(), {}));
  EXPECT_EQ(run(store_->revoke_api_key(key.id, mailroom_.now(), {})).error().code, ErrorCode::not_found);
  const ApiKeyRecord kept = get(store_->api_keys()).at(0);
  EXPECT_EQ(kept.name, "shop");
  EXPECT_EQ(kept.hash, given.hash);
  EXPECT_EQ(kept.scopes, given.scopes);
  EXPECT_EQ(kept.last_used_at, mailroom_.now());
  EXPECT_EQ(kept.revoked_at, mailroom_.now());
}

TEST_P(Connections, KeepsSettings) {
  EXPECT_EQ(get(store_->setting("theme")), std::nullopt);
  must(store_->set_setting("theme", "dark"));
  must(store_->set_setting("theme", ""));
  EXPECT_EQ(get(store_->setting("theme")), "");
}

INSTANTIATE_TEST_SUITE_P(Store, Connections, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
