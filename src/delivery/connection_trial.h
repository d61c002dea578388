// The connection test: the real way to a provider, step by step, with or without a real mail at its end.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delivery/session_pool.h"
#include "store/records.h"

namespace postroom::delivery {

struct TriedStep {
  std::string step;  // resolve, connect, tls, ehlo, auth, mail, send
  bool ok = false;
  Duration took{};
  std::string detail;  // what was found, or the server's words
  std::string advice;  // of a failed one: what to change; may be empty
};

// Ends within 30 s. `message` empty: the transaction is rehearsed and taken back (RSET).
async::Task<std::vector<TriedStep>> try_connection(async::Loop& loop, Network& network,
                                                   store::ConnectionRecord connection, Secret password,
                                                   std::string ehlo_name, std::string send_to, std::string message);

}  // namespace postroom::delivery
