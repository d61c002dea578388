// Kills a process that accepts mail, again and again, and asks what is left for all that was acknowledged.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "async/task_group.h"
#include "base/random.h"
#include "store/sqlite/sqlite_store.h"
#include "store_contract/store_contract.h"

namespace postroom::store::sqlite {
namespace {

constexpr int rounds = 10;
constexpr std::size_t clients = 8;  // at a time, so that commits are shared

// One client: sends without end, and reports each message once it is acknowledged.
async::Task<void> send_and_report(SqliteStore& store, Mailroom& mailroom, int report) {
  for (;;) {
    NewMessage message = mailroom.message({"ann@example.org", "bob@example.org"});
    const MessageId id = message.message.id;
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    const Result<AcceptResult> accepted = co_await store.accept({std::move(messages), std::nullopt, nullptr});
    if (!accepted) ::_exit(2);
    if (::write(report, &id.value, sizeof id.value) != sizeof id.value) ::_exit(3);
  }
}

async::Task<void> send_from_all(async::TaskGroup& group, SqliteStore& store, Mailroom& mailroom, int report) {
  for (std::size_t i = 0; i < clients; ++i) group.spawn(send_and_report(store, mailroom, report));
  co_await group.join();
}

[[noreturn]] void accept_until_killed(const std::string& dir, int report) {
  net::SystemLoop loop;
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(loop, dir);
  if (!store) ::_exit(1);
  Mailroom mailroom(loop.wall());
  mailroom.start_above((*store)->highest_id());
  async::TaskGroup group(loop);
  loop.run(send_from_all(group, **store, mailroom, report));
  ::_exit(4);
}

// The ids that a child acknowledged before it was killed after `enough` of them. Each is written in one piece.
std::set<std::uint64_t> acknowledged_by_killed(const std::string& dir, std::size_t enough) {
  int pipe[2];
  EXPECT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    accept_until_killed(dir, pipe[1]);
  }
  ::close(pipe[1]);
  std::set<std::uint64_t> ids;
  std::uint64_t id = 0;
  while (::read(pipe[0], &id, sizeof id) == sizeof id) {
    ids.insert(id);
    if (ids.size() == enough) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended itself: " << WEXITSTATUS(status);
  return ids;
}

TEST(SqliteCrash, LosesNothingThatWasAcknowledged) {
  const TemporaryDirectory dir;
  SystemRandom random;
  std::set<std::uint64_t> acknowledged;
  for (int round = 0; round < rounds; ++round) {
    const std::set<std::uint64_t> ids = acknowledged_by_killed(dir.path(), 1 + random.below(200));
    EXPECT_FALSE(ids.empty());
    acknowledged.insert(ids.begin(), ids.end());

    net::SystemLoop loop;
    const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(loop, dir.path());
    ASSERT_TRUE(store) << store.error().message;
    for (const std::uint64_t id : acknowledged) {
      const Result<MessageStory> story = loop.run((*store)->message({id}));
      ASSERT_TRUE(story) << "round " << round << ": " << story.error().message;
      ASSERT_EQ(story->emails.size(), 2u);
      ASSERT_TRUE(loop.run((*store)->content({id})));
    }
  }
}

}  // namespace
}  // namespace postroom::store::sqlite
