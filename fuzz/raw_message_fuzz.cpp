// Any bytes: freeze_raw refuses them or gives a message whose lines are sound and which it accepts again, unchanged.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "mime/raw.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view given(reinterpret_cast<const char*>(data), size);
  const postroom::mime::RawAdditions additions{.date = {1764000000000}, .message_id = "1@post.example", .received = ""};
  const postroom::Result<postroom::mime::RawMessage> frozen = postroom::mime::freeze_raw(given, additions);
  if (!frozen) return 0;
  POSTROOM_ASSERT(frozen->content.ends_with("\r\n"));
  POSTROOM_ASSERT(frozen->content.find('\0') == std::string::npos);
  const postroom::Result<postroom::mime::RawMessage> again = postroom::mime::freeze_raw(frozen->content, additions);
  POSTROOM_ASSERT(again && again->content == frozen->content);
  return 0;
}
