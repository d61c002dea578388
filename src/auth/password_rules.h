// What a password must be, and the names under which the accounts' things are kept.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/secret.h"
#include "base/text.h"

namespace postroom::auth {

inline constexpr std::size_t password_least = 12;  // bytes
inline constexpr std::size_t password_most = 256;
inline constexpr std::string_view password_rule =
    "A password has 12 to 256 bytes, and is neither the email address nor one character repeated.";

inline bool is_weak(const Secret& password, std::string_view email) {
  const std::string_view text = password.reveal();
  if (text.size() < password_least || text.size() > password_most) return true;
  return equals_ignoring_case(text, email) || text.find_first_not_of(text.front()) == std::string_view::npos;
}

inline constexpr const char* totp_context = "totp";  // of the secret box
inline constexpr std::string_view totp_required_setting = "backoffice.totp_required";
inline constexpr std::string_view session_hours_setting = "backoffice.session_hours";

}  // namespace postroom::auth
