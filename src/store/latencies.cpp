#include "store/latencies.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace postroom::store {
namespace {

constexpr unsigned bits_within = 3;                       // of a doubling: eight classes
constexpr std::uint64_t exact_below = 1u << bits_within;  // each number of milliseconds is a class of its own
constexpr std::uint32_t classes = 64 * exact_below;

std::uint32_t class_of(std::uint64_t ms) {
  if (ms < exact_below) return static_cast<std::uint32_t>(ms);
  const auto doublings = static_cast<unsigned>(std::bit_width(ms)) - 1 - bits_within;
  return static_cast<std::uint32_t>((std::uint64_t{doublings + 1} << bits_within) + ((ms >> doublings) - exact_below));
}

std::uint64_t middle_of(std::uint32_t number) {
  if (number < exact_below) return number;
  const unsigned doublings = (number >> bits_within) - 1;
  const std::uint64_t first = (exact_below + (number & (exact_below - 1))) << doublings;
  return first + (std::uint64_t{1} << doublings) / 2;
}

template <class Number>
bool take(std::string_view& text, char end, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  if (text.empty()) return end == ' ';
  if (text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

void Latencies::add(std::uint32_t number, std::uint64_t many) {
  if (classes_.empty() || classes_.back().number < number) {  // as it is when a text is read
    classes_.push_back({number, many});
    return;
  }
  const auto place = std::ranges::lower_bound(classes_, number, {}, &Class::number);
  if (place->number == number) {
    place->many += many;
  } else {
    classes_.insert(place, {number, many});
  }
}

void Latencies::add(Milliseconds latency) {
  add(class_of(static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0))), 1);
}

void Latencies::add(const Latencies& others) {
  for (const auto& [number, many] : others.classes_) add(number, many);
}

std::uint64_t Latencies::count() const {
  std::uint64_t all = 0;
  for (const auto& [number, many] : classes_) all += many;
  return all;
}

Milliseconds Latencies::percentile(unsigned percent) const {
  const std::uint64_t wanted = (count() * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (const auto& [number, many] : classes_)
    if ((seen += many) >= wanted) return Milliseconds(static_cast<std::int64_t>(middle_of(number)));
  return Milliseconds(0);
}

std::string Latencies::text() const {
  std::string text;
  for (const auto& [number, many] : classes_) {
    if (!text.empty()) text += ' ';
    text += std::to_string(number);
    text += ':';
    text += std::to_string(many);
  }
  return text;
}

Latencies Latencies::parse(std::string_view text) {
  Latencies read;
  std::uint32_t number = 0;
  std::uint64_t many = 0;
  while (!text.empty() && take(text, ':', number) && take(text, ' ', many))
    if (number < classes) read.add(number, many);
  return read;
}

}  // namespace postroom::store
