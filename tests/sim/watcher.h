// Watcher compares the disk after each commit with what it was before: whatever happens, an email's life must stay
// within fine-print's table.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/world.h"

namespace postroom::sim {

class Watcher {
 public:
  explicit Watcher(World& world) : world_(world) {}

  void promised(EmailId id) { promised_.insert(id); }  // its accept() returned success
  void settled(EmailId id) { settled_.insert(id); }    // an operator may end a doubt
  void check();
  void check_end();  // after faults have ceased and time enough has passed

 private:
  struct Rows {
    std::uint32_t open = 0, success = 0, doubt = 0, all = 0;
    store::ConnectionId open_over = 0;
    std::set<store::ConnectionId> doubt_over;
  };
  void check_email(const store::EmailRecord& email, const Rows& rows);
  void check_change(const store::EmailRecord& before, const store::EmailRecord& after, const Rows& rows);

  World& world_;
  std::uint64_t seen_commits_ = 0;
  std::set<EmailId> promised_, settled_;
  std::map<EmailId, store::EmailRecord> before_;
};

}  // namespace postroom::sim
