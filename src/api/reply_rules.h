// An operator's own rules on what a connection's replies mean, as the API reads and shows them.
#pragma once

#include <vector>

#include "api/object_reader.h"
#include "base/json_writer.h"
#include "store/records.h"

namespace postroom::api {

// The field "reply_rules" replaces the whole list; each error points at the rule's own field.
void read_reply_rules(ObjectReader& reader, std::vector<store::ReplyRule>& rules,
                      std::vector<intake::FieldError>& errors);
void render_reply_rules(JsonWriter& json, const std::vector<store::ReplyRule>& rules);

}  // namespace postroom::api
