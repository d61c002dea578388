// The two kinds of thread behind SqliteStore. Writer: exactly one, it alone writes and checkpoints; jobs that wait
// while a commit is under way share the next one. Under load that one waits a moment until as many have come as the
// last one had: the loop has just been told, and its next jobs are on their way. A lone job never waits. Readers:
// read-only connections that see what is committed.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "async/loop.h"
#include "base/result.h"
#include "store/sqlite/database.h"
#include "store/sqlite/tally.h"

namespace postroom::store::sqlite {

// The pragmas of each kind of connection. Error: unavailable, corrupt.
Result<std::unique_ptr<Database>> open_for_writing(const std::string& file);
Result<std::unique_ptr<Database>> open_for_reading(const std::string& file);

class Writer {
 public:
  // `work` runs inside a transaction, perhaps more than once: when one of its batch fails, all are rolled back and each
  // runs alone. What it adds to the tally is written with the batch. `done` runs on the loop's thread with the work's
  // error, or with the commit's.
  struct Job {
    std::function<Result<>(Database&, Tally&)> work;
    std::move_only_function<void(Result<>)> done;
  };

  Writer(async::Loop& loop, std::string file, std::unique_ptr<Database> database);
  ~Writer();  // runs what is queued, then closes

  void submit(Job job);

 private:
  void run();
  void run_batch(std::vector<Job>& batch, std::vector<Result<>>& results);
  Result<> commit_all(std::span<const Job> jobs);
  Result<> commit();
  void roll_back();

  async::Loop& loop_;
  std::string file_;
  std::unique_ptr<Database> database_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Job> queued_;
  std::size_t enough_ = 1;  // jobs to begin with: as many as the last batch had
  bool stopping_ = false;
  bool healthy_ = true;  // the last commit succeeded; the writer's own
  std::thread thread_;
};

class Readers {
 public:
  using Job = std::move_only_function<void(Database&)>;

  Readers(std::vector<std::unique_ptr<Database>> databases);
  ~Readers();
  void submit(Job job);

 private:
  void run(Database& database);

  std::vector<std::unique_ptr<Database>> databases_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queued_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace postroom::store::sqlite
