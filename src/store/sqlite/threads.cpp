#include "store/sqlite/threads.h"

#include <sqlite3.h>

#include <chrono>
#include <utility>

namespace postroom::store::sqlite {
namespace {

constexpr int checkpoint_pages = 4000;                      // of 4 KiB: the WAL is folded back after about 16 MiB
constexpr auto gathering = std::chrono::microseconds(300);  // about what one commit costs: longer waits cost the rate

}  // namespace

Result<std::unique_ptr<Database>> open_for_writing(const std::string& file) {
  Result<std::unique_ptr<Database>> database = Database::open(file, Access::read_write);
  if (!database) return database;
  const Result<> set = (*database)->execute(
      "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-65536;PRAGMA temp_store=MEMORY;"
      "PRAGMA journal_size_limit=67108864;PRAGMA wal_autocheckpoint=" +
      std::to_string(checkpoint_pages));
  if (!set) return std::unexpected(set.error());
  return database;
}

Result<std::unique_ptr<Database>> open_for_reading(const std::string& file) {
  Result<std::unique_ptr<Database>> database = Database::open(file, Access::read_only);
  if (!database) return database;
  const Result<> set = (*database)->execute("PRAGMA cache_size=-16384;PRAGMA temp_store=MEMORY");
  if (!set) return std::unexpected(set.error());
  return database;
}

Writer::Writer(async::Loop& loop, std::string file, std::unique_ptr<Database> database)
    : loop_(loop), file_(std::move(file)), database_(std::move(database)), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::submit(Job job) {
  bool enough = false;
  {
    const std::scoped_lock lock(mutex_);
    queued_.push_back(std::move(job));
    enough = queued_.size() == enough_;
  }
  if (enough) wake_.notify_one();
}

void Writer::run() {
  for (;;) {
    std::vector<Job> batch;
    {
      std::unique_lock lock(mutex_);
      if (enough_ > 1) wake_.wait_for(lock, gathering, [this] { return stopping_ || queued_.size() >= enough_; });
      if (queued_.empty()) {
        enough_ = 1;
        wake_.wait(lock, [this] { return stopping_ || !queued_.empty(); });
      }
      if (queued_.empty()) return;
      batch.swap(queued_);
      enough_ = batch.size();
    }
    std::vector<Result<>> results(batch.size());
    run_batch(batch, results);
    // One piece of posted work completes the whole batch.
    loop_.post([batch = std::move(batch), results = std::move(results)]() mutable {
      for (std::size_t i = 0; i < batch.size(); ++i) batch[i].done(std::move(results[i]));
    });
  }
}

void Writer::run_batch(std::vector<Job>& batch, std::vector<Result<>>& results) {
  if (commit_all(batch)) return;
  for (std::size_t i = 0; i < batch.size(); ++i) results[i] = commit_all({&batch[i], 1});
}

Result<> Writer::commit_all(std::span<const Job> jobs) {
  Tally tally;
  Result<> done = database_->prepare("BEGIN IMMEDIATE").run();
  for (std::size_t i = 0; done && i < jobs.size(); ++i) done = jobs[i].work(*database_, tally);
  if (done) done = tally.write(*database_);
  if (done) done = commit();
  if (!done) roll_back();
  return done;
}

Result<> Writer::commit() {
  Result<> done = database_->prepare("COMMIT").run();
  healthy_ = done.has_value();
  return done;
}

// After a failed commit nothing may be taken for written: a failed fsync can't be asked again (it would say yes). The
// connection is opened anew, so that what counts is what the file and its WAL hold.
void Writer::roll_back() {
  if (sqlite3_get_autocommit(database_->handle()) == 0) static_cast<void>(database_->execute("ROLLBACK"));
  if (healthy_) return;
  Result<std::unique_ptr<Database>> fresh = open_for_writing(file_);
  if (fresh) database_ = std::move(*fresh);
}

Readers::Readers(std::vector<std::unique_ptr<Database>> databases) : databases_(std::move(databases)) {
  for (const std::unique_ptr<Database>& database : databases_)
    threads_.emplace_back([this, &database] { run(*database); });
}

Readers::~Readers() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Readers::submit(Job job) {
  const std::scoped_lock lock(mutex_);
  queued_.push_back(std::move(job));
  wake_.notify_one();
}

void Readers::run(Database& database) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queued_.empty(); });
      if (queued_.empty()) return;
      job = std::move(queued_.front());
      queued_.pop_front();
    }
    job(database);
  }
}

}  // namespace postroom::store::sqlite
