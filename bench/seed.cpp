// Fills a data directory that no server holds with queued mail and log rows, millions in minutes: the tables are the
// product's own (its migrations run first), the rows are written past it, and indices are built once at the end.
// usage: seed DIR --queued N --shape scheduled|deferred|due|mixed --log N [--pin CONNECTION] [--now MS]
//
//   scheduled  for later: due in 30 to 180 days
//   deferred   tried one to eight times, due again between 6 hours and 3 days from now
//   due        since yesterday, pinned to CONNECTION, which can't take it
//   mixed      what a list meets: nine in ten deferred, the others scheduled, held or unknown
#include <sqlite3.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "net/system_loop.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::bench {
namespace {

using store::AttemptStatus;
using store::EmailStatus;
using store::ReasonClass;
using store::sqlite::Database;
using store::sqlite::Statement;

constexpr std::int64_t hour_ms = 3600'000;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::uint64_t rows_per_commit = 200'000;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "seed: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Plan {
  std::string directory;
  std::string shape = "scheduled";
  std::uint64_t queued = 0, log = 0;
  std::int64_t pin = 0;
  std::int64_t now =
      std::chrono::duration_cast<Milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
};

// The same story from the same numbers: a Weyl sequence through a mixer (splitmix64's constants).
class Draw {
 public:
  std::uint64_t next(std::uint64_t below) {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
  }
  // Between two moments, both given in ms.
  std::int64_t between(std::int64_t from, std::int64_t to) {
    return from + static_cast<std::int64_t>(next(static_cast<std::uint64_t>(to - from)));
  }

 private:
  std::uint64_t state_ = 1;
};

struct Mail {
  std::string address, domain, subject, lane, tags, submitted_by;
};

class Seeder {
 public:
  Seeder(Database& database, Plan plan) : database_(database), plan_(std::move(plan)) {}

  void run() {
    const std::vector<std::string> indices = take_indices_away();
    write_log();
    write_queue();
    for (const std::string& sql : indices) must(database_.execute(sql));
  }

 private:
  std::vector<std::string> take_indices_away() {
    std::vector<std::string> names, made_by;
    {
      Statement select = database_.prepare(
          "SELECT name, sql FROM sqlite_master WHERE type='index' AND sql IS NOT NULL AND tbl_name IN "
          "('email','attempt','message','finished')");
      while (select.step()) {
        names.push_back(select.text(0));
        made_by.push_back(select.text(1));
      }
    }
    for (const std::string& name : names) must(database_.execute("DROP INDEX " + name));
    return made_by;
  }

  void begin_row(std::uint64_t row) {
    if (row % rows_per_commit == 0) must(database_.execute(row == 0 ? "BEGIN" : "COMMIT;BEGIN"));
  }

