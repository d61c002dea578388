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

  void process_begins();  // now all that anybody knows is what stands in the log
  void begun(const store::AttemptRecord& attempt);
  void given_back(AttemptId attempt);
  void check_meters(Process& process);  // the engine's own count agrees

  enum class Span { any, long_ones };  // long ones: hour, day and month
  bool has_room(const store::ConnectionRecord& connection, Span span = Span::any) const;

 private:
  struct Entry {
    AttemptId attempt;
    Monotonic at;
    Timestamp wall;
  };
  struct Page {
    std::vector<Entry> entries;
    Timestamp doubtful_until;      // the wall clock stepped back into another day: ids stay in the later one
    std::int64_t version = 0;      // of the connection
    Monotonic agreed{};            // when the engine's count last agreed
    bool told_by_the_log = false;  // since the process began the settings were changed, or the wall clock jumped
  };

  void read_log(Page& page, store::ConnectionId id);
  std::size_t since(const Page& page, Duration span) const;
  std::size_t in_day(const Page& page, const TimeZone& zone) const;
  std::size_t in_month(const Page& page, const TimeZone& zone) const;
  // The limit that is exceeded, "" when none is.
  std::string exceeded(const Page& page, const store::ConnectionRecord& connection, std::size_t more, Span span) const;

  World& world_;
  std::map<store::ConnectionId, Page> pages_;
};

}  // namespace postroom::sim
