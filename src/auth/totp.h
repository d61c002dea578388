// Time-based one-time codes (RFC 6238: SHA-1, 30 seconds, six digits: what every authenticator app takes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"
#include "base/timestamp.h"

namespace postroom::auth {

Secret new_totp_secret(Random& random);      // 160 bits
std::string base32(std::string_view bytes);  // RFC 4648 §6, without padding

std::int64_t totp_step(Timestamp at);
std::string totp_code(const Secret& secret, std::int64_t step);

// The step that the code is of, within one of now and after `used_step`; nullopt when it is of none.
std::optional<std::int64_t> matching_step(const Secret& secret, std::string_view code, Timestamp now,
                                          std::int64_t used_step);

// What a QR code for authenticator apps says.
std::string totp_uri(const Secret& secret, std::string_view email);

}  // namespace postroom::auth
