// SecretBox seals passwords for the database with XChaCha20-Poly1305. Its key stands in a file outside the database
// (fine-print, "Connections"), so a stolen database or backup holds no password.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace postroom::auth {

// The context that a connection's password is sealed for.
inline constexpr std::string_view connection_context = "connection";

class SecretBox {
 public:
  // 32 bytes.
  SecretBox(Secret key, Random& random);

  // Reads the key file, or makes one (0600) where there is none. Errors: io, invalid (wrong size or readable by
  // others).
  static Result<SecretBox> open_file(const std::string& path, Random& random);

  // `context` is bound to the ciphertext: a sealed secret opens only in the place it was made for.
  std::string seal(const Secret& secret, std::string_view context);
  // Error: corrupt, when the key or the context is another one or the bytes have changed.
  Result<Secret> open(std::string_view sealed, std::string_view context) const;
  // A hash's prefix; tells keys apart without telling them.
  std::string key_id() const;

 private:
  Secret key_;
  Random* random_;
};

}  // namespace postroom::auth
