#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "policy/breaker.h"
#include "policy/retry.h"
#include "smtp/client_session.h"
#include "store/records.h"

namespace postroom::delivery {

struct EngineOptions {
  policy::RetrySchedule retry;
  policy::BreakerRule breaker;
  smtp::Deadlines deadlines;
  std::string ehlo_name = "localhost";
  Duration session_idle = std::chrono::seconds(30);
  Duration stop_patience = std::chrono::seconds(25);        // for replies to a dot, at shutdown
  std::size_t window = 2000;                                // due emails of a lane held in memory
  std::vector<std::string> lanes{"transactional", "bulk"};  // by priority
  std::map<std::string, store::OnDoubt> lane_on_doubt;
};

}  // namespace postroom::delivery
