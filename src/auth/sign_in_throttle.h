// SignInThrottle slows guessing down without ever locking an account: who fails waits, longer each time, by the pair of
// account and address and by the address. The owner, at another address, is not kept out by it. Who works on a try
// before it can be judged asks wait() once more then: others may have failed meanwhile.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/timestamp.h"

namespace postroom::auth {

class SignInThrottle {
 public:
  // How long this address has to wait before it may try this account; nullopt when it may now.
  std::optional<Duration> wait(const std::string& account, const std::string& address, Monotonic now) const;
  void failed(const std::string& account, const std::string& address, Monotonic now);
  void succeeded(const std::string& account, const std::string& address);

 private:
  struct Failures {
    std::size_t count = 0;
    Monotonic until{};  // no try before
    Monotonic last{};
  };
  using Failing = std::map<std::pair<std::string, std::string>, Failures>;
  void forget();

  Failing failing_;  // by account and whom the address counts as; the account "" stands for all
};

}  // namespace postroom::auth
