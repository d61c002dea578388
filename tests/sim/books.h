// Books counts, apart from the engine, what each connection has sent: an email counts one when its attempt's row
// commits, and is given back only if MAIL was never sent. From this follows what a limit still allows.
#pragma once

#include <map>
#include <vector>

#include "sim/process.h"
#include "sim/world.h"

namespace postroom::sim {

class Books {
 public:
  explicit Books(World& world) : world_(world) {}

  void clock_jumps() { last_jump_ = world_.time; }
  void process_begins();  // now all that anybody knows is what stands in the log
  void begun(const store::AttemptRecord& attempt);
  void given_back(AttemptId attempt);
  void check_meters(Process& process);  // the engine's own count agrees

  // Long ones: hour, day and month. Sliding ones: second, minute and hour.
  enum class Span { any, long_ones, sliding_ones };
  bool has_room(const store::ConnectionRecord& connection, Span span = Span::any, std::size_t emails = 1) const;

 private:
  // The log tells when an email was begun by the wall clock, cut to milliseconds; where that clock was set, it is off
  // by more. So there is an earliest moment, by which the engine can be blamed, and a latest, which may make it wait.
  struct Entry {
    AttemptId attempt;
    Monotonic earliest, latest;
    Timestamp wall;
  };
  using Moment = Monotonic Entry::*;
  struct Page {
    std::vector<Entry> entries;
    Timestamp doubtful_until;  // the wall clock stepped back into another day: ids stay in the later one
    store::SendingLimits limits;
    std::string timezone;
    Monotonic agreed{};            // when the engine's count last agreed
    bool told_by_the_log = false;  // limits or time zone were changed since the process began
  };

  Page& page_of(const store::ConnectionRecord& connection);
  void read_log(Page& page, store::ConnectionId id);
  std::size_t since(const Page& page, Duration span, Moment moment) const;
  std::size_t in_day(const Page& page, const TimeZone& zone) const;
  std::size_t in_month(const Page& page, const TimeZone& zone) const;
  // The limit that is exceeded, "" when none is.
  std::string exceeded(const Page& page, const store::ConnectionRecord& connection, std::size_t more, Span span,
                       Moment moment) const;

  World& world_;
  Monotonic last_jump_{};
  std::map<store::ConnectionId, Page> pages_;
};

}  // namespace postroom::sim
