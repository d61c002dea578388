// Roads watches the choice of connections from outside: for how long each has been usable, idle or full, and what
// follows for the mail: it goes where rules, pins and priorities say, rests where it is told to, and does not wait
// while a usable connection has nothing to do.
#pragma once

#include <map>
#include <string>

#include "sim/books.h"
#include "sim/process.h"
#include "sim/world.h"

namespace postroom::sim {

class Roads {
 public:
  Roads(World& world, const Books& books) : world_(world), books_(books) {}

  void process_begins();
  void clock_jumps() { last_jump_ = world_.time; }
  void settings_change();
  void woken();  // an operator asked for a look: probes at once, and rests end
  // `email` as it was when the attempt began.
  void begun(const store::AttemptRecord& attempt, const store::EmailRecord& email);
  void ended(const store::AttemptRecord& attempt);
  void postponed(const store::EmailRecord& email);
  void failed(const store::EmailRecord& email);
  void look(Process& process);  // at each step

 private:
  struct Road {
    Monotonic fit{}, room{}, full{};  // since when it has been so, without a break
    bool rest_is_sure = false;
    Monotonic asked_for_rest{};  // by its provider; 0: no
    Monotonic rest_ends{};       // at the latest
    std::uint32_t rests = 0;     // in a row, or fewer: sessions at once may ask for the same
    store::ReasonClass rest_class{};
    bool down = false;
    std::int64_t version = 0;
    Monotonic sick_since{};  // 0: its last mail went well
    std::uint32_t probes = 0, openings = 0, opened = 0;
    std::uint32_t faults = 0;                     // transactions in a row that failed by it
    std::uint64_t last_fault = 0, last_rest = 0;  // the conversations
  };
  struct Due {
    Timestamp next;
    Monotonic since;
  };

  const Settings& settings() const { return world_.settings.back(); }
  bool is_meant(const Settings& settings, const store::EmailRecord& email, const store::ConnectionRecord& by) const;
  bool may_leave_rule(const Settings& settings, const store::EmailRecord& email) const;
  bool needs_extension(const store::EmailRecord& email) const;
  bool may_take(const Settings& settings, const store::EmailRecord& email, const store::ConnectionRecord& by) const;
  bool is_paused(const store::EmailRecord& email) const;
  bool has_tried(const store::EmailRecord& email, store::ConnectionId over) const;
  bool quietly(Duration span, Monotonic since) const;
  bool is_kept_from(const store::EmailRecord& email, const store::ConnectionRecord& free) const;
  std::size_t due_for(const store::ConnectionRecord& connection) const;
  void judge_way(const store::AttemptRecord& attempt, const store::EmailRecord& email);
  void judge_order(const store::AttemptRecord& attempt, const store::EmailRecord& email);
  void judge_rest(const store::AttemptRecord& attempt);
  void judge_lanes(const store::AttemptRecord& attempt);
  void look_at_health(Process& process);
  void look_at_roads();
  void look_at_queue();
  bool waits_for_better(const store::EmailRecord& email, const store::ConnectionRecord& than) const;

  World& world_;
  const Books& books_;
  std::map<store::ConnectionId, Road> roads_;
  std::map<EmailId, Due> due_;
  Monotonic last_jump_{}, last_look_{}, woken_{};
  MessageId last_begun_;
  std::uint32_t lower_in_a_row_ = 0;  // messages of lower lanes begun while transactional mail waited
};

}  // namespace postroom::sim
