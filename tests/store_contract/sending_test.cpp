// What the engine relies on beside the life of one email: lanes, begins whose answer was lost, limits over a restart,
// expiry on hold, routing, events.
#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Sending : public StoreContract {
 protected:
  NewMessage in_lane(const std::string& lane, const std::string& address, Timestamp due) {
    NewMessage added = mailroom_.message({address});
    added.message.lane = added.emails[0].lane = lane;
    added.emails[0].next_attempt_at = due;
    return added;
  }
  AttemptRecord counted(const EmailRecord& email, ConnectionId connection) {
    AttemptRecord attempt = mailroom_.attempt(email, connection);
    attempt.counted = true;
    return attempt;
  }
  SendingHistory history(ConnectionId connection, std::size_t most = 100) {
    return get(store_->sending_history({connection, mailroom_.now() - hours(1), most, mailroom_.now() - hours(24)}));
  }
  std::uint64_t used(ConnectionId connection) {
    std::uint64_t sum = 0;
    for (const SendingHistory::Quarter& quarter : history(connection).quarters) sum += quarter.count;
    return sum;
  }
};

TEST_P(Sending, ReadsEachLaneByItself) {
  accept(in_lane("bulk", "old@example.org", mailroom_.now() - hours(2)));
  accept(in_lane("transactional", "code@example.org", mailroom_.now()));
  accept(in_lane("transactional", "later@example.org", mailroom_.now() + minutes(3)));
  const DuePage page = get(store_->due({"transactional", mailroom_.now(), std::nullopt, 10}));
  ASSERT_EQ(page.emails.size(), 1u);
  EXPECT_EQ(page.emails[0].email.address, "code@example.org");
  EXPECT_EQ(page.next_due_at, mailroom_.now() + minutes(3));
  EXPECT_EQ(get(store_->lanes_in_use()), (std::vector<std::string>{"bulk", "transactional"}));
}

TEST_P(Sending, SaysWhichLaneBecameDue) {
  std::vector<std::string> told;
  store_->on_due([&told](const std::string& lane, Timestamp) { told.push_back(lane); });
  accept(in_lane("bulk", "ann@example.org", mailroom_.now()));
  EXPECT_EQ(told, std::vector<std::string>{"bulk"});
}

TEST_P(Sending, DoesNotBeginWhatWasSettledMeanwhile) {
  EmailRecord email = bring_to(accept_one("ann@example.org"), EmailStatus::unknown);
  QueueAction settle;
  settle.act = QueueAct::settle;
  settle.ids = {email.id};
  EXPECT_EQ(get(store_->act(settle, mailroom_.now())).changed, 1u);
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email), std::nullopt, 1}})), std::vector{false});
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email)}})), std::vector{true});
}

TEST_P(Sending, TakesBackABeginWhoseAnswerWasLost) {
  const EmailRecord email = accept_one("ann@example.org");
  const AttemptRecord attempt = counted(email, 4);
  EXPECT_EQ(get(store_->begin_attempts({{attempt}})), std::vector{true});
  must(store_->take_back({attempt.id}));
  const EmailStory story = get(store_->email(email.id));
  EXPECT_EQ(story.email.status, EmailStatus::queued);
  EXPECT_TRUE(story.attempts.empty());
  EXPECT_EQ(due_emails().size(), 1u);
  EXPECT_EQ(used(4), 0u);
  must(store_->take_back({attempt.id}));  // what is not there is passed over
  EXPECT_EQ(get(store_->begin_attempts({{counted(email, 4)}})), std::vector{true});
}

TEST_P(Sending, DoesNotTakeBackWhatHasEnded) {
  EmailRecord email = accept_one("ann@example.org");
  const AttemptRecord attempt = begin(email);
  email.status = EmailStatus::accepted;
  end(attempt, AttemptStatus::success, email);
  must(store_->take_back({attempt.id}));
  EXPECT_EQ(status_of(email.id), EmailStatus::accepted);
  EXPECT_EQ(get(store_->email(email.id)).attempts.size(), 1u);
}

TEST_P(Sending, RemembersWhatCountsAgainstLimits) {
  const std::vector<EmailRecord> emails =
      accept(mailroom_.message({"a@example.org", "b@example.org", "c@example.org", "d@example.org"}));
  const AttemptRecord first = counted(emails[0], 4);
  const AttemptRecord second = counted(emails[1], 4);
  const AttemptRecord other = counted(emails[2], 5);
  const AttemptRecord free = mailroom_.attempt(emails[3], 4);
  get(store_->begin_attempts({{first}, {second}, {other}, {free}}));
  EXPECT_EQ(history(4).recent, (std::vector{first.attempted_at(), second.attempted_at()}));
  EXPECT_EQ(history(4, 1).recent, std::vector{second.attempted_at()});
  EXPECT_EQ(used(4), 2u);
  EXPECT_EQ(used(5), 1u);
}

