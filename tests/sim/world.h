// World is what outlives a simulated process: the disk, the providers' own books, chance, and the story so far.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/timestamp.h"
#include "store/memory/memory_store.h"

namespace postroom::sim {

struct World {
  explicit World(std::uint64_t number) : seed(number), chance(number * 7919 + 1), refusals(number % 3 == 0 ? 2 : 0) {}

  std::uint64_t seed;
  SeededRandom chance;
  unsigned refusals;  // percent of commits; in the other plays the store fails for a while only, which hides less
  std::shared_ptr<store::memory::Disk> disk = std::make_shared<store::memory::Disk>();
  std::map<std::string, std::uint32_t> taken;  // by recipient: how often a provider took the message
  std::map<store::ConnectionId, Timestamp> down_until;
  Timestamp now;       // the present process's wall clock, as of its last step
  bool quiet = false;  // no more faults

  std::vector<std::string> story;
  std::vector<std::string> violations;

  bool happens(unsigned percent) { return !quiet && chance.below(100) < percent; }
  std::uint64_t below(std::uint64_t bound) { return chance.below(bound); }
  void tell(std::string_view what);
  void violated(std::string_view rule, std::string_view what);
  const store::EmailRecord* email_to(std::string_view address) const;
};

}  // namespace postroom::sim
