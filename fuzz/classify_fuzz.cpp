// Any reply at any stage under any profile: there is a verdict with a rule's name, twice the same, and no wait is
// longer than a day.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/text.h"
#include "policy/classify.h"

using namespace postroom;

namespace {

mail::Reply reply_of(int code, std::string_view text) {
  mail::Reply reply;
  reply.code = code;
  for (const std::string_view line : split(text, '\n')) reply.lines.emplace_back(line);
  reply.enhanced = mail::parse_enhanced(reply.lines.front());
  return reply;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 4), size - 4);
  policy::Event event;
  event.stage = static_cast<policy::Stage>(data[0] % 10);
  event.profile = static_cast<store::ProviderProfile>(data[1] % 22);
  event.company = data[2] % 2 == 0 ? policy::Company::any : policy::Company::beside_accepted;
  event.reply = reply_of(200 + (data[2] * 256 + data[3]) % 400, text);
  const policy::Verdict verdict = policy::classify(event);
  POSTROOM_ASSERT(!verdict.rule.empty());
  POSTROOM_ASSERT(verdict.rule == policy::classify(event).rule);
  POSTROOM_ASSERT(!verdict.retry_after ||
                  (verdict.retry_after->count() > 0 && *verdict.retry_after <= Duration(std::chrono::hours(24))));
  return 0;
}
