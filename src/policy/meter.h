// Meter keeps one connection within its SendingLimits: in every sliding second, minute and hour, and in each calendar
// day and month of its time zone. A place is reserved before a session is asked for, begun when the attempt begins, and
// given back when MAIL was never sent. Pure state over given moments; restore() fills it from what the store remembers,
// so that a restart neither bursts nor counts twice.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/time_zone.h"
#include "base/timestamp.h"
#include "store/records.h"

namespace postroom::policy {

class Meter {
 public:
  Meter() = default;  // without limits
  Meter(const store::SendingLimits& limits, TimeZone zone);

  // What restore() needs to know: nothing older, and no more recent sends than this.
  struct Memory {
    Duration span{};
    std::size_t most = 0;
  };
  Memory memory() const;
  Timestamp remembers_from(Timestamp wall) const { return zone_.start_of_month(wall - std::chrono::hours(24)); }
  void restore(const store::SendingHistory& history, Monotonic now, Timestamp wall);
  // Takes over what an earlier version of the connection has reserved and not yet begun.
  void inherit(const Meter& before) { reserved_ = before.reserved_; }

  // How many emails may be begun now.
  std::size_t room(Monotonic now, Timestamp wall);
  // When the next one may, and which limit holds it; nullopt: now.
  struct Wait {
    Monotonic until;
    std::string limit;   // "2 emails a minute"
    std::string reason;  // a sentence, of a connection's
  };
  std::optional<Wait> wait(Monotonic now, Timestamp wall);

  void reserve(std::size_t emails, Monotonic now);
  void release(std::size_t emails);  // reserved, and not begun
  void begin(std::size_t emails, Monotonic now, Timestamp wall);
  void give_back(std::size_t emails, Monotonic begun, Timestamp begun_wall);

  // Within the present windows; the sliding ones only where a limit stands.
  store::SendingLimits used(Monotonic now, Timestamp wall);
  // Once when four fifths of a day's or month's limit are used: the sentence that says so.
  std::optional<std::string> take_warning();

 private:
  struct Window {
    Duration span{};
    std::uint32_t limit = 0;
    const char* name = "";
  };
  struct Period {
    std::uint32_t limit = 0;
    const char* name = "";
    Timestamp start, end;
    std::uint64_t count = 0;
    bool warned = false;
    std::map<Timestamp, std::uint64_t>
        others;  // a few other days' counts, by their start: the wall clock may step back
  };

  void roll(Timestamp wall);
  static void turn(Period& period, Timestamp start, Timestamp end);
  void forget(Monotonic now);
  std::size_t sent_since(Monotonic after) const;
  Duration pace() const;

  std::array<Window, 3> windows_{};
  std::array<Period, 2> periods_{};  // day, month
  TimeZone zone_;
  std::deque<Monotonic> sent_;  // oldest first; as far back as the longest limited window
  std::size_t reserved_ = 0;
  Monotonic next_paced_{};
};

}  // namespace postroom::policy
