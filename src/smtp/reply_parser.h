// ReplyParser assembles one SMTP reply (RFC 5321 §4.2) from bytes as they come, in pieces of any size. It does no I/O,
// keeps at most limits::smtp_reply_bytes, and never takes a byte beyond the reply's last line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/reply.h"

namespace postroom::smtp {

class ReplyParser {
 public:
  enum class Status { incomplete, complete, malformed };

  // Takes bytes up to the end of the reply and says how many; none once the status is no longer `incomplete`.
  std::size_t push(std::string_view bytes);

  Status status() const { return status_; }
  const std::string& problem() const { return problem_; }  // of `malformed`: a sentence
  // The line being read when the reply turned out malformed, as it came.
  const std::string& line() const { return line_; }
  // The complete reply; its code is 100–599, because an odd 1yz is worth telling. The parser is then ready for the
  // next.
  mail::Reply take();

 private:
  void end_line();
  void reject(std::string_view problem);

  Status status_ = Status::incomplete;
  mail::Reply reply_;
  std::string line_;
  std::size_t bytes_ = 0;
  std::string problem_;
};

}  // namespace postroom::smtp
