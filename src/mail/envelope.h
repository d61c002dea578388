// Envelope is what SMTP carries beside the content (RFC 5321 §2.3.1).
#pragma once

#include <vector>

#include "mail/address.h"

namespace postroom::mail {

enum class BodyType { seven_bit, eight_bit_mime };  // RFC 6152

struct Envelope {
  Address reverse_path;             // may be empty: "<>"
  std::vector<Address> recipients;  // at least one
  BodyType body = BodyType::seven_bit;
  bool smtputf8 = false;  // RFC 6531: an address or header needs it
};

}  // namespace postroom::mail
