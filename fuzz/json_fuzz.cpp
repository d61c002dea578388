// Any bytes: parse_json refuses them or gives a value that, written and read again, is the same (fractions aside, which
// may be rounded); read_submission takes any object without harm.
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "api/json_reader.h"
#include "api/submission_reader.h"
#include "base/assert.h"
#include "base/text.h"

namespace {

bool has_fraction(const boost::json::value& value) {
  if (value.is_double()) return true;
  if (const auto* list = value.if_array())
    for (const auto& item : *list)
      if (has_fraction(item)) return true;
  if (const auto* object = value.if_object())
    for (const auto& entry : *object)
      if (has_fraction(entry.value())) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value = postroom::api::parse_json(text);
  if (!value) return 0;
  POSTROOM_ASSERT(postroom::is_valid_utf8(text));
  if (!has_fraction(*value)) {
    const auto again = postroom::api::parse_json(boost::json::serialize(*value));
    POSTROOM_ASSERT(again && *again == *value);
  }
  if (value->is_object()) {
    using postroom::api::SubmissionPlace;
    for (const auto place : {SubmissionPlace::alone, SubmissionPlace::in_batch})
      (void)postroom::api::read_submission(value->get_object(), place);
  }
  return 0;
}
