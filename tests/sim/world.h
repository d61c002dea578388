// World is what outlives a simulated process: the disk, the providers' own books, chance, and the story so far.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/timestamp.h"
#include "store/memory/memory_store.h"
#include "store/pauses.h"

namespace postroom::sim {

// What a provider is like, for a while.
enum class Temper {
  moody,           // every fault there is, now and then
  healthy,         // hardly ever a fault
  throttling,      // a few messages in ten seconds, few sessions at once
  quota_at_mail,   // so many messages a day, then a refusal of MAIL
  quota_at_data,   // the same, said after the dot
  flapping,        // down every other while
  wedged,          // accepts sessions and says nothing
  refuses_login,   // 535, or 530 where nobody logs in
  closes_after_n,  // ends the session after a few messages without a word
  slow_dot,        // answers the dot at the last moment
  loses_replies,   // takes the message, then the session breaks
};
std::string_view to_word(Temper temper);

struct ProviderBook {
  Temper temper = Temper::moody;
  std::uint64_t measure = 1;         // of its temper: how many
  std::deque<Monotonic> taken;       // latest messages
  std::uint64_t taken_of_quota = 0;  // since its temper began
  Monotonic down_until{};            // beside its temper
  std::uint32_t sessions = 0;        // of the present process
};

// Connections, rules and pauses, as the disk had them from a moment on.
struct Settings {
  Monotonic since{};
  std::map<store::ConnectionId, store::ConnectionRecord> connections;
  store::RoutingTable routing;
  store::Pauses pauses;
};

struct World {
  explicit World(std::uint64_t number);

  std::uint64_t seed;
  SeededRandom chance;
  unsigned refusals;      // percent of commits; in the other plays the store fails for a while only, which hides less
  unsigned fault_halves;  // how often chance strikes: 0 never, 1 half as often, 2 as the code says
  std::shared_ptr<store::memory::Disk> disk = std::make_shared<store::memory::Disk>();
  std::map<std::string, std::uint32_t> taken;  // by recipient: how often a provider took the message
  std::map<store::ConnectionId, ProviderBook> providers;
  Timestamp now;                                    // the present process's wall clock, as of its last step
  Timestamp latest;                                 // the latest that any wall clock showed
  Monotonic time{};                                 // true time: it passes through crashes and knows no jumps
  Monotonic born{};                                 // when the present process began
  Monotonic trouble{};                              // when the store last refused a commit, or lost its answer
  Monotonic last_edit{};                            // when connections, rules or pauses were last changed
  std::map<store::ConnectionId, Monotonic> active;  // when bytes last moved over a connection, or a dial began or ended
  std::map<store::ConnectionId, std::uint32_t> opened;  // how often a session was asked for
  std::deque<Settings> settings;                        // latest last
  bool quiet = false;                                   // no more faults

  std::vector<std::string> story;
  std::vector<std::string> violations;

  bool happens(unsigned percent) { return !quiet && chance.below(200) < std::uint64_t{percent} * fault_halves; }
  std::uint64_t below(std::uint64_t bound) { return chance.below(bound); }
  bool one_in(std::uint64_t bound) { return chance.below(bound) == 0; }
  void tell(std::string_view what);
  void violated(std::string_view rule, std::string_view what);
  const store::EmailRecord* email_to(std::string_view address) const;

  // Keeps what the settings are, when they have changed.
  void note_settings();
  // Whether something holds under any settings that stood within the last `grace`.
  template <class Holds>
  bool lately(Duration grace, Holds holds) const {
    for (std::size_t i = settings.size(); i-- > 0;) {
      if (holds(settings[i])) return true;
      if (settings[i].since + grace < time) return false;  // those before it ended too long ago
    }
    return false;
  }
};

}  // namespace postroom::sim
