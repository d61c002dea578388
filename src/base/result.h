// Result<T> is how an operation that can fail says so: a value or an Error, never an exception. Exceptions of foreign
// libraries end at the border where they are thrown and become an Error there.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace postroom {

// What went wrong, as far as a caller may act on it. Refusals by an SMTP peer are not errors: they are values
// (mail::Reply).
enum class ErrorCode {
  timeout,      // the deadline passed
  canceled,     // the operation was given up by us (shutdown, abort)
  closed,       // the peer ended the stream where more was expected
  refused,      // connect refused
  unreachable,  // no route, reset, broken pipe and their like
  not_found,    // a name, file or record that does not exist
  tls,          // TLS handshake or certificate trouble; the message says which
  protocol,     // the peer broke its protocol's grammar
  too_large,    // a limit of base/limits.h or of the configuration
  invalid,      // input that is not what it must be
  conflict,     // a stale version, a duplicate
  unavailable,  // cannot be done now, may be later (store full, busy)
  corrupt,      // stored bytes that fail their check
  denied,       // forbidden by policy or permission
  io,           // the operating system refused; the message carries its words
};

struct Error {
  ErrorCode code;
  std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace postroom
