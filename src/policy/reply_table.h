// The lines of the classifier: what replies mean. The first line that fits decides, so the special stands above the
// general; profiles of providers (provider_profiles.cpp) are asked before the table for all (reply_table.cpp). Read a
// line aloud: "at RCPT, any permanent reply with 5.7.1: recipient, by the rule 'recipient's policy'".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/classify.h"

namespace postroom::policy {

enum class Kind { transient, permanent, either };

// The stages a line speaks of, as bits.
using Stages = std::uint16_t;
constexpr Stages at(Stage stage) {
  return static_cast<Stages>(1u << static_cast<unsigned>(stage));
}
constexpr Stages opening =
    at(Stage::connect) | at(Stage::tls) | at(Stage::greeting) | at(Stage::hello) | at(Stage::starttls);
constexpr Stages transaction = at(Stage::mail) | at(Stage::recipient) | at(Stage::data) | at(Stage::dot);
constexpr Stages past_mail = at(Stage::recipient) | at(Stage::data) | at(Stage::dot);
constexpr Stages content = at(Stage::data) | at(Stage::dot);
constexpr Stages anywhere = 0xffff;

struct Line {
  Stages stages;
  std::string_view code;  // a pattern of mail/reply_pattern.h; "" fits all
  Kind kind;
  std::string_view enhanced;  // a pattern, too
  std::string_view text;      // phrases separated by '|', any of which is enough; how they are heard: hearing.h
  Scope scope;
  std::string_view name;
  Company company = Company::any;
  Advice advice = Advice::none;
};

std::span<const Line> general_lines();
std::span<const Line> lines_of(store::ProviderProfile profile);
// The provider whose host it is; generic when it is none that we know.
store::ProviderProfile profile_of_host(std::string_view host);

}  // namespace postroom::policy
