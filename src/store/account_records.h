// The people who use the Back Office, their sessions and saved views; the logins of SMTP submission.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/timestamp.h"

namespace postroom::store {

using UserId = std::int64_t;

enum class Role : std::uint8_t { viewer, operating, admin };  // "operator" is a word of C++

struct UserRecord {
  UserId id = 0;
  std::string email;  // lower case, unique
  std::string name;
  Role role = Role::viewer;
  bool content = false;  // may see message content; an admin may in any case
  bool enabled = true;
  std::string password_hash;                 // argon2id with its parameters; "": none has been set
  std::string sealed_totp;                   // the secret box's ciphertext; "": no TOTP
  std::int64_t totp_step = 0;                // the last one that was used: each code opens once
  std::vector<std::string> recovery_hashes;  // SHA-256, hex; those not used yet
  std::string invitation_hash;               // SHA-256, hex; "": none is open
  std::optional<Timestamp> invitation_expires_at;
  std::string preferences = "{}";  // JSON of the Back Office's own
  Timestamp created_at;
  std::optional<Timestamp> last_sign_in_at;
};

using SubmissionLoginId = std::int64_t;

// A name and password for SMTP submission, and what may be done with them. Of the password, what SCRAM keeps (RFC 5802
// §3).
struct SubmissionLoginRecord {
  SubmissionLoginId id = 0;
  std::string username;  // unique
  std::string salt, stored_key, server_key;
  std::int64_t iterations = 0;
  std::vector<std::string> senders;  // "ann@example.org", "*@example.org"; none: any
  std::string lane;                  // of all its mail; "": as each message says
  std::uint32_t per_minute = 0;      // emails; 0: no limit
  std::uint32_t per_day = 0;         // emails in a day of UTC; 0: no limit
  bool enabled = true;
  Timestamp created_at;
  std::optional<Timestamp> last_used_at;
};

// Who has made sure that a session is its user's.
enum class Voucher : std::uint8_t { password, issuer };

// A browser that is signed in. The cookie's token is not kept, only its hash.
struct SessionRecord {
  std::string token_hash;  // SHA-256, hex
  UserId user_id = 0;
  std::string csrf_token;
  Timestamp created_at;
  Timestamp expires_at;
  std::string from;  // the address it was opened from
  Voucher voucher = Voucher::password;
};

// A list as a user likes to see it.
struct ViewRecord {
  UserId user_id = 0;
  std::string page;  // "queue", "log", "connections"
  std::string name;
  std::string query;                 // of the list's URL
  std::vector<std::string> columns;  // in order; empty: the usual ones
};

}  // namespace postroom::store