  Mail draw_mail() {
    static constexpr std::string_view subjects[] = {"Your order",    "Your invoice", "Password reset",
                                                    "Weekly letter", "Welcome",      "Your parcel is on its way"};
    Mail mail;
    mail.domain = "d" + std::to_string(draw_.next(1 + draw_.next(1000))) + ".example";
    mail.address = "user" + std::to_string(draw_.next(2'000'000)) + "@" + mail.domain;
    mail.subject = std::string(subjects[draw_.next(6)]) + " " + std::to_string(draw_.next(100'000));
    mail.lane = draw_.next(10) < 3 ? "transactional" : "bulk";
    mail.tags = draw_.next(100) == 0 ? "rare\nletter" : "letter";
    mail.submitted_by = "key:" + std::to_string(1 + draw_.next(5));
    return mail;
  }

  void insert_message(std::uint64_t id, const Mail& mail, std::int64_t expires_at) {
    Statement insert = database_.prepare(
        "INSERT INTO message(id,last_email_id,reverse_path,subject,lane,tags,metadata,on_doubt,expires_at,size_bytes,"
        "eight_bit,smtputf8,submitted_by,email_count) VALUES(?,?,'shop@example.com',?,?,?,'{}',0,?,4096,0,0,?,1)");
    insert << id << id + 1 << mail.subject << mail.lane << mail.tags << expires_at << mail.submitted_by;
    must(insert.run());
  }

  // Log rows of mail that has left the queue, over the 80 days before; one in ten failed.
  void write_log() {
    const std::int64_t first = plan_.now - 80 * day_ms, last = plan_.now - 3 * day_ms;
    for (std::uint64_t row = 0; row < plan_.log; ++row) {
      begin_row(row);
      const auto rows = static_cast<double>(plan_.log);
      const Timestamp at{first + static_cast<std::int64_t>(static_cast<double>(row) / rows * double(last - first))};
      const std::uint64_t id = ids_.next(at, 5);
      const std::uint64_t email = ids_.next(at, 5), attempt = ids_.next(at, 5);
      const Mail mail = draw_mail();
      const bool failed = draw_.next(10) == 0;
      insert_message(id, mail, at.ms + 3 * day_ms);
      insert_finished(email, id, mail, at, failed);
      insert_attempt(attempt, email, id, mail, failed);
      if (row % 10'000 == 0) count(at, failed);
    }
    if (plan_.log > 0) must(database_.execute("COMMIT"));
  }

  void insert_finished(std::uint64_t id, std::uint64_t message, const Mail& mail, Timestamp at, bool failed) {
    Statement insert = database_.prepare(
        "INSERT INTO finished(id,message_id,address,status,reason,reason_class,attempts,tries,last_attempt_at,"
        "expires_at,lane,finished_at) VALUES(?,?,?,?,'',0,1,1,?,?,?,?)");
    insert << id << message << mail.address << static_cast<int>(failed ? EmailStatus::failed : EmailStatus::accepted)
           << at.ms << at.ms + 3 * day_ms << mail.lane << at.ms;
    must(insert.run());
  }

  void insert_attempt(std::uint64_t id, std::uint64_t email, std::uint64_t message, const Mail& mail, bool failed) {
    Statement insert = database_.prepare(
        "INSERT INTO attempt(id,email_id,message_id,address,domain,lane,status,reason,reason_class,decided_by,ordinal,"
        "connection_id,connection_caption,remote_host,tls,reply_code,enhanced_code,provider_id,duration_ms,"
        "conversation_id,counted) VALUES(?,?,?,?,?,?,?,?,?,?,1,?,'Provider','mx.example [192.0.2.1]:587','TLSv1.3',"
        "?,?,'4b0zG91NqNz2',?,0,1)");
    const std::int64_t code = !failed ? 250 : draw_.next(50) == 0 ? 554 : draw_.next(2) == 0 ? 550 : 451;
    insert << id << email << message << mail.address << mail.domain << mail.lane
           << static_cast<int>(failed ? AttemptStatus::fail : AttemptStatus::success)
           << (failed ? "The recipient was refused: mailbox unavailable" : "")
           << static_cast<int>(!failed       ? ReasonClass::none
                               : code == 554 ? ReasonClass::policy
                                             : ReasonClass::recipient)
           << (failed ? "recipient refused" : "accepted") << static_cast<std::int64_t>(1 + draw_.next(3)) << code
           << (failed ? "5.1.1" : "2.0.0") << static_cast<std::int64_t>(20 + draw_.next(2000));
    must(insert.run());
  }

  void count(Timestamp at, bool failed) {
    Statement upsert = database_.prepare(
        "INSERT INTO rollup(minute,submitted,succeeded,failed) VALUES(?,1,?,?) ON CONFLICT(minute) DO UPDATE SET "
        "submitted=submitted+1");
    upsert << at.ms / 60'000 << (failed ? 0 : 1) << (failed ? 1 : 0);
    must(upsert.run());
  }

  // Taken in over the last two days.
  void write_queue() {
    const std::int64_t first = plan_.now - 2 * day_ms, span = 2 * day_ms - hour_ms;
    for (std::uint64_t row = 0; row < plan_.queued; ++row) {
      begin_row(row);
      const auto rows = static_cast<double>(plan_.queued);
      const Timestamp at{first +
                         static_cast<std::int64_t>(static_cast<double>(row) / rows * static_cast<double>(span))};
      insert_queued(at);
    }
    if (plan_.queued > 0) must(database_.execute("COMMIT"));
  }

  // What stands in a queue row beside its mail.
  struct State {
    EmailStatus status = EmailStatus::scheduled;
    std::int64_t attempts = 0, last_at = 0, next_at = 0;
    std::int64_t pinned_to = 0, in_doubt_with = 0;
    ReasonClass reason_class = ReasonClass::none;
    const char* reason = "";
  };

  State draw_state() {
    State state;
    std::string_view shape = plan_.shape;
    const std::uint64_t part = draw_.next(1000);
    if (shape == "mixed") shape = part < 900 ? "deferred" : part < 970 ? "scheduled" : part < 998 ? "held" : "unknown";
    if (shape == "scheduled") {
      state.next_at = draw_.between(plan_.now + 30 * day_ms, plan_.now + 180 * day_ms);
      return state;
    }
    if (shape == "due") {
      state.status = EmailStatus::queued;
      state.next_at = draw_.between(plan_.now - day_ms, plan_.now - hour_ms);
      state.pinned_to = plan_.pin;
      return state;
    }
    state.attempts = static_cast<std::int64_t>(1 + draw_.next(1 + draw_.next(8)));
    state.last_at = draw_.between(plan_.now - day_ms, plan_.now);
    state.reason = "The server asked to try again later: 451 4.7.1 greylisted";
    state.reason_class = draw_.next(100) == 0 ? ReasonClass::throttle : ReasonClass::recipient;
    if (shape == "deferred") {
      state.status = EmailStatus::deferred;
      state.next_at = draw_.between(plan_.now + 6 * hour_ms, plan_.now + 3 * day_ms);
      if (draw_.next(100) == 0) state.pinned_to = static_cast<std::int64_t>(1 + draw_.next(3));
      return state;
    }
    state.status = shape == "held" ? EmailStatus::held : EmailStatus::unknown;
    if (shape == "unknown") state.in_doubt_with = static_cast<std::int64_t>(1 + draw_.next(3));
    return state;
  }

  void insert_queued(Timestamp at) {
    const std::uint64_t message = ids_.next(at, 5), email = ids_.next(at, 5);
    const Mail mail = draw_mail();
    const State state = draw_state();
    const std::int64_t expires_at = std::max(plan_.now, state.next_at) + 4 * day_ms;
    insert_message(message, mail, expires_at);
    insert_content(message);
    const auto number_or_null = [](std::int64_t value) { return value != 0 ? std::optional(value) : std::nullopt; };
    Statement insert = database_.prepare(
        "INSERT INTO email(id,message_id,address,domain,status,reason,reason_class,attempts,tries,last_attempt_at,"
        "next_attempt_at,expires_at,pinned_to,in_doubt_with,lane) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert << email << message << mail.address << mail.domain << static_cast<int>(state.status) << state.reason
           << static_cast<int>(state.reason_class) << state.attempts << state.attempts << number_or_null(state.last_at)
           << number_or_null(state.next_at) << expires_at << number_or_null(state.pinned_to)
           << number_or_null(state.in_doubt_with) << mail.lane;
    must(insert.run());
  }

  void insert_content(std::uint64_t message) {
    constexpr std::string_view content = "From: shop@example.com\r\nSubject: seeded\r\n\r\nGood day.\r\n";
    Statement insert = database_.prepare("INSERT INTO content(message_id,body) VALUES(?,?)");
    insert << message;
    insert.blob(content);
    must(insert.run());
  }

  Database& database_;
  Plan plan_;
  Draw draw_;
  IdGenerator ids_;
};

int fill(const Plan& plan) {
  {
    net::SystemLoop loop;
    must(store::sqlite::SqliteStore::open(loop, plan.directory));  // runs the migrations
  }
  const std::unique_ptr<Database> database =
      must(Database::open(plan.directory + "/postroom.db", store::sqlite::Access::read_write));
  // Nothing here is a promise to anyone: the one sync is at the end.
  must(database->execute(
      "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA cache_size=-524288;PRAGMA locking_mode=EXCLUSIVE"));
  Seeder(*database, plan).run();
  must(database->execute("PRAGMA synchronous=FULL;PRAGMA journal_mode=WAL"));
  return 0;
}

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  postroom::bench::Plan plan;
  bool good = count >= 2 && count % 2 == 0;
  if (good) plan.directory = words[1];
  for (int i = 2; good && i < count; i += 2) {
    const std::string_view name = words[i];
    const char* value = words[i + 1];
    if (name == "--queued") {
      plan.queued = std::strtoull(value, nullptr, 10);
    } else if (name == "--log") {
      plan.log = std::strtoull(value, nullptr, 10);
    } else if (name == "--shape") {
      plan.shape = value;
    } else if (name == "--pin") {
      plan.pin = std::strtoll(value, nullptr, 10);
    } else if (name == "--now") {
      plan.now = std::strtoll(value, nullptr, 10);
    } else {
      good = false;
    }
  }
  if (!good) {
    std::fprintf(stderr,
                 "usage: seed DIR --queued N --shape scheduled|deferred|due|mixed --log N [--pin CONNECTION] [--now "
                 "MS]\n");
    return 2;
  }
  return postroom::bench::fill(plan);
}
