#include "delivery/backlog.h"

#include <gtest/gtest.h>

#include "async/sim_loop.h"
#include "store/memory/memory_store.h"

namespace postroom::delivery {
namespace {

using store::DueEmail;
using store::EmailRecord;

constexpr std::size_t window = 4;

class BacklogTest : public testing::Test {
 protected:
  BacklogTest() {
    store_.on_due([this](const std::string& lane, Timestamp earliest) { backlog_.due_at(lane, earliest); });
  }

  // Takes accepted mail without reading it, where it may.
  void take_what_comes_in() {
    store_.on_accepted([this](const std::vector<DueEmail>& emails) {
      for (const DueEmail& due : emails) {
        if (backlog_.take(due.email)) {
          taken_.push_back(due.email);
        } else {
          backlog_.due_at(due.email);
        }
      }
    });
  }

  void accept(const std::string& address) {
    store::NewMessage added;
    added.message.id = {ids_.next(loop_.wall(), 0)};
    added.message.lane = "bulk";
    added.content = std::make_shared<const std::string>("Subject: Hello\r\n\r\n");
    added.message.email_count = 1;
    added.message.expires_at = loop_.wall() + std::chrono::hours(72);
    EmailRecord email;
    email.id = {ids_.next(loop_.wall(), 0)};
    email.message_id = added.message.id;
    email.lane = added.message.lane;
    email.address = address;
    email.next_attempt_at = loop_.wall();
    email.expires_at = added.message.expires_at;
    added.emails.push_back(std::move(email));
    store::AcceptRequest request;
    request.messages.push_back(std::move(added));
    ASSERT_TRUE(loop_.run(store_.accept(std::move(request))));
  }

  // What is read until nothing more is wanted, and held from then on.
  std::vector<EmailRecord> read() {
    std::vector<EmailRecord> all;
    while (backlog_.wants_read(room_)) {
      const auto page = loop_.run(backlog_.read(room_));
      EXPECT_TRUE(page);
      for (const DueEmail& due : *page)
        if (backlog_.hold(due.email)) all.push_back(due.email);
    }
    return all;
  }
  static std::vector<std::string> addresses(const std::vector<EmailRecord>& emails) {
    std::vector<std::string> all;
    for (const EmailRecord& email : emails) all.push_back(email.address);
    return all;
  }

  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  IdGenerator ids_;
  Backlog backlog_{loop_, store_, {"bulk"}, window};
  bool has_room_ = true;
  std::vector<EmailRecord> taken_;
  const Backlog::RoomAt room_ = [this](Backlog::Passer) { return has_room_ ? window : 0; };
};

using Addresses = std::vector<std::string>;

TEST_F(BacklogTest, ReadsALaneAnewWhenItIsResumed) {
  accept("ann@example.org");
  const std::vector<EmailRecord> before = read();
  EXPECT_EQ(addresses(before), Addresses{"ann@example.org"});
  backlog_.pause({"bulk"});
  for (const EmailRecord& email : before) backlog_.let_go(email);  // it was in line, and may not go
  EXPECT_EQ(read().size(), 0u);
  backlog_.pause({});
  EXPECT_EQ(addresses(read()), Addresses{"ann@example.org"});
}

TEST_F(BacklogTest, ReadsOnWhileMailIsUnderWay) {
  for (const char* address : {"a@example.org", "b@example.org", "c@example.org", "d@example.org", "e@example.org"})
    accept(address);
  const std::vector<EmailRecord> first = read();
  EXPECT_EQ(first.size(), window);
  for (const EmailRecord& email : first) backlog_.sets_out(email);
  EXPECT_EQ(addresses(read()), Addresses{"e@example.org"});
  EXPECT_EQ(backlog_.held(), 5u);
  for (const EmailRecord& email : first) backlog_.comes_back(email);
  accept("f@example.org");
  EXPECT_EQ(read().size(), 0u) << "what came back takes its place again";
}

TEST_F(BacklogTest, FindsWhatWasPassedByOnceThereIsRoom) {
  accept("ann@example.org");
  for (const EmailRecord& email : read()) backlog_.pass_by(email, 1);
  has_room_ = false;
  EXPECT_EQ(read().size(), 0u);
  has_room_ = true;
  EXPECT_EQ(addresses(read()), Addresses{"ann@example.org"});
}

TEST_F(BacklogTest, TakesNewMailOfALaneThatHasBeenReadToItsEnd) {
  take_what_comes_in();
  accept("unread@example.org");
  accept("behind@example.org");
  EXPECT_EQ(addresses(taken_), Addresses{}) << "the lane has not been read yet";
  EXPECT_EQ(addresses(read()), (Addresses{"unread@example.org", "behind@example.org"}));
  accept("ann@example.org");
  EXPECT_EQ(addresses(taken_), Addresses{"ann@example.org"});
  EXPECT_EQ(addresses(read()), Addresses{}) << "it is in memory, once";
}

TEST_F(BacklogTest, TakesNewMailAfterWhatIsDueBeforeIt) {
  take_what_comes_in();
  accept("ann@example.org");
  std::vector<EmailRecord> ann = read();
  ann.front().next_attempt_at = loop_.wall() + std::chrono::seconds(5);
  ASSERT_TRUE(loop_.run(store_.postpone(ann)));
  backlog_.let_go(ann.front());
  backlog_.due_at(ann.front());
  loop_.run_for(std::chrono::seconds(5));
  accept("bob@example.org");
  EXPECT_EQ(addresses(taken_), Addresses{});
  EXPECT_EQ(addresses(read()), (Addresses{"ann@example.org", "bob@example.org"}));
}

TEST_F(BacklogTest, TakesNoNewMailPastWhatWasPassedBy) {
  take_what_comes_in();
  accept("ann@example.org");
  for (const EmailRecord& email : read()) backlog_.pass_by(email, 1);
  has_room_ = false;
  accept("bob@example.org");
  EXPECT_EQ(addresses(taken_), Addresses{});
}

TEST_F(BacklogTest, TakesNoNewMailOfAPausedLaneNorBeyondItsWindow) {
  take_what_comes_in();
  EXPECT_EQ(read().size(), 0u);
  backlog_.pause({"bulk"});
  accept("paused@example.org");
  EXPECT_EQ(addresses(taken_), Addresses{});
  backlog_.pause({});
  EXPECT_EQ(read().size(), 1u);
  for (int i = 0; i < 10; ++i) accept("ann@example.org");
  EXPECT_EQ(taken_.size(), window / 2) << "and the one that was read: a lane is read on while half of it is free";
  EXPECT_LE(backlog_.held(), window);
}

TEST_F(BacklogTest, FindsWhatAnOperatorMadeDueWhileTheClockWasBack) {
  accept("ann@example.org");
  const std::vector<EmailRecord> before = read();
  loop_.jump_wall_clock(-std::chrono::minutes(5));
  store::QueueAction retry;
  retry.act = store::QueueAct::retry;
  retry.ids = {before.front().id};
  ASSERT_TRUE(loop_.run(store_.act(retry, loop_.wall())));
  EXPECT_EQ(read().size(), 0u) << "it is in memory";
  backlog_.pass_by(before.front(), 1);
  EXPECT_EQ(addresses(read()), Addresses{"ann@example.org"});
}

}  // namespace
}  // namespace postroom::delivery
