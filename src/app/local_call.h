// LocalCall makes one call of the HTTP API on behalf of the person at the keyboard: through DIR/postroom.sock when a
// server has the data directory, else in this process.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/configuration.h"
#include "base/result.h"

namespace postroom::app {

struct LocalRequest {
  std::string method = "GET";
  std::string path;   // "/api/v1/queue"
  std::string query;  // encoded, without "?"
  std::string content_type = "application/json";
  std::string body;
  // Gets a good answer's body as it comes, which may be more than memory holds.
  using Sink = std::function<void(std::string_view)>;
  Sink sink = {};
};

struct LocalAnswer {
  int status = 0;
  std::string body;  // "" when the request's sink has had it
};

// A refusal's sentence, and each field's below it.
std::string words_of_problem(const std::string& body);

// At a server's socket, whoever's. Errors: those of a stream; unreachable or refused when nobody listens there.
Result<LocalAnswer> call_at(const std::string& socket, const LocalRequest& request);
Result<LocalAnswer> call_locally(const Configuration& configuration, const LocalRequest& request);

}  // namespace postroom::app
