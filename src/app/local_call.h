// LocalCall makes one call of the HTTP API on behalf of the person at the keyboard: through DIR/postroom.sock when a
// server has the data directory, else in this process.
#pragma once

#include <string>

#include "app/configuration.h"
#include "base/result.h"

namespace postroom::app {

struct LocalRequest {
  std::string method = "GET";
  std::string path;   // "/api/v1/queue"
  std::string query;  // encoded, without "?"
  std::string content_type = "application/json";
  std::string body;
};

struct LocalAnswer {
  int status = 0;
  std::string body;
};

Result<LocalAnswer> call_locally(const Configuration& configuration, const LocalRequest& request);

}  // namespace postroom::app
