#include "api/reply_rules.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "mail/reply_pattern.h"

namespace postroom::api {
namespace {

using store::ReasonClass;
using store::ReplyRule;

constexpr std::int64_t longest_wait_seconds = 24 * 60 * 60;

void read_words(ObjectReader& reader, std::string_view name, std::string& field) {
  const auto text = reader.text(name);
  if (!text) return;
  if (text->size() > limits::reply_rule_text || has_control_characters(*text))
    return reader.error(name, "invalid",
                        fmt::format("At most {} bytes, without control characters.", limits::reply_rule_text));
  field = *text;
}

// A number, or a text with 'x' for any digit.
void read_code(ObjectReader& reader, std::string& field) {
  const auto* given = reader.take("code");
  if (!given) return;
  if (const auto* number = given->if_int64()) field = fmt::to_string(*number);
  if (const auto* text = given->if_string()) field.assign(text->data(), text->size());
  if (!mail::is_code_pattern(field))
    reader.error("code", "invalid", "This must be a code from 400 to 599, or \"5xx\".");
}

void read_enhanced(ObjectReader& reader, std::string& field) {
  const auto text = reader.text("enhanced");
  if (!text) return;
  if (!mail::is_enhanced_pattern(*text))
    return reader.error("enhanced", "invalid", "This must be an enhanced code such as 5.7.1, 5.7.* or *.2.2.");
  field = *text;
}

void read_scope(ObjectReader& reader, ReasonClass& scope) {
  if (!reader.has("scope")) return reader.error("scope", "required", "A rule says whose matter the reply is.");
  const auto text = reader.text("scope");
  if (!text) return;
  const auto word = store::from_word<ReasonClass>(*text);
  if (!word || *word > ReasonClass::protocol)  // the ten scopes; the other words are no reply's doing
    return reader.error("scope", "invalid",
                        "This must be recipient, message, sender, credential, quota, throttle, outage, tls, policy or "
                        "protocol.");
  scope = *word;
}

template <class Enum>
void read_word(ObjectReader& reader, std::string_view name, Enum& field, std::string_view choices) {
  const auto text = reader.text(name);
  if (!text) return;
  if (const auto word = store::from_word<Enum>(*text))
    field = *word;
  else
    reader.error(name, "invalid", fmt::format("This must be {}.", choices));
}

ReplyRule read_rule(ObjectReader& reader) {
  ReplyRule rule;
  read_words(reader, "name", rule.name);
  read_word(reader, "stage", rule.stage, "any, greeting, auth, mail, recipient, data or dot");
  read_code(reader, rule.code);
  read_enhanced(reader, rule.enhanced);
  read_words(reader, "text", rule.text);
  read_scope(reader, rule.scope);
  if (!reader.has("permanence")) reader.error("permanence", "required", "A rule says whether the refusal is for good.");
  read_word(reader, "permanence", rule.permanence, "transient or permanent");
  if (const auto wait = reader.integer("wait", 1, longest_wait_seconds))
    rule.wait_seconds = static_cast<std::uint32_t>(*wait);
  if (!reader.has("code") && !reader.has("enhanced") && rule.text.empty())
    reader.error("text", "required", "A rule names at least one of code, enhanced and text: else it fits every reply.");
  reader.finish();
  return rule;
}

}  // namespace

void read_reply_rules(ObjectReader& reader, std::vector<ReplyRule>& rules, std::vector<intake::FieldError>& errors) {
  const auto* value = reader.take("reply_rules");
  if (!value) return;
  const auto* array = value->if_array();
  if (!array) return reader.error("reply_rules", "not_a_list", "Reply rules are a list of objects.");
  if (array->size() > limits::reply_rules)
    return reader.error("reply_rules", "too_many", fmt::format("At most {} rules.", limits::reply_rules));
  rules.clear();
  for (std::size_t i = 0; i < array->size(); ++i) {
    const std::string place = fmt::format("reply_rules/{}", i);
    const boost::json::value& item = (*array)[i];
    if (!item.is_object()) {
      errors.push_back({"/" + place, "not_an_object", "A reply rule is an object."});
      continue;
    }
    ObjectReader inner(item.get_object(), "/" + place, errors);
    rules.push_back(read_rule(inner));
  }
}

void render_reply_rules(JsonWriter& json, const std::vector<ReplyRule>& rules) {
  json.key("reply_rules").begin_array();
  for (const ReplyRule& rule : rules) {
    json.begin_object();
    if (!rule.name.empty()) json.text("name", rule.name);
    json.text("stage", to_word(rule.stage));
    if (!rule.code.empty()) json.text("code", rule.code);
    if (!rule.enhanced.empty()) json.text("enhanced", rule.enhanced);
    if (!rule.text.empty()) json.text("text", rule.text);
    json.text("scope", to_word(rule.scope)).text("permanence", to_word(rule.permanence));
    if (rule.wait_seconds > 0) json.number("wait", rule.wait_seconds);
    json.end_object();
  }
  json.end_array();
}

}  // namespace postroom::api
