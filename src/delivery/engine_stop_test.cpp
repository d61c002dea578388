// What the engine owes to a stop: an end in time, nothing begun, nothing lost.
#include <gtest/gtest.h>

#include "scripted/engine.h"

namespace postroom::delivery {
namespace {

using namespace testing;

// Also what goes over sessions of a connection that was changed meanwhile.
TEST_F(EngineTest, CutsWhatIsUnderWayWhenPatienceEndsAtAStop) {
  Script says_nothing = one_message("");
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

// A provider that keeps us waiting for the dot's reply, and then a store that can't record it: one patience for both.
TEST_F(EngineTest, StopsInTimeWhereNothingCanBeRecorded) {
  Script slow = one_message("");
  slow.emplace_back("PAUSE 25");
  slow.emplace_back("S: 250 Ok");
  provider_.then(slow);
  connect();
  begin();
  submit();
  loop_.run_for(seconds(2));
  store_.on_commit([](store::memory::Write kind) {
    return kind == store::memory::Write::record ? store::memory::CommitFate::refused
                                                : store::memory::CommitFate::committed;
  });
  engine_.stop();
  loop_.run_for(seconds(28));
  EXPECT_TRUE(ended_);
  store_.on_commit({});
}

TEST_F(EngineTest, SaysGoodbyeToIdleSessionsAtOnceAtAStop) {
  Script slow = one_message("");
  slow.emplace_back("PAUSE 20");
  slow.emplace_back("S: 250 Ok");
  provider_.next(takes_mail_and_leave());
  provider_.then(slow);
  messages_per_session_ = 0;
  connect(2);
  begin();
  submit();
  loop_.run_for(seconds(1));
  connect();  // over another connection
  engine_.settings_changed();
  const EmailId slowly = submit(2);
  loop_.run_for(seconds(1));
  EXPECT_EQ(provider_.sessions(), 2u);
  engine_.stop();
  loop_.run_for(seconds(1));
  EXPECT_EQ(provider_.sessions(), 1u);
  loop_.run_for(seconds(26));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(status_of(slowly), EmailStatus::accepted);
}

// As a command line does without a server: it looks, changes, looks again and goes.
TEST_F(EngineTest, LeavesNothingUnderWayWhereItDoesNotRun) {
  connect();
  {
    Engine looking(loop_, store_, provider_.network(), ids_, chance_, [](const auto&) { return Secret(); }, options());
    loop_.run(looking.settings_in_force());
    store::ConnectionRecord changed = store_.disk().connections.at(1);
    changed.weight = 7;
    ASSERT_TRUE(loop_.run(store_.update_connection({changed, changed.version, {}})));
    looking.settings_changed();
    loop_.run(looking.settings_in_force());
  }
  begin();
}

}  // namespace
}  // namespace postroom::delivery
