// One play: a seed's mail, operators, faults and crashes, then peace, then the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postroom::sim {

struct Ending {
  std::vector<std::string> violations;
  std::vector<std::string> story;
  std::uint64_t emails = 0, accepted = 0, doubts = 0, crashes = 0;
};

Ending play(std::uint64_t seed);

}  // namespace postroom::sim
