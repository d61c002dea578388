// The wait that a reply asks for: a word that asks for patience, then an amount. "Too many messages in 1 hour" asks for
// none.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/text.h"
#include "policy/classify.h"

namespace postroom::policy {
namespace {

constexpr Duration longest = std::chrono::hours(24);

// What asks for patience.
constexpr std::array<std::string_view, 16> askers{
    "again",       "retry",      "retrying", "wait",     "back",    "resend",   "greylist",  "greylisted",
    "greylisting", "graylisted", "delayed",  "deferred", "blocked", "resubmit", "postponed", "retried"};
// What may stand between it and the amount.
constexpr std::array<std::string_view, 20> fillers{
    "in",    "after", "for",   "at",     "least", "about",         "another", "the", "next",   "a",
    "delay", "of",    "later", "please", "time",  "approximately", "around",  "is",  "within", "temporarily"};

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Numbers, words and clock times ("00:04:59"), in lower case. Anything else that isn't space ends a clause: it becomes
// a word of its own, which fits nowhere.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  const std::string lower = to_lower(text);
  const auto kind = [](char c) { return is_digit(c) || c == ':' ? 1 : c >= 'a' && c <= 'z' ? 2 : 3; };
  for (std::size_t i = 0; i < lower.size();) {
    if (lower[i] == ' ' || lower[i] == '-' || lower[i] == '=') {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < lower.size() && kind(lower[i]) != 3 && kind(lower[end]) == kind(lower[i])) ++end;
    std::string word = lower.substr(i, end - i);
    while (word.size() > 1 && word.ends_with(':')) word.pop_back();  // "retry-after: 60" has the colon with the word
    if (word != ":") words.push_back(std::move(word));
    i = end;
  }
  return words;
}

// nullopt for what is no number; a number of any length counts as very large.
std::optional<std::int64_t> number_of(std::string_view word) {
  if (word == "a" || word == "an" || word == "one") return 1;
  if (word.empty() || !std::ranges::all_of(word, is_digit)) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : word) number = std::min<std::int64_t>(number * 10 + (digit - '0'), 1'000'000);
  return number;
}

std::optional<Duration> unit_of(std::string_view word) {
  constexpr std::array<std::string_view, 5> seconds{"s", "sec", "secs", "second", "seconds"};
  constexpr std::array<std::string_view, 5> minutes{"m", "min", "mins", "minute", "minutes"};
  constexpr std::array<std::string_view, 5> hours{"h", "hr", "hrs", "hour", "hours"};
  constexpr std::array<std::string_view, 3> days{"d", "day", "days"};
  if (is_one_of(seconds, word)) return std::chrono::seconds(1);
  if (is_one_of(minutes, word)) return std::chrono::minutes(1);
  if (is_one_of(hours, word)) return std::chrono::hours(1);
  if (is_one_of(days, word)) return std::chrono::hours(24);
  return std::nullopt;
}

// "00:04:59" and "04:59" of greylisting daemons.
std::optional<Duration> clock_of(std::string_view word) {
  const std::vector<std::string_view> parts = split(word, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  std::int64_t seconds = 0;
  for (const std::string_view part : parts) {
    const std::optional<std::int64_t> number = part.size() <= 2 ? number_of(part) : std::nullopt;
    if (!number) return std::nullopt;
    seconds = seconds * 60 + *number;
  }
  return std::chrono::seconds(seconds);
}

// "5 minutes", "1 hour and 30 minutes", "1h30m", "00:04:59"; a bare number at the end of a clause counts seconds.
std::optional<Duration> amount_at(std::span<const std::string> words) {
  if (words.empty()) return std::nullopt;
  if (const std::optional<Duration> clock = clock_of(words[0])) return clock;
  Duration sum{0};
  std::size_t used = 0;
  while (used + 1 < words.size()) {
    const std::optional<std::int64_t> number = number_of(words[used]);
    const std::optional<Duration> unit = unit_of(words[used + 1]);
    if (!number || !unit) break;
    sum = std::min<Duration>(longest, sum + *unit * std::min<std::int64_t>(*number, 100'000));
    used += 2;
    if (used < words.size() && words[used] == "and") ++used;
  }
  if (used > 0) return sum;
  const std::optional<std::int64_t> bare = is_digit(words[0][0]) ? number_of(words[0]) : std::nullopt;
  if (bare && (words.size() == 1 || words[1] == ")")) return std::chrono::seconds(*bare);
  return std::nullopt;
}

}  // namespace

std::optional<Duration> requested_wait(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!is_one_of(askers, words[i])) continue;
    for (std::size_t next = i + 1; next < words.size(); ++next) {
      const std::optional<Duration> amount = amount_at(std::span(words).subspan(next));
      if (amount && *amount > Duration{0}) return std::min(*amount, longest);
      if (!is_one_of(fillers, words[next])) break;
    }
  }
  return std::nullopt;
}

}  // namespace postroom::policy
