// The store alone: what a shared commit costs by how many share it. Prints one JSON line per step. usage: store_bench
// DIR [ROWS]; DIR may be seeded before (bench/seed.cpp), then the figures are those at that depth.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/task_group.h"
#include "base/id.h"
#include "cpu_time.h"
#include "net/system_loop.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::bench {
namespace {

constexpr std::size_t content_bytes = 4096;

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "store_bench: %s\n", error.message.c_str());
  std::exit(1);
}

class Bench {
 public:
  Bench(net::SystemLoop& loop, store::Store& store) : loop_(loop), store_(store), ids_(store.highest_id()) {}

  void run(std::size_t at_once, std::size_t rows) {
    emails_.clear();
    measure("accept", at_once, rows, &Bench::accept);
    measure("begin and record", at_once, rows, &Bench::begin_and_record);
  }

 private:
  using Step = async::Task<void> (Bench::*)(std::size_t times);

  void measure(const char* what, std::size_t at_once, std::size_t rows, Step step) {
    const std::size_t times = rows / at_once;
    const double cpu = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    loop_.run(all(at_once, times, step));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const auto done = static_cast<double>(times * at_once);
    std::printf("{\"step\": \"%s\", \"at_once\": %zu, \"rows\": %.0f, \"rows_per_s\": %.0f, \"cpu\": %.4f}\n", what,
                at_once, done, done / seconds, (cpu_seconds() - cpu) * 1000 / done);
    std::fflush(stdout);
  }

  async::Task<void> all(std::size_t at_once, std::size_t times, Step step) {
    async::TaskGroup callers(loop_);
    for (std::size_t i = 0; i < at_once; ++i) callers.spawn((this->*step)(times));
    co_await callers.join();
  }

  async::Task<void> accept(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      store::AcceptRequest request;
      request.messages.push_back(message());
      store::EmailRecord email = request.messages[0].emails[0];
      if (const Result<store::AcceptResult> done = co_await store_.accept(std::move(request)); !done)
        give_up(done.error());
      emails_.push_back(std::move(email));
    }
  }

  async::Task<void> begin_and_record(std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      store::EmailRecord email = std::move(emails_.back());
      emails_.pop_back();
      store::AttemptRecord attempt = attempt_of(email);
      // One statement each: a list of initial values in a call that is awaited outlives what it was made from.
      std::vector<store::AttemptStart> starts;
      starts.push_back({attempt, std::nullopt, std::nullopt});
      if (const Result<std::vector<bool>> begun = co_await store_.begin_attempts(std::move(starts)); !begun)
        give_up(begun.error());
      attempt.status = store::AttemptStatus::success;
      attempt.reply_code = 250;
      email.status = store::EmailStatus::accepted;
      email.finished_at = loop_.wall();
      std::vector<store::AttemptOutcome> outcomes;
      outcomes.push_back({attempt, attempt.id.value, std::string(400, 'c'), email});
      if (const Result<> done = co_await store_.record(std::move(outcomes)); !done) give_up(done.error());
    }
  }

  store::NewMessage message() {
    const unsigned bucket = static_cast<unsigned>(++made_ % bucket_count);
    store::NewMessage added;
    added.message.id = {ids_.next(loop_.wall(), bucket)};
    added.message.reverse_path = "shop@example.com";
    added.message.subject = "bench";
    added.message.lane = "bulk";
    added.message.metadata = "{}";
    added.message.expires_at = loop_.wall() + std::chrono::hours(72);
    added.message.submitted_by = "key:1";
    added.message.email_count = 1;
    added.content = content_;
    store::EmailRecord email;
    email.id = {ids_.next(loop_.wall(), bucket)};
    email.message_id = added.message.id;
    // Spread as real recipients are: an index of addresses is written all over.
    email.address = "user" + std::to_string(made_ * 7919 % 2'000'003) + "@d" + std::to_string(made_ % 997) + ".example";
    email.next_attempt_at = loop_.wall();
    email.expires_at = added.message.expires_at;
    email.lane = "bulk";
    added.emails.push_back(std::move(email));
    return added;
  }

  store::AttemptRecord attempt_of(const store::EmailRecord& email) {
    store::AttemptRecord attempt;
    attempt.id = {ids_.next(loop_.wall(), email.id.bucket())};
    attempt.email_id = email.id;
    attempt.message_id = email.message_id;
    attempt.address = email.address;
    attempt.lane = email.lane;
    attempt.ordinal = 1;
    attempt.connection_id = 1;
    attempt.connection_caption = "Provider";
    attempt.remote_host = "127.0.0.1:2525";
    attempt.counted = true;
    return attempt;
  }

  net::SystemLoop& loop_;
  store::Store& store_;
  IdGenerator ids_;
  std::size_t made_ = 0;
  store::Content content_ = std::make_shared<const std::string>(content_bytes, 'x');
  std::vector<store::EmailRecord> emails_;
};

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  if (count != 2 && count != 3) {
    std::fprintf(stderr, "usage: store_bench DIR [ROWS]\n");
    return 2;
  }
  const std::size_t rows = count == 3 ? std::strtoul(words[2], nullptr, 10) : 20'000;
  postroom::net::SystemLoop loop;
  auto store = postroom::store::sqlite::SqliteStore::open(loop, words[1]);
  if (!store) postroom::bench::give_up(store.error());
  postroom::bench::Bench bench(loop, **store);
  for (const std::size_t at_once : {1UL, 10UL, 100UL, 500UL})
    bench.run(at_once, at_once == 1 ? rows / 20 : at_once == 10 ? rows / 4 : rows);
  return 0;
}
