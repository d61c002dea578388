// Address is a mailbox's address as RFC 5321 §4.1.2 and RFC 6531 define it: local-part@domain. The domain is kept in
// lower case; an address whose local part is ASCII carries its domain in A-labels (IDNA), so that it needs no SMTPUTF8.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postroom::mail {

struct Address {
  std::string local;   // as written; quoted form kept with its quotes
  std::string domain;  // "example.org" or "[192.0.2.1]"

  bool empty() const { return local.empty(); }  // the null reverse-path "<>"
  std::string text() const;                     // "ann@example.org"; "" when empty
  bool needs_smtputf8() const;                  // a non-ASCII local part
  friend bool operator==(const Address&, const Address&) = default;
};

// One address without name or brackets. Error: invalid, with a sentence for the person who typed it.
Result<Address> parse_address(std::string_view text);

// A mailbox as people write it: "Ann Lee <ann@example.org>", "\"Lee, Ann\" <…>", "ann@example.org" (RFC 5322 §3.4).
struct Mailbox {
  std::string name;  // UTF-8, without quotes; may be empty
  Address address;
};
Result<Mailbox> parse_mailbox(std::string_view text);

// The mailboxes of an address list (RFC 5322 §3.4), each as it is written; those of groups too, without the group's
// name. Commas in quotes, comments and angle brackets part nothing.
std::vector<std::string_view> split_address_list(std::string_view text);

}  // namespace postroom::mail
