// What of a reply's words counts. Servers quote addresses and link pages, and a user may be called limit@ or a page
// /spam/: neither says what the reply means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/reply.h"

namespace postroom::policy {

// In lower case, lines joined, without enhanced codes, addresses and links.
std::string heard(const mail::Reply& reply);

// One of the phrases (lower case, separated by '|') stands in the text and begins where a word begins; a name with dots
// (spam.example.org) is no word.
bool says(std::string_view text, std::string_view phrases);

// The reply's enhanced code, also when it stands in the text as "(#5.1.1)".
std::optional<mail::EnhancedStatusCode> enhanced_of(const mail::Reply& reply);

}  // namespace postroom::policy
