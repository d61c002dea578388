// What the engine owes to mail when a connection or the store ails: that nothing waits for ever. Everything else about
// it is shown in tests/sim.
#include "delivery/engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "delivery/scripted_network.h"
#include "store/memory/memory_store.h"

namespace postroom::delivery {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using store::EmailStatus;
using testing::Script;
using testing::ScriptedNetwork;

const Script takes_mail = testing::one_message("250 Ok");

class EngineTest : public ::testing::Test {
 protected:
  explicit EngineTest(std::uint32_t faults_to_open = 1) : faults_to_open_(faults_to_open) {}
  ~EngineTest() override {
    engine_.stop();
    loop_.run_until_idle();
    EXPECT_TRUE(ended_);
  }

  void connect(std::uint32_t max_sessions = 1, std::int32_t priority = 0, const store::SendingLimits& limits = {}) {
    store::ConnectionRecord connection;
    connection.caption = "Connection " + std::to_string(store_.disk().connections.size() + 1);
    connection.host = "mx.example.org";
    connection.port = 25;
    connection.encryption = store::Encryption::none;
    connection.max_sessions = max_sessions;
    connection.priority = priority;
    connection.limits = limits;
    connection.max_messages_per_session = 1;
    connection.on_doubt = store::OnDoubt::hold;
    ASSERT_TRUE(loop_.run(store_.create_connection(connection, {})));
  }
  void begin() {
    async::start(engine_.run(), [this] { ended_ = true; });
  }

  EmailId submit(std::optional<store::ConnectionId> pinned_to = std::nullopt) {
    store::NewMessage added = message();
    added.message.pinned_to = pinned_to;
    const EmailId id = add_email(added);
    accept(std::move(added));
    return id;
  }
  EmailId submit_eight_bit() {
    store::NewMessage added = message();
    added.message.eight_bit = true;
    const EmailId id = add_email(added);
    accept(std::move(added));
    return id;
  }
  store::NewMessage message() {
    store::NewMessage added;
    added.message.id = {ids_.next(loop_.wall(), 0)};
    added.message.reverse_path = "office@example.com";
    added.message.lane = "transactional";
    added.content = std::make_shared<const std::string>("Subject: Hello\r\n\r\nHello\r\n");
    added.message.expires_at = loop_.wall() + std::chrono::hours(72);
    return added;
  }
  EmailId add_email(store::NewMessage& added) {
    store::EmailRecord email;
    email.id = {ids_.next(loop_.wall(), 0)};
    email.message_id = added.message.id;
    email.lane = added.message.lane;
    email.address = "ann@example.org";
    email.next_attempt_at = loop_.wall();
    email.expires_at = added.message.expires_at;
    email.pinned_to = added.message.pinned_to;
    added.emails.push_back(std::move(email));
    return added.emails.back().id;
  }
  void accept(store::NewMessage added) {
    added.message.email_count = static_cast<std::uint32_t>(added.emails.size());
    store::AcceptRequest request;
    request.messages.push_back(std::move(added));
    EXPECT_TRUE(loop_.run(store_.accept(std::move(request))));
  }

  EmailStatus status_of(EmailId id) const {
    const auto queued = store_.disk().queue.find(id);
    return queued != store_.disk().queue.end() ? queued->second.email.status : store_.disk().finished.at(id).status;
  }
  store::HealthState health() { return engine_.state(1).health.state; }

  EngineOptions options() const {
    EngineOptions options;
    options.breaker = {faults_to_open_, seconds(5), seconds(30)};
    options.window = 100;
    return options;
  }

  std::uint32_t faults_to_open_;
  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  ScriptedNetwork provider_{loop_};
  IdGenerator ids_;
  SeededRandom chance_{1};
  bool ended_ = false;
  Engine engine_{loop_,    store_,  provider_.network(),
                 ids_,     chance_, [](const store::ConnectionRecord&) { return Secret(); },
                 options()};
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
  Script slow_to_answer = testing::one_message("");
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
  Script says_nothing_for_long = testing::one_message("");
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
  Script script = testing::one_message("");
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
  provider_.next(testing::hello);
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
  Script offers = testing::one_message("250 Ok");
  offers[2] = "S: 250-mx.example.org";
  offers.insert(offers.begin() + 3, "S: 250 8BITMIME");
  provider_.then(offers);
  loop_.run_for(minutes(2));
  EXPECT_EQ(status_of(id), EmailStatus::accepted);
}

TEST_F(EngineTest, FailsMailWhoseNeedNoConnectionMeets) {
  provider_.then(testing::hello);
  connect();
  connect();
  begin();
  const EmailId id = submit_eight_bit();
  loop_.run_for(minutes(1));
  EXPECT_EQ(status_of(id), EmailStatus::failed);
  EXPECT_EQ(store_.disk().finished.at(id).tries, 2u);
}

TEST_F(EngineTest, CallsAConnectionDownWhoseServerTurnsItAway) {
  provider_.then(Script{"S: 554 5.7.1 Your address is blocked"});
  connect();
  begin();
  submit();
  loop_.run_for(seconds(1));
  EXPECT_EQ(health(), store::HealthState::down) << "policy is the reply's class, but no mail was spoken of";
}

// Also what goes over sessions of a connection that was changed meanwhile.
TEST_F(EngineTest, CutsWhatIsUnderWayWhenPatienceEndsAtAStop) {
  Script says_nothing = testing::one_message("");
  says_nothing.emplace_back("PAUSE 6000");
  provider_.then(says_nothing);
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(seconds(1));
  store::ConnectionRecord changed = store_.disk().connections.at(1);
  changed.max_sessions = 5;
  ASSERT_TRUE(loop_.run(store_.update_connection({changed, changed.version, {}})));
  engine_.settings_changed();
  loop_.run_for(seconds(1));
  engine_.stop();
  loop_.run_for(seconds(30));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(status_of(id), EmailStatus::unknown);
}

TEST_F(EngineTest, BeginsNoMailOverASessionThatOpensAfterAStop) {
  Script late = takes_mail;
  late.insert(late.begin(), "PAUSE 5");
  provider_.then(late);
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(seconds(1));
  engine_.stop();
  loop_.run_for(seconds(10));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  EXPECT_TRUE(store_.disk().attempts.empty());
}

TEST_F(EngineTest, GivesUpASessionThatDoesNotOpenWhenPatienceEndsAtAStop) {
  provider_.then(Script{"PAUSE 6000"});
  connect();
  begin();
  const EmailId id = submit();
  loop_.run_for(seconds(1));
  engine_.stop();
  loop_.run_for(seconds(30));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(status_of(id), EmailStatus::queued);
  EXPECT_EQ(health(), store::HealthState::up) << "it is not the connection's fault";
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

class SlowBreakerTest : public EngineTest {
 protected:
  SlowBreakerTest() : EngineTest(1000) {}
};

// The connection is well but for this mail: nothing but the mail itself can slow it down.
TEST_F(SlowBreakerTest, SendsMailThatFailsOverAllConnectionsEverMoreSeldom) {
  provider_.then(testing::one_message("451 4.3.0 Try later"));
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
