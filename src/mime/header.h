// Header fields: what may stand in one (RFC 5322 §2.2) and how text of any language is put there in ASCII (RFC 2047,
// RFC 2231). Writers append whole fields, folded at 78 columns where a space allows it, ended by CRLF.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "mail/address.h"

namespace postroom::mime {

// RFC 5322 §3.6.8: printable ASCII without the colon.
bool is_field_name(std::string_view name);
// RFC 2045 §5.1: type "/" subtype *(";" parameter), ASCII.
bool is_content_type(std::string_view text);
// The longest word together with the run of spaces before it: what folding can't break.
std::size_t longest_word(std::string_view text);

// Calls back with each field of a message's header block, as it stands there: name, and value with its folds. Lines may
// end in CRLF or LF; what is no field is passed over.
void for_each_field(std::string_view message,
                    const std::function<void(std::string_view name, std::string_view value)>& visit);
// A value without its folds and the white space around it.
std::string unfold(std::string_view value);

// A value that is already in its final form; spaces are the places to fold at.
void append_field(std::string& into, std::string_view name, std::string_view value);
// Text for people: as it is when that is safe, else encoded-words of at most 75 characters (RFC 2047 §2).
std::string encode_text(std::string_view text);
// "Ann Lee <ann@example.org>"; the name as atoms, quoted, or encoded.
std::string encode_mailbox(const mail::Mailbox& mailbox);
std::string encode_mailboxes(std::span<const mail::Mailbox> mailboxes);
// "; filename=\"a.pdf\"", or RFC 2231 form with continuations when it is long or not ASCII.
std::string encode_parameter(std::string_view name, std::string_view value);

// The value of a field as people read it: unfolded, encoded-words decoded, UTF-8 without controls.
std::string decode_text(std::string_view value);

}  // namespace postroom::mime
