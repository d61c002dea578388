// Any bytes: what parse_address takes can stand in an SMTP command, and is taken again as the same address.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  if (const postroom::Result<postroom::mail::Address> address = postroom::mail::parse_address(given)) {
    const std::string text = address->text();
    POSTROOM_ASSERT(!postroom::has_control_characters(text) && postroom::is_valid_utf8(text));
    POSTROOM_ASSERT(text.size() + 2 <= postroom::limits::path);
    POSTROOM_ASSERT(address->needs_smtputf8() || postroom::is_ascii(text));
    const postroom::Result<postroom::mail::Address> again = postroom::mail::parse_address(text);
    POSTROOM_ASSERT(again && *again == *address);
  }
  if (const postroom::Result<postroom::mail::Mailbox> mailbox = postroom::mail::parse_mailbox(given)) {
    POSTROOM_ASSERT(!postroom::has_control_characters(mailbox->name) && postroom::is_valid_utf8(mailbox->name));
    POSTROOM_ASSERT(postroom::mail::parse_address(mailbox->address.text()));
  }
  return 0;
}
