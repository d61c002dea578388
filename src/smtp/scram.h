// SCRAM-SHA-256 (RFC 5802, RFC 7677): the keys that both sides compute, and the server's side of the exchange. Names
// and passwords are ASCII where Postroom makes them, so that SASLprep (RFC 4013) changes nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace postroom::smtp {

inline constexpr int scram_least_iterations = 4096;  // RFC 7677 §4

// The attribute of a SCRAM message: scram_value("r=abc,s=def", 's') is "def". Empty when there is none.
std::string_view scram_value(std::string_view message, char attribute);
std::string hmac_sha256(std::string_view key, std::string_view data);
std::string sha256(std::string_view data);

// RFC 5802 §3.
struct ScramSecrets {
  std::string client_key, server_key;
};
ScramSecrets derive_scram_secrets(const Secret& password, std::string_view salt, int iterations);

// What a server keeps of a password: it proves both sides, and gives neither away.
struct ScramKeys {
  std::string salt;
  int iterations = scram_least_iterations;
  std::string stored_key, server_key;
};
ScramKeys make_scram_keys(const Secret& password, std::string salt, int iterations);
// Whether it is the keys' password. The time does not tell how much of it is right.
bool is_password_of(const ScramKeys& keys, const Secret& password);

class ScramServer {
 public:
  explicit ScramServer(std::string nonce) : nonce_(std::move(nonce)) {}

  // Reads client-first-message: the user's name; nullopt when it is malformed, or asks for channel binding, which is
  // not offered.
  std::optional<std::string> take_first(std::string_view message);
  // server-first-message.
  std::string challenge(ScramKeys keys);
  // Reads client-final-message: server-final-message; nullopt when it is malformed or its proof is wrong.
  std::optional<std::string> take_final(std::string_view message);

 private:
  std::string nonce_;
  std::string header_;  // gs2-header
  std::string first_bare_, server_first_;
  ScramKeys keys_;
};

}  // namespace postroom::smtp
