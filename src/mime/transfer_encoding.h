// Content transfer encodings of RFC 2045 §6, as far as composed mail uses them. All give lines of at most 76 characters
// that end in CRLF, except seven_bit, which leaves lines as they are.
#pragma once

#include <string>
#include <string_view>

namespace postroom::mime {

enum class TransferEncoding { seven_bit, quoted_printable, base64 };

std::string_view to_word(TransferEncoding encoding);
// Text with every line end (CRLF, lone CR, lone LF) as CRLF, the last line included.
std::string with_crlf(std::string_view text);
// The plainest encoding that carries this text with CRLF lines unharmed over a 7-bit path.
TransferEncoding choose_encoding(std::string_view crlf_text);

void append_quoted_printable(std::string& into, std::string_view crlf_text);
void append_base64(std::string& into, std::string_view bytes);

}  // namespace postroom::mime
