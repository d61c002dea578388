#include "auth/sign_in_throttle.h"

#include <algorithm>
#include <set>
#include <vector>

#include "net/networks.h"

namespace postroom::auth {
namespace {

constexpr std::size_t free_of_an_account = 5;   // failures
constexpr std::size_t free_of_an_address = 30;  // many people may share one
constexpr Duration longest = std::chrono::minutes(1);
constexpr Duration remembered = std::chrono::minutes(15);
constexpr std::size_t places = 10'000;

Duration wait_after(std::size_t failures, std::size_t free) {
  if (failures < free) return Duration{0};
  const std::size_t doublings = std::min<std::size_t>(failures - free, 10);
  return std::min<Duration>(std::chrono::seconds(1) * (1 << doublings), longest);
}

}  // namespace

std::optional<Duration> SignInThrottle::wait(const std::string& account, const std::string& address,
                                             Monotonic now) const {
  const std::string guesser = net::counted_as({address});
  Duration wait{0};
  for (const std::string& who : {account, std::string()})
    if (const auto known = failing_.find({who, guesser}); known != failing_.end())
      wait = std::max<Duration>(wait, known->second.until - now);
  return wait > Duration{0} ? std::optional(wait) : std::nullopt;
}

void SignInThrottle::failed(const std::string& account, const std::string& address, Monotonic now) {
  forget();
  const std::string guesser = net::counted_as({address});
  for (const std::string& who : std::set<std::string>{account, ""}) {
    Failures& failures = failing_[{who, guesser}];
    if (failures.last + remembered < now) failures.count = 0;
    ++failures.count;
    failures.last = now;
    failures.until = now + wait_after(failures.count, who.empty() ? free_of_an_address : free_of_an_account);
  }
}

void SignInThrottle::succeeded(const std::string& account, const std::string& address) {
  failing_.erase({account, net::counted_as({address})});
}

// When there are too many to remember, the older half goes: a flood of addresses costs the flood its memory.
void SignInThrottle::forget() {
  if (failing_.size() < places) return;
  std::vector<Monotonic> times;
  for (const auto& [who, failures] : failing_) times.push_back(failures.last);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  std::erase_if(failing_, [oldest = *middle](const auto& entry) { return entry.second.last <= oldest; });
}

}  // namespace postroom::auth