TEST_P(Sending, GivesBackWhatNeverReachedMail) {
  EmailRecord email = accept_one("ann@example.org");
  AttemptRecord attempt = counted(email, 4);
  get(store_->begin_attempts({{attempt}}));
  EXPECT_EQ(used(4), 1u);
  attempt.counted = false;
  end(attempt, AttemptStatus::fail, email);
  EXPECT_EQ(used(4), 0u);
  EXPECT_TRUE(history(4).recent.empty());
}

TEST_P(Sending, BeginsNothingThatHasExpired) {
  NewMessage late = mailroom_.message({"ann@example.org"});
  late.emails.front().expires_at = mailroom_.now() - minutes(1);
  const EmailRecord email = accept(late).front();
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email)}})), std::vector{false});
}

TEST_P(Sending, ExpiresNothingWhileExpiryIsHeld) {
  const EmailRecord email = accept_one("ann@example.org");
  const Timestamp after = email.expires_at + minutes(1);
  store_->hold_expiry(Hold::on);
  EXPECT_EQ(get(store_->expire(after, 100)), 0u);
  EXPECT_EQ(get(store_->list_queue({}, QueueSort::created_at, Direction::ascending, {}, after)).items.at(0).status,
            EmailStatus::queued);
  EXPECT_TRUE(get(store_->due({"default", after, std::nullopt, 10})).emails.empty());
  store_->hold_expiry(Hold::off);
  EXPECT_EQ(get(store_->list_queue({}, QueueSort::created_at, Direction::ascending, {}, after)).items.at(0).status,
            EmailStatus::expired);
  EXPECT_EQ(get(store_->expire(after, 100)), 1u);
}

TEST_P(Sending, KeepsRoutingRulesInTheirOrder) {
  const ConnectionId one = created("One").id, two = created("Two").id;
  RoutingTable table = get(store_->routing());
  EXPECT_TRUE(table.rules.empty());
  table.rules = {{"", "example.net", "", "", {two, one}, Otherwise::wait},
                 {"shop.example", "", "bulk", "news", {one}, Otherwise::any}};
  const RoutingTable changed = get(store_->set_routing(table, {}));
  EXPECT_EQ(changed.version, table.version + 1);
  EXPECT_EQ(get(store_->routing()).rules, table.rules);
  EXPECT_EQ(get(store_->routing()).version, changed.version);
  const Result<RoutingTable> stale = run(store_->set_routing(table, {}));
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().message, "stale_version");
}

TEST_P(Sending, RefusesARuleThatNamesNoConnection) {
  const Result<RoutingTable> refused =
      run(store_->set_routing({0, {{"", "example.net", "", "", {77}, Otherwise::wait}}}, {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_TRUE(get(store_->routing()).rules.empty());
}

TEST_P(Sending, ListsEventsNewestFirst) {
  must(store_->append_event({0, mailroom_.now(), "connection.down", 3, "refused"}));
  must(store_->append_event({0, mailroom_.now(), "clock_jump", std::nullopt, "two weeks"}));
  const Page<EventRecord> first = get(store_->list_events({1, std::nullopt}));
  ASSERT_EQ(first.items.size(), 1u);
  EXPECT_EQ(first.items[0].event, "clock_jump");
  EXPECT_FALSE(first.items[0].connection_id);
  const Page<EventRecord> second = get(store_->list_events({1, first.next}));
  ASSERT_EQ(second.items.size(), 1u);
  EXPECT_EQ(second.items[0].connection_id, 3);
  EXPECT_EQ(second.items[0].detail, "refused");
}

TEST_P(Sending, FindsSettingsByTheirPrefix) {
  must(store_->set_setting("pause.lane.bulk", "too many complaints"));
  must(store_->set_setting("pause.all", ""));
  must(store_->set_setting("other", "x"));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(get(store_->settings("pause.")), (Pairs{{"pause.all", ""}, {"pause.lane.bulk", "too many complaints"}}));
}

TEST_P(Sending, KeepsAnOperatorsChangeOfASettingWithItsLineInTheAuditLog) {
  int told = 0;
  store_->on_connections_changed([&told] { ++told; });
  AuditRecord audit;
  audit.action = "delivery.pause";
  must(store_->change_setting("pause.all", "provider's maintenance", audit));
  EXPECT_EQ(get(store_->setting("pause.all")), "provider's maintenance");
  audit.action = "delivery.resume";
  must(store_->change_setting("pause.all", std::nullopt, audit));
  EXPECT_EQ(get(store_->setting("pause.all")), std::nullopt);
  EXPECT_EQ(told, 2);
  const Page<AuditRecord> page = get(store_->list_audit({}, {10, {}}));
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[0].action, "delivery.resume");
  EXPECT_EQ(page.items[1].action, "delivery.pause");
}

INSTANTIATE_TEST_SUITE_P(Store, Sending, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
