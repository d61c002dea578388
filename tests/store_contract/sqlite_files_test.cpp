// What only the SQLite store promises: about its directory, its versions, its disk.
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "async/task_group.h"
#include "store/sqlite/backup.h"
#include "store/sqlite/sqlite_store.h"
#include "store_contract/failing_disk.h"
#include "store_contract/store_contract.h"

namespace {

// The paths that fsync() has been asked for.
std::set<std::string>& the_synced() {
  static std::set<std::string> paths;
  return paths;
}

}  // namespace

// Stands before the C library's.
extern "C" int fsync(int file) {
  static std::mutex mutex;  // the writer syncs, too
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), error);
  const std::scoped_lock lock(mutex);
  the_synced().insert(path.string());
  return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace postroom::store::sqlite {
namespace {

class SqliteFiles : public testing::Test {
 protected:
  SqliteFiles() : mailroom_(loop_.wall()) {}

  std::unique_ptr<SqliteStore> open() {
    Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(loop_, dir_.path());
    EXPECT_TRUE(store) << store.error().message;
    return store ? std::move(*store) : nullptr;
  }
  Result<AcceptResult> accept(SqliteStore& store, const NewMessage& message) {
    return loop_.run(store.accept({{message}, std::nullopt, nullptr}));
  }
  bool holds(SqliteStore& store, const NewMessage& message) {
    return loop_.run(store.message(message.message.id)).has_value();
  }

  TemporaryDirectory dir_;
  net::SystemLoop loop_;
  Mailroom mailroom_;
};

TEST_F(SqliteFiles, RefusesASecondOpeningUntilTheFirstIsClosed) {
  std::unique_ptr<SqliteStore> first = open();
  EXPECT_EQ(SqliteStore::open(loop_, dir_.path()).error().code, ErrorCode::conflict);
  first.reset();
  EXPECT_TRUE(SqliteStore::open(loop_, dir_.path()));
}

TEST_F(SqliteFiles, MakesADirectoryForItsOwnerOnly) {
  const std::string dir = dir_.path() + "/new";
  const Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(loop_, dir);
  ASSERT_TRUE(store);
  struct stat status{};
  ASSERT_EQ(::stat(dir.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

// In a directory that others may enter, and over files that an earlier version left open to them.
TEST_F(SqliteFiles, KeepsMailFromOthersWhateverTheDirectorysMode) {
  std::filesystem::permissions(dir_.path(), std::filesystem::perms{0755});
  const auto mode = [](const std::filesystem::path& file) {
    return static_cast<unsigned>(std::filesystem::status(file).permissions());
  };
  for (int opening = 0; opening < 2; ++opening) {
    const std::unique_ptr<SqliteStore> store = open();
    ASSERT_TRUE(accept(*store, mailroom_.message({"ann@example.org"})));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      EXPECT_EQ(mode(entry.path()), 0600u) << entry.path();
      ++files;
    }
    EXPECT_GE(files, 3u);
    if (opening == 0) std::filesystem::permissions(dir_.path() + "/postroom.db", std::filesystem::perms{0644});
  }
  const std::string copy = dir_.path() + "/copy.db";
  ASSERT_TRUE(back_up(dir_.path(), copy));
  EXPECT_EQ(mode(copy), 0600u);
}

TEST_F(SqliteFiles, SaysSoWhenItsDirectoryCannotBeMade) {
  EXPECT_EQ(SqliteStore::open(loop_, dir_.path() + "/no/such").error().code, ErrorCode::io);
}

TEST_F(SqliteFiles, RefusesANewerSchemaAndLeavesItAlone) {
  open().reset();
  const std::string file = dir_.path() + "/postroom.db";
  {
    const auto database = Database::open(file, Access::read_write);
    ASSERT_TRUE((*database)->execute("PRAGMA user_version=999"));
  }
  const auto refused = SqliteStore::open(loop_, dir_.path());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(refused.error().message.find("999"), std::string::npos);
  const auto database = Database::open(file, Access::read_only);
  Statement version = (*database)->prepare("PRAGMA user_version");
  ASSERT_TRUE(version.step());
  EXPECT_EQ(version.integer(0), 999);
}

TEST_F(SqliteFiles, KeepsAllAcrossReopening) {
  const NewMessage message = mailroom_.message({"ann@example.org"});
  {
    const std::unique_ptr<SqliteStore> store = open();
    EXPECT_EQ(store->highest_id(), 0u);
    ASSERT_TRUE(accept(*store, message));
  }
  const std::unique_ptr<SqliteStore> store = open();
  EXPECT_EQ(store->highest_id(), message.emails[0].id.value);
  EXPECT_EQ(store->last_stored_time(), mailroom_.now());
  EXPECT_TRUE(holds(*store, message));
}

// Also of a server that took no mail for long: its clock is judged by it at the next start.
TEST_F(SqliteFiles, KeepsTheLastMarkOfTheTimeAcrossReopening) {
  const Timestamp mark = mailroom_.now() + std::chrono::hours(5);
  {
    const std::unique_ptr<SqliteStore> store = open();
    ASSERT_TRUE(accept(*store, mailroom_.message({"ann@example.org"})));
    ASSERT_TRUE(loop_.run(store->set_setting(std::string(last_seen_setting), std::to_string(mark.ms))));
  }
  EXPECT_EQ(open()->last_stored_time(), mark);
}

TEST_F(SqliteFiles, FoldsTheWriteAheadLogBackWhenItCloses) {
  ASSERT_TRUE(accept(*open(), mailroom_.message({"ann@example.org"})));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() + "/postroom.db-wal"));
}

TEST_F(SqliteFiles, CopiesItselfIntoABackup) {
  const NewMessage message = mailroom_.message({"ann@example.org"});
  const std::string copy = dir_.path() + "/copy";
  {
    const std::unique_ptr<SqliteStore> store = open();
    ASSERT_TRUE(accept(*store, message));
    std::filesystem::create_directory(copy);
    const Result<> done = back_up(dir_.path(), copy + "/postroom.db");
    ASSERT_TRUE(done) << done.error().message;
  }
  const Result<std::unique_ptr<SqliteStore>> restored = SqliteStore::open(loop_, copy);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(holds(**restored, message));
}

// A stop waits for no act on a million emails: it ends between two of its transactions.
TEST_F(SqliteFiles, EndsALongActWhereItIsGivenUp) {
  const std::unique_ptr<SqliteStore> store = open();
  std::vector<NewMessage> messages;
  for (int i = 0; i < 2500; ++i) messages.push_back(mailroom_.message({"ann@example.org"}));
  ASSERT_TRUE(loop_.run(store->accept({messages, std::nullopt, nullptr})));
  QueueAction hold;
  for (const NewMessage& message : messages) hold.ids.push_back(message.emails.front().id);
  int asked = 0;
  hold.is_given_up = [&asked] { return ++asked == 2; };
  const Result<ActionCounts> counts = loop_.run(store->act(hold, mailroom_.now()));
  ASSERT_TRUE(counts);
  EXPECT_FALSE(counts->complete);
  EXPECT_EQ(counts->changed, 2000u);
  hold.is_given_up = [] { return false; };
  const Result<ActionCounts> rest = loop_.run(store->act(hold, mailroom_.now()));
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->complete);
  EXPECT_EQ(rest->changed, 500u);
}

TEST_F(SqliteFiles, HasABackupOnTheDiskBeforeItSaysSo) {
  open().reset();
  const std::string copy = dir_.path() + "/copy";
  std::filesystem::create_directory(copy);
  the_synced().clear();
  ASSERT_TRUE(back_up(dir_.path(), copy + "/postroom.db"));
  EXPECT_TRUE(the_synced().contains(copy + "/postroom.db"));
  EXPECT_TRUE(the_synced().contains(copy));
}

TEST_F(SqliteFiles, ARestoredBackupLetsNobodyInWhoWasSignedInOnceUponATime) {
  const std::string copy = dir_.path() + "/copy";
  std::filesystem::create_directory(copy);
  {
    const std::unique_ptr<SqliteStore> store = open();
    const Timestamp now = mailroom_.now();
    ASSERT_TRUE(loop_.run(store->put_session({"hash", 1, "csrf", now, now + std::chrono::hours(9), ""}, now)));
    ASSERT_TRUE(back_up(dir_.path(), copy + "/postroom.db"));
  }
  ASSERT_TRUE(prepare_restored(copy + "/postroom.db", RestoredKey::present));
  const Result<std::unique_ptr<SqliteStore>> restored = SqliteStore::open(loop_, copy);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(loop_.run((*restored)->sessions())->empty());
}

// Of a message beyond what SQLite takes (10⁹ bytes). Nobody reads these bytes; none of them is ever there.
TEST_F(SqliteFiles, AValueThatIsTooLargeIsRefused) {
  constexpr std::size_t too_large = 1'100'000'000;
  void* const bytes = ::mmap(nullptr, too_large, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  ASSERT_NE(bytes, MAP_FAILED);
  const auto opened = open_for_writing(dir_.path() + "/some.db");
  ASSERT_TRUE((*opened)->execute("CREATE TABLE t(body BLOB)"));
  {
    Statement insert = (*opened)->prepare("INSERT INTO t VALUES(?)");
    insert.blob({static_cast<const char*>(bytes), too_large});
    EXPECT_EQ(insert.run().error().code, ErrorCode::unavailable);
  }
  EXPECT_TRUE((*opened)->execute("INSERT INTO t VALUES(x'00')"));
  ::munmap(bytes, too_large);
}

TEST_F(SqliteFiles, WritesTheFramesOfACommitInOneCall) {
  const FailingDisk disk;
  const std::unique_ptr<SqliteStore> store = open();
  ASSERT_TRUE(accept(*store, mailroom_.message({"ann@example.org", "bob@example.org"})));
  const std::size_t before = disk.log_writes();
  ASSERT_TRUE(accept(*store, mailroom_.message({"cid@example.org", "dan@example.org"})));
  EXPECT_EQ(disk.log_writes() - before, 1u);
}

// The audit log of a busy house is large, and retention looks at it every ten minutes in a writing transaction.
TEST_F(SqliteFiles, RetentionReadsOfTheAuditLogWhatItMayRemoveAndNoMore) {
  open().reset();
  {
    const auto database = Database::open(dir_.path() + "/postroom.db", Access::read_write);
    const std::string rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000) INSERT INTO ";
    ASSERT_TRUE((*database)->execute(rows + "audit(at, by, \"from\", action, object, detail, reason) "
                                            "SELECT 9000000000000, '', '', '', '', hex(zeroblob(50)), '' FROM n"));
    ASSERT_TRUE(
        (*database)->execute(rows + "event(at, event, detail) SELECT 9000000000000, '', hex(zeroblob(50)) FROM n"));
  }
  const FailingDisk disk;
  const std::unique_ptr<SqliteStore> store = open();
  const Timestamp now = mailroom_.now();
  const std::size_t before = disk.reads();
  EXPECT_EQ(loop_.run(store->remove_old({now, now, now, now}, 500)), 0u);
  EXPECT_LT(disk.reads() - before, 200u);
}

// A list walks its statements while others are prepared, and prepared ones are not kept without end.
TEST_F(SqliteFiles, AStatementOutlivesHoweverManyOthersArePrepared) {
  const auto opened = open_for_writing(dir_.path() + "/some.db");
  ASSERT_TRUE(opened);
  Database& database = **opened;
  Statement walked = database.prepare("SELECT 17 UNION ALL SELECT 18");
  ASSERT_TRUE(walked.step());
  for (int i = 0; i < 3000; ++i) EXPECT_TRUE(database.prepare("SELECT " + std::to_string(i)).step());
  EXPECT_EQ(walked.integer(0), 17);
  ASSERT_TRUE(walked.step());
  EXPECT_EQ(walked.integer(0), 18);
}

// Pages that the cache has no room for go into the log before their commit, and are read back from there.
TEST_F(SqliteFiles, ATransactionLargerThanTheCacheReadsWhatItWrote) {
  const std::string file = dir_.path() + "/large.db";
  constexpr int rows = 2000;
  const auto text_of = [](int id) { return std::string(3000, 'x') + std::to_string(id); };
  {
    const auto opened = open_for_writing(file);
    ASSERT_TRUE(opened);
    Database& database = **opened;
    ASSERT_TRUE(database.execute("PRAGMA cache_size=20; CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT); BEGIN"));
    for (int id = 0; id < rows; ++id) {
      const std::string text = text_of(id);
      Statement insert = database.prepare("INSERT INTO t VALUES(?,?)");
      insert << id << text;
      ASSERT_TRUE(insert.run());
      Statement earlier = database.prepare("SELECT text FROM t WHERE id=?");
      earlier << id / 2;
      ASSERT_TRUE(earlier.step());
      ASSERT_EQ(earlier.text(0), text_of(id / 2));
    }
    ASSERT_TRUE(database.execute("COMMIT; BEGIN; DELETE FROM t WHERE id>=500; ROLLBACK"));
    const auto reader = Database::open(file, Access::read_only);
    Statement count = (*reader)->prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(count.step());
    EXPECT_EQ(count.integer(0), rows);
  }
  const auto again = Database::open(file, Access::read_only);
  Statement check = (*again)->prepare("PRAGMA integrity_check");
  ASSERT_TRUE(check.step());
  EXPECT_EQ(check.text(0), "ok");
}

TEST_F(SqliteFiles, AcknowledgesNothingThatCouldNotBeSynced) {
  FailingDisk disk;
  const NewMessage message = mailroom_.message({"ann@example.org"});
  const NewMessage after = mailroom_.message({"bob@example.org"});
  {
    const std::unique_ptr<SqliteStore> store = open();
    disk.fail_syncs();
    const Result<AcceptResult> refused = accept(*store, message);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_FALSE(loop_.run(store->probe()));
    EXPECT_FALSE(holds(*store, message));
    disk.heal();
    EXPECT_TRUE(loop_.run(store->probe()));
    EXPECT_TRUE(accept(*store, after));
    EXPECT_TRUE(holds(*store, after));
  }
  const std::unique_ptr<SqliteStore> store = open();
  EXPECT_TRUE(holds(*store, after));
  EXPECT_FALSE(holds(*store, message));
}

struct Told {
  std::vector<MessageId> acknowledged;
  std::size_t refused = 0;
};

async::Task<void> send_hundred(SqliteStore& store, Mailroom& mailroom, Told& told) {
  for (int i = 0; i < 100; ++i) {
    NewMessage message = mailroom.message({"ann@example.org"});
    const MessageId id = message.message.id;
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    const Result<AcceptResult> accepted = co_await store.accept({std::move(messages), std::nullopt, nullptr});
    if (accepted) told.acknowledged.push_back(id);
    if (!accepted) ++told.refused;
  }
}

// A sync runs while the next transaction is written; some fail. What was acknowledged must be found when the power
// goes.
TEST_F(SqliteFiles, KeepsWhatItAcknowledgedThroughFailedSyncsAndTheLossOfPower) {
  FailingDisk disk;
  Told told;
  const std::string copy = dir_.path() + "/copy";
  {
    const std::unique_ptr<SqliteStore> store = open();
    disk.fail_every_sync_of(5);
    async::TaskGroup group(loop_);
    for (int i = 0; i < 8; ++i) group.spawn(send_hundred(*store, mailroom_, told));
    loop_.run(group.join());
    std::filesystem::create_directory(copy);
    std::filesystem::copy(dir_.path() + "/postroom.db", copy + "/postroom.db");
    std::ofstream(copy + "/postroom.db-wal", std::ios::binary) << disk.durable_log();
    disk.heal();
  }
  EXPECT_GT(told.acknowledged.size(), 0u);
  EXPECT_GT(told.refused, 0u);
  const Result<std::unique_ptr<SqliteStore>> found = SqliteStore::open(loop_, copy);
  ASSERT_TRUE(found) << found.error().message;
  std::size_t lost = 0;
  for (const MessageId id : told.acknowledged) lost += loop_.run((*found)->message(id)) ? 0 : 1;
  EXPECT_EQ(lost, 0u) << "of " << told.acknowledged.size();
}

TEST_F(SqliteFiles, AcknowledgesNothingOnAFullDiskAndRecovers) {
  FailingDisk disk;
  const std::unique_ptr<SqliteStore> store = open();
  disk.fail_writes();
  const NewMessage message = mailroom_.message({"ann@example.org"});
  const Result<AcceptResult> refused = accept(*store, message);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_FALSE(holds(*store, message));
  disk.heal();
  EXPECT_TRUE(accept(*store, message));
  EXPECT_TRUE(holds(*store, message));
}

}  // namespace
}  // namespace postroom::store::sqlite
