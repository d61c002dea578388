// What the engine owes to mail when a connection or the store ails: that nothing waits for ever. Everything else about
// it is shown in tests/sim.
#include <gtest/gtest.h>

#include <algorithm>

#include "scripted/engine.h"

namespace postroom::delivery {
namespace {

using namespace testing;

class SlowBreakerTest : public EngineTest {
 protected:
  SlowBreakerTest() : EngineTest(1000) {}
};

TEST_F(EngineTest, ProbesAgainAfterAProbeThatFailed) {
  provider_.then(std::nullopt);
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(minutes(2));
  EXPECT_EQ(health(), store::HealthState::down);
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  provider_.then(takes_mail);
  loop_.run_for(minutes(2));
  EXPECT_EQ(status_of(id), EmailStatus::accepted);
}

// What is handed over when it comes in is bounded as what is read is; the rest is read later, and none forgotten.
TEST_F(EngineTest, ReadsWhatCameInFasterThanItLeft) {
  Script slow_to_answer = one_message("");
  slow_to_answer.emplace_back("PAUSE 60");
  slow_to_answer.emplace_back("CLOSE");
  provider_.next(slow_to_answer);
  provider_.then(takes_mail);
  connect();
  begin();
  submit();
  loop_.run_for(seconds(1));
  std::vector<EmailId> behind;
  for (std::size_t i = 0; i < options().window; ++i) behind.push_back(submit());
  EXPECT_LT(engine_.in_memory(), options().window * 3 / 4);
  loop_.run_for(std::chrono::hours(4));  // each good-bye waits in vain for its answer
  const auto accepted =
      std::ranges::count_if(behind, [this](EmailId id) { return status_of(id) == EmailStatus::accepted; });
  EXPECT_EQ(static_cast<std::size_t>(accepted), behind.size());
}

// A session that was open when the connection fell ill is still busy, and its lost reply says nothing of the provider.
TEST_F(EngineTest, ProbesAgainAfterAProbeThatMetTooManyConnections) {
  Script says_nothing_for_long = one_message("");
  says_nothing_for_long.emplace_back("PAUSE 60");
  says_nothing_for_long.emplace_back("CLOSE");
  provider_.next(says_nothing_for_long);
  provider_.next(std::nullopt);  // the other message's: the connection is down
  provider_.next(Script{"S: 421 4.7.0 Too many connections", "CLOSE"});
  provider_.then(takes_mail);
  connect(2);
  begin();
  const EmailId lost = submit();
  loop_.run_for(seconds(1));
  const EmailId other = submit();
  loop_.run_for(seconds(1));
  EXPECT_EQ(health(), store::HealthState::down);
  loop_.run_for(seconds(10));
  EXPECT_EQ(provider_.dials(), 3u) << "probed while the first session is busy";
  EXPECT_EQ(status_of(lost), EmailStatus::sending);
  loop_.run_for(minutes(3));
  EXPECT_EQ(status_of(lost), EmailStatus::unknown);
  EXPECT_EQ(status_of(other), EmailStatus::accepted);
}

const Script slow = [] {
  Script script = one_message("");
  script.emplace_back("PAUSE 100");
  script.emplace_back("S: 250 Ok");
  return script;
}();

TEST_F(EngineTest, LetsMailLeaveASlowLineForAConnectionThatIsWellAgain) {
  provider_.next(std::nullopt);  // of the second connection: it is down when the others choose
  provider_.next(slow);
  provider_.then(takes_mail);
  connect();
  connect();
  begin();
  const EmailId pinned = submit(2);
  loop_.run_for(seconds(1));
  const EmailId first = submit();
  const EmailId second = submit();
  loop_.run_for(seconds(30));
  EXPECT_EQ(status_of(pinned), EmailStatus::accepted);
  EXPECT_EQ(status_of(first), EmailStatus::sending);
  EXPECT_EQ(status_of(second), EmailStatus::accepted);
}

TEST_F(EngineTest, SendsNothingWhileAllOrItsLaneIsPaused) {
  provider_.then(takes_mail);
  connect();
  begin();
  for (const std::string& pause : {store::pause_of_all(), store::pause_of_lane("transactional")}) {
    ASSERT_TRUE(loop_.run(store_.change_setting(pause, "", {})));
    engine_.settings_changed();
    const EmailId id = submit();
    loop_.run_for(minutes(1));
    EXPECT_EQ(status_of(id), EmailStatus::queued) << pause;
    ASSERT_TRUE(loop_.run(store_.change_setting(pause, std::nullopt, {})));
    engine_.settings_changed();
    loop_.run_for(minutes(1));
    EXPECT_EQ(status_of(id), EmailStatus::accepted) << pause;
  }
}

TEST_F(EngineTest, AsksForNoMoreSessionsThanTheProviderBears) {
  provider_.next(slow);
  provider_.next(Script{"S: 421 4.7.0 Too many connections", "CLOSE"});
  provider_.then(takes_mail);
  connect(3);
  begin();
  submit();
  loop_.run_for(seconds(1));
  const EmailId refused = submit();
  loop_.run_for(seconds(60));
  EXPECT_EQ(provider_.dials(), 2u) << "one is under way, and the provider bears one";
  loop_.run_for(minutes(2));
  EXPECT_EQ(status_of(refused), EmailStatus::accepted);
}

// Between its place in line and its attempt: the place in the limits goes to the next, and the mail is found again.
TEST_F(EngineTest, SendsWhatAnOperatorMovedWhileItsSessionWasOpening) {
  Script slow_greeting = takes_mail;
  slow_greeting.insert(slow_greeting.begin(), "PAUSE 5");
  provider_.next(slow_greeting);
  provider_.then(takes_mail);
  connect(1, 0, {0, 1, 0, 0, 0});
  connect(1, 1);
  begin();
  const EmailId moved = submit();
  loop_.run_for(seconds(1));
  store::QueueAction move;
  move.act = store::QueueAct::move;
  move.ids = {moved};
  move.move_to = 2;
  ASSERT_TRUE(loop_.run(store_.act(move, loop_.wall())));
  loop_.run_for(seconds(20));
  EXPECT_EQ(status_of(moved), EmailStatus::accepted);
  const EmailId next = submit(1);
  loop_.run_for(seconds(20));
  EXPECT_EQ(status_of(next), EmailStatus::accepted);
}

TEST_F(EngineTest, SendsMailInDoubtOverItsConnectionWithoutTheRestOfItsMessage) {
  Script takes_two = takes_mail;
  const auto data = std::ranges::find(takes_two, "C: DATA");
  takes_two.insert(data, {"C: RCPT TO:*", "S: 250 Ok"});
  provider_.next(takes_two);
  provider_.then(takes_mail);
  connect();
  connect(1, 1);
  begin();
  store::NewMessage added = message();
  const EmailId first = add_email(added), in_doubt = add_email(added), last = add_email(added);
  added.emails[1].in_doubt_with = 2;
  accept(std::move(added));
  loop_.run_for(seconds(30));
  std::map<EmailId, store::ConnectionId> went_over;
  for (const auto& [id, row] : store_.disk().attempts) went_over[row.attempt.email_id] = row.attempt.connection_id;
  EXPECT_EQ(went_over, (std::map<EmailId, store::ConnectionId>{{first, 1}, {in_doubt, 2}, {last, 1}}));
  for (const EmailId id : {first, in_doubt, last}) EXPECT_EQ(status_of(id), EmailStatus::accepted);
}

// More than a line holds, for longer than mail stands in line patiently.
TEST_F(EngineTest, KeepsMailOfASlowConnectionFromOneThatComesLater) {
  provider_.then(slow);
  connect();
  connect(1, 1);
  begin();
  for (int i = 0; i < 40; ++i) submit();
  loop_.run_for(seconds(30));
  EXPECT_EQ(provider_.dials(), 1u);
}

TEST_F(EngineTest, KeepsMailOfASlowConnectionFromOneThatItsRuleDoesNotName) {
  provider_.then(slow);
  connect();
  connect();
  store::RoutingTable table;
  table.rules.emplace_back();
  table.rules.front().connections = {1};
  table.rules.front().otherwise = store::Otherwise::any;
  ASSERT_TRUE(loop_.run(store_.set_routing(table, {})));
  begin();
  for (int i = 0; i < 40; ++i) submit();
  loop_.run_for(seconds(30));
  EXPECT_EQ(provider_.dials(), 1u);
}

// fine-print, "Composition and protocol": what lacks the extension is not eligible; none eligible: failed.
TEST_F(EngineTest, LetsMailWaitForTheConnectionThatMayOfferTheExtensionItNeeds) {
  provider_.next(std::nullopt);  // the second connection is down
  provider_.next(hello);
  provider_.then(std::nullopt);
  connect();
  connect();
  begin();
  submit(2);
  loop_.run_for(seconds(1));
  const EmailId id = submit_eight_bit();
  loop_.run_for(minutes(5));
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  EXPECT_EQ(store_.disk().queue.at(id).email.tries, 1u) << "it knows by now what the first does not offer";
  Script offers = one_message("250 Ok");
  offers[2] = "S: 250-mx.example.org";
  offers.insert(offers.begin() + 3, "S: 250 8BITMIME");
  provider_.then(offers);
  loop_.run_for(minutes(2));
  EXPECT_EQ(status_of(id), EmailStatus::accepted);
}

TEST_F(EngineTest, FailsMailWhoseNeedNoConnectionMeets) {
  provider_.then(hello);
  connect();
  connect();
  begin();
  const EmailId id = submit_eight_bit();
  loop_.run_for(minutes(1));
  EXPECT_EQ(status_of(id), EmailStatus::failed);
  EXPECT_EQ(store_.disk().finished.at(id).tries, 2u);
}

// Limits make mail wait; what no connection takes fails.
TEST_F(EngineTest, LetsMailWaitForTheConnectionThatMayTakeItsSize) {
  Script small = hello;
  small[2] = "S: 250-mx.example.org";
  small.emplace_back("S: 250 SIZE 10");
  provider_.next(std::nullopt);  // the second connection is down
  provider_.next(small);
  provider_.then(std::nullopt);
  connect();
  connect();
  begin();
  submit(2);
  loop_.run_for(seconds(1));
  const EmailId id = submit_content("Subject: Hello\r\n\r\nHello\r\n");
  loop_.run_for(minutes(5));
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  EXPECT_EQ(store_.disk().queue.at(id).email.tries, 1u) << "it knows by now what the first takes";
  provider_.then(small);
  loop_.run_for(minutes(2));
  EXPECT_EQ(status_of(id), EmailStatus::failed);
}

TEST_F(EngineTest, PutsADamagedMessageBy) {
  provider_.then(takes_mail);
  connect();
  begin();
  const EmailId damaged = submit_content("Subject: Hello\r\n\r\nHel\nlo\r\n");
  const EmailId whole = submit();
  loop_.run_for(seconds(10));
  EXPECT_EQ(status_of(damaged), EmailStatus::held);
  EXPECT_EQ(store_.disk().queue.at(damaged).email.reason_class, store::ReasonClass::content);
  EXPECT_EQ(status_of(whole), EmailStatus::accepted);
}

TEST_F(EngineTest, SendsTheOtherLanesWhereOneCanNotBeRead) {
  provider_.then(takes_mail);
  connect();
  const EmailId unreadable = submit();
  const EmailId bulk = submit_in("bulk");
  store_.damage_lane("transactional");
  begin();
  loop_.run_for(seconds(10));
  EXPECT_EQ(status_of(bulk), EmailStatus::accepted);
  EXPECT_EQ(status_of(unreadable), EmailStatus::queued);
}

TEST_F(EngineTest, GoesOnWhereAnOutcomeCanNotBeRecorded) {
  bool damaged = false;
  store_.on_commit([&damaged](store::memory::Write kind) {
    const bool fails = kind == store::memory::Write::record && !std::exchange(damaged, true);
    return fails ? store::memory::CommitFate::damaged : store::memory::CommitFate::committed;
  });
  provider_.then(takes_mail_and_leave());
  connect();
  begin();
  const EmailId lost = submit();
  loop_.run_for(seconds(1));
  const EmailId next = submit();
  loop_.run_for(seconds(1));
  EXPECT_EQ(status_of(lost), EmailStatus::sending) << "the next start asks what became of it";
  EXPECT_EQ(status_of(next), EmailStatus::accepted);
  store_.on_commit({});
}

// A one-time code finds a session free, however much of a newsletter is on its way.
TEST_F(EngineTest, LeavesPlacesToTheFirstLane) {
  provider_.then(slow);
  connect(10);
  begin();
  for (int i = 0; i < 20; ++i) submit_in("bulk");
  loop_.run_for(seconds(1));
  EXPECT_EQ(provider_.sessions(), 8u);
  submit();
  loop_.run_for(seconds(1));
  EXPECT_EQ(provider_.sessions(), 9u);
}

// A lane that waits gets one start in ten, also where the first lane could fill every place.
TEST_F(EngineTest, ForgetsNoLowerLaneBesideAStandingBacklog) {
  Script a_second_each = one_message("");
  a_second_each.emplace_back("PAUSE 1");
  a_second_each.insert(a_second_each.end(), {"S: 250 Ok", "C: QUIT", "S: 221 Bye"});
  provider_.then(a_second_each);
  connect(10);
  for (int i = 0; i < 80; ++i) submit();
  std::vector<EmailId> bulk;
  for (int i = 0; i < 10; ++i) bulk.push_back(submit_in("bulk"));
  begin();
  loop_.run_for(seconds(6));
  EXPECT_GE(std::ranges::count(bulk, EmailStatus::accepted, [this](EmailId id) { return status_of(id); }), 3);
}

// Waits that a change can't have ended go on: a sick provider is not met again because somebody renamed another.
TEST_F(SlowBreakerTest, LeavesMailThatWaitsForOneConnectionToItsTimeWhenAnotherChanges) {
  provider_.then(one_message("451 4.3.0 Try later"));
  connect();
  connect();
  begin();
  submit(2);
  loop_.run_for(minutes(2));
  const std::size_t before = provider_.dials();
  for (const std::uint32_t weight : {2u, 3u, 4u}) {
    store::ConnectionRecord changed = store_.disk().connections.at(1);
    changed.weight = weight;
    ASSERT_TRUE(loop_.run(store_.update_connection({changed, changed.version, {}})));
    engine_.settings_changed();
    loop_.run_for(std::chrono::milliseconds(500));
  }
  EXPECT_EQ(provider_.dials(), before);
  store::ConnectionRecord renamed = store_.disk().connections.at(2);
  renamed.caption = "Renamed";
  ASSERT_TRUE(loop_.run(store_.update_connection({renamed, renamed.version, {}})));
  engine_.settings_changed();
  loop_.run_for(std::chrono::milliseconds(500));
  EXPECT_EQ(provider_.dials(), before);
  EXPECT_EQ(engine_.explain({"", "a@b.example", "", {}, 2}).connections.at(1).connection->caption, "Renamed");
  renamed = store_.disk().connections.at(2);
  renamed.username = "mended";
  ASSERT_TRUE(loop_.run(store_.update_connection({renamed, renamed.version, {}})));
  engine_.settings_changed();
  loop_.run_for(std::chrono::milliseconds(500));
  EXPECT_EQ(provider_.dials(), before + 1);
}

TEST_F(EngineTest, CallsAConnectionDownWhoseServerTurnsItAway) {
  provider_.then(Script{"S: 554 5.7.1 Your address is blocked"});
  connect();
  begin();
  submit();
  loop_.run_for(seconds(1));
  EXPECT_EQ(health(), store::HealthState::down) << "policy is the reply's class, but no mail was spoken of";
}

TEST_F(EngineTest, DatesAnAttemptByItsBeginning) {
  provider_.then(slow);
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(minutes(3));
  ASSERT_EQ(status_of(id), EmailStatus::accepted);
  EXPECT_EQ(store_.disk().finished.at(id).last_attempt_at, store_.disk().attempts.begin()->first.at());
}

// For the next start: a clock far ahead of the last mark may be wrong (fine-print, "Times").
TEST_F(EngineTest, MarksTheTimeEveryMinute) {
  connect();
  begin();
  loop_.run_for(minutes(10));
  const auto mark = store_.disk().settings.find(std::string(store::last_seen_setting));
  ASSERT_NE(mark, store_.disk().settings.end());
  EXPECT_GT(Timestamp{std::stoll(mark->second)}, loop_.wall() - minutes(2));
}

// The connection is well but for this mail: nothing but the mail itself can slow it down.
TEST_F(SlowBreakerTest, SendsMailThatFailsOverAllConnectionsEverMoreSeldom) {
  provider_.then(one_message("451 4.3.0 Try later"));
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(minutes(10));
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  EXPECT_LE(provider_.dials(), 23u) << "5, 10, 20, then every 30 s; every 5 s they would be 120";
  EXPECT_GE(provider_.dials(), 20u);
}

class EngineAndStore : public EngineTest, public ::testing::WithParamInterface<store::memory::CommitFate> {};

TEST_P(EngineAndStore, SendWhatCouldNotBegin) {
  bool failed = false;
  store_.on_commit([&failed](store::memory::Write kind) {
    const bool fails = kind == store::memory::Write::begin && !std::exchange(failed, true);
    return fails ? GetParam() : store::memory::CommitFate::committed;
  });
  provider_.then(takes_mail);
  connect(1, 0, {0, 1, 0, 0, 0});  // what could not begin keeps no place in it
  begin();
  const EmailId id = submit();
  loop_.run_for(minutes(1));
  EXPECT_TRUE(failed);
  EXPECT_EQ(status_of(id), EmailStatus::accepted);
  EXPECT_EQ(engine_.in_memory(), 0u);
  store_.on_commit({});
}

INSTANTIATE_TEST_SUITE_P(Begin, EngineAndStore,
                         ::testing::Values(store::memory::CommitFate::refused,
                                           store::memory::CommitFate::committed_but_reported_lost));

}  // namespace
}  // namespace postroom::delivery
