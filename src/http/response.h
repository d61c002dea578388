// Response is what a handler answers: a head and either a body or a source that streams one in chunks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "base/timestamp.h"

namespace postroom::http {

// A body that is made while it is sent. An error ends the connection without the last chunk, so that the reader knows.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual async::Task<Result<std::string>> next() = 0;  // "" at the end
};

struct Response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::unique_ptr<BodySource> stream;  // instead of `body`

  Response& with(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  bool has(std::string_view name) const;
};

std::string_view status_text(int status);

// Writes a problem's own members behind those that each has (RFC 9457 §3.2).
using ProblemMembers = std::function<void(JsonWriter&)>;

// RFC 9457. `code` is stable, `detail` a sentence for the caller.
Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id,
                 const ProblemMembers& more = {});

// omitted: the answer to HEAD; until_close: a streamed body that only the connection's end ends, for HTTP/1.0.
enum class BodyPart { sent, omitted, until_close };
enum class Connection { keep_alive, close };

// Status line and headers, and the body unless it is omitted or streamed: one piece for one write.
std::string serialize(const Response& response, BodyPart body, Connection connection, std::string_view request_id,
                      std::string_view date);

}  // namespace postroom::http
