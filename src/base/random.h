// Random is the door to chance: the operating system's generator in service, a seeded one under simulation.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace postroom {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<unsigned char> into) = 0;

  std::uint64_t next();                       // 64 random bits
  std::uint64_t below(std::uint64_t bound);   // 0 … bound-1, bound > 0
  double unit();                              // [0, 1)
  std::string token(std::size_t characters);  // of A-Z a-z 0-9; 5.95 bits each
};

// getrandom(2). Safe for keys.
class SystemRandom final : public Random {
 public:
  void fill(std::span<unsigned char> into) override;
};

// The same seed gives the same story. Never for keys.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<unsigned char> into) override;

 private:
  std::uint64_t state_;
};

}  // namespace postroom
