// What only the SQLite store promises: about its directory, its versions, its disk.
#include <sys/stat.h>

#include <filesystem>

#include "store/sqlite/sqlite_store.h"
#include "store_contract/failing_disk.h"
#include "store_contract/store_contract.h"

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
    const Result<> done = loop_.run(store->backup_to(copy + "/postroom.db"));
    ASSERT_TRUE(done) << done.error().message;
  }
  const Result<std::unique_ptr<SqliteStore>> restored = SqliteStore::open(loop_, copy);
  ASSERT_TRUE(restored);
  EXPECT_TRUE(holds(**restored, message));
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
