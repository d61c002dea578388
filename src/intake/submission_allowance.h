// SubmissionAllowance keeps each submission login within its emails per minute and per day. What a day has used is
// written down ahead, a hundredth of the limit at a time: a crash may cost a login that much, and never gives it more.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "async/loop.h"
#include "policy/meter.h"
#include "store/account_records.h"
#include "store/configuration_store.h"

namespace postroom::intake {

class SubmissionAllowance {
 public:
  SubmissionAllowance(async::Loop& loop, store::ConfigurationStore& store) : loop_(loop), store_(store) {}

  async::Task<Result<void>> load();

  // Why this login may not send that many more emails now, with a hint when it may; nullopt when it may.
  std::optional<std::string> refusal(const store::SubmissionLoginRecord& login, std::size_t emails);
  // Takes them from what is left, before the message is accepted. Error unavailable: it could not be written down, and
  // nothing is taken.
  struct Taken {
    store::SubmissionLoginId login = 0;
    std::size_t emails = 0;
    Monotonic at{};
    Timestamp at_wall;
  };
  async::Task<Result<Taken>> take(const store::SubmissionLoginRecord& login, std::size_t emails);
  void give_back(const Taken& taken);  // the message was not accepted, or had been before

 private:
  struct Used {
    store::SendingLimits limits;
    policy::Meter meter;
    Timestamp day;              // its start
    std::uint64_t written = 0;  // of that day, on disk
  };
  Used& used(const store::SubmissionLoginRecord& login);

  async::Loop& loop_;
  store::ConfigurationStore& store_;
  std::map<store::SubmissionLoginId, Used> used_;
  std::map<store::SubmissionLoginId, std::pair<Timestamp, std::uint64_t>> remembered_;  // from before the start
};

}  // namespace postroom::intake
