// The suite's ground: a store of each backend, opened in a directory of its own, and mail to put into it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/id.h"
#include "net/system_loop.h"
#include "store/store.h"

namespace postroom::store {

struct Backend {
  std::string name;
  std::function<Result<std::unique_ptr<Store>>(async::Loop& loop, const std::string& dir)> open;
};
inline void PrintTo(const Backend& backend, std::ostream* out) {
  *out << backend.name;
}
std::vector<Backend> backends();

// A directory that is gone when its owner is.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Mail whose ids rise as in service: the message's first, then its emails', all in one bucket.
class Mailroom {
 public:
  explicit Mailroom(Timestamp now) : now_(now) {}

  Timestamp now() const { return now_; }
  void set_now(Timestamp now) { now_ = now; }
  void start_above(std::uint64_t highest_id) { ids_ = IdGenerator(highest_id); }
  std::uint64_t next_id() { return ids_.next(now_, 5); }
  // Queued and due at once, for each of the addresses.
  NewMessage message(const std::vector<std::string>& addresses, std::string subject = "Hello");
  AttemptRecord attempt(const EmailRecord& email, ConnectionId connection = 1);

 private:
  Timestamp now_;
  IdGenerator ids_;
};

class StoreContract : public testing::TestWithParam<Backend> {
 protected:
  StoreContract();

  template <class T>
  T run(async::Task<T> task) {
    return loop_.run(std::move(task));
  }
  // The value of a call that must succeed.
  template <class T>
  T get(Answer<T> answer) {
    Result<T> result = loop_.run(std::move(answer));
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? std::move(*result) : T{};
  }
  template <class T>
  T get(ConnectionAnswer<T> answer) {
    auto result = loop_.run(std::move(answer));
    EXPECT_TRUE(result) << (result ? "" : result.error().error.message);
    return result ? std::move(*result) : T{};
  }
  void run(async::Task<void> task) { loop_.run(std::move(task)); }
  void must(Answer<> answer);
  void must(ConnectionAnswer<> answer) { EXPECT_TRUE(loop_.run(std::move(answer))); }

  // Accepts a message and gives its emails as they were taken in.
  std::vector<EmailRecord> accept(NewMessage message);
  EmailRecord accept_one(const std::string& address, const std::string& subject = "Hello");
  EmailRecord stored(EmailId id);
  EmailStatus status_of(EmailId id) { return stored(id).status; }
  // Begins an attempt of the email; its record.
  AttemptRecord begin(const EmailRecord& email, ConnectionId connection = 1);
  // Ends an attempt and leaves its email so.
  void end(AttemptRecord attempt, AttemptStatus how, EmailRecord email);
  // Puts the email into a state as delivery would.
  EmailRecord bring_to(EmailRecord email, EmailStatus status);
  std::vector<EmailRecord> due_emails();
  ConnectionRecord connection(const std::string& caption, std::int32_t priority = 100);
  ConnectionRecord created(const std::string& caption, std::int32_t priority = 100);

  TemporaryDirectory dir_;
  net::SystemLoop loop_;
  Mailroom mailroom_;
  std::unique_ptr<Store> store_;
};

}  // namespace postroom::store
