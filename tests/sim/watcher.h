// Watcher compares the disk after each commit with what it was before: whatever happens, an email's life must stay
// within fine-print's table. What it sees begin and end it passes on to Books (limits) and Roads (which way, when).
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/books.h"
#include "sim/process.h"
#include "sim/roads.h"
#include "sim/world.h"

namespace postroom::sim {

class Watcher {
 public:
  explicit Watcher(World& world) : world_(world), books_(world), roads_(world, books_) {}

  void promised(EmailId id) { promised_.insert(id); }  // its accept() returned success
  void settled(EmailId id) { settled_.insert(id); }    // an operator may end a doubt
  void process_begins();
  void clock_jumps();
  void woken() { roads_.woken(); }  // an operator asked for a look at once
  void check(Process& process);
  void check_end(const Process& process);  // after faults have ceased and time enough has passed

 private:
  void check_mail();
  void check_log();
  bool is_far_off(const store::EmailRecord& email) const;
  struct Rows {
    std::uint32_t open = 0, success = 0, doubt = 0, all = 0;
    store::ConnectionId open_over = 0;
    std::set<store::ConnectionId> doubt_over;
  };
  void check_email(const store::EmailRecord& email, const Rows& rows);
  void check_change(const store::EmailRecord& before, const store::EmailRecord& after, const Rows& rows);

  World& world_;
  Books books_;
  Roads roads_;
  Monotonic last_look_{};
  std::set<EmailId> promised_, settled_;
  std::map<EmailId, store::EmailRecord> before_;
  std::map<AttemptId, store::AttemptRecord> log_;
};

}  // namespace postroom::sim
