#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/assert.h"

namespace postroom {

std::uint64_t Random::next() {
  std::uint64_t value = 0;
  fill({reinterpret_cast<unsigned char*>(&value), sizeof value});
  return value;
}

std::uint64_t Random::below(std::uint64_t bound) {
  POSTROOM_ASSERT(bound > 0);
  return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
}

double Random::unit() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

std::string Random::token(std::size_t characters) {
  static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text(characters, ' ');
  for (char& c : text) c = alphabet[below(sizeof alphabet - 1)];
  return text;
}

void SystemRandom::fill(std::span<unsigned char> into) {
  while (!into.empty()) {
    const ssize_t got = ::getrandom(into.data(), into.size(), 0);
    POSTROOM_ASSERT(got > 0);
    into = into.subspan(static_cast<std::size_t>(got));
  }
}

void SeededRandom::fill(std::span<unsigned char> into) {
  while (!into.empty()) {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    z ^= z >> 31;
    const std::size_t n = into.size() < sizeof z ? into.size() : sizeof z;
    std::memcpy(into.data(), &z, n);
    into = into.subspan(n);
  }
}

}  // namespace postroom
