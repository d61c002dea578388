// How long a number of emails took: how many in each class of a logarithmic scale, eight classes to a doubling. What is
// asked of it is within 7 % of the truth, however many were counted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"

namespace postroom::store {

class Latencies {
 public:
  void add(Milliseconds latency);
  void add(const Latencies& others);
  std::uint64_t count() const;
  // The latency that `percent` of them don't exceed: the middle of its class; 0 when nothing was counted.
  Milliseconds percentile(unsigned percent) const;

  // "40:2 57:1": class and number. What is not that is left out.
  std::string text() const;
  static Latencies parse(std::string_view text);

 private:
  struct Class {
    std::uint32_t number;
    std::uint64_t many;
  };
  void add(std::uint32_t number, std::uint64_t many);

  std::vector<Class> classes_;  // by number; few, and read and written with every commit of outcomes
};

}  // namespace postroom::store
