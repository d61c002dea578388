// SASL mechanisms for AUTH (RFC 4954), client side: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-256
// (RFC 7677) and XOAUTH2. Pure: challenges in, responses out, not base64.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "smtp/client_session.h"

namespace postroom::smtp {

class SaslClient {
 public:
  virtual ~SaslClient() = default;
  virtual std::string_view mechanism() const = 0;
  virtual std::optional<std::string> initial_response() = 0;  // nullopt: wait for the first challenge
  // The answer to a 334 challenge; nullopt: give up (a challenge that makes no sense, a server that is not who it
  // says).
  virtual std::optional<std::string> respond(std::string_view challenge) = 0;
  // Whether a 235 may be believed: SCRAM's server has proved itself.
  virtual bool satisfied() const { return true; }
};

// The mechanism to use: the chosen one if it is offered, or the strongest offered. Null when there is none in common.
std::unique_ptr<SaslClient> choose_sasl(SaslChoice choice, const std::vector<std::string>& offered,
                                        std::string username, Secret password, Random& random);

}  // namespace postroom::smtp
