// Every line, list, header and body has a limit; they stand here, with the standard's minimum beside. Sizes in bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postroom::limits {

// SMTP. RFC 5321 §4.5.3.1: command line ≥ 512, reply line ≥ 512, text line ≥ 1000 (998 + CRLF), path ≥ 256, local part
// ≥ 64.
inline constexpr std::size_t smtp_command_line = 4096;  // RFC 4954 §4: AUTH needs 12,288; see smtp_auth_line
inline constexpr std::size_t smtp_auth_line = 12288;
inline constexpr std::size_t smtp_skipped_line = 256 * 1024;  // of a line that was too long; then the session ends
inline constexpr std::size_t smtp_reply_line = 4096;
inline constexpr std::size_t smtp_reply_lines = 128;
inline constexpr std::size_t smtp_reply_bytes = 64 * 1024;
inline constexpr std::size_t mail_line = 998;  // RFC 5322 §2.1.1, without CRLF
inline constexpr std::size_t path = 256;
inline constexpr std::size_t local_part = 64;
inline constexpr std::size_t domain = 255;
inline constexpr std::size_t recipients_per_transaction = 100;  // RFC 5321 §4.5.3.1.8: a server takes at least 100

// A message.
inline constexpr std::size_t message_bytes = 25 * 1024 * 1024;  // as given, or as composed; what SIZE announces
inline constexpr std::size_t message_bytes_at_most = 512 * 1024 * 1024;  // as set; SQLite takes 10⁹ bytes in a row
inline constexpr std::size_t recipients = 1000;
inline constexpr std::size_t attachments = 100;
inline constexpr std::size_t subject = 2000;
inline constexpr std::size_t custom_headers = 100;
inline constexpr std::size_t header_value = 8000;
inline constexpr std::size_t received_fields = 100;  // RFC 5321 §6.3: 100 hops at least before a loop is seen
inline constexpr std::size_t tags = 20;
inline constexpr std::size_t tag = 64;
inline constexpr std::size_t metadata_bytes = 8 * 1024;
inline constexpr std::size_t batch_messages = 1000;

// A connection's own rules on what replies mean. Text in bytes.
inline constexpr std::size_t reply_rules = 50;
inline constexpr std::size_t reply_rule_text = 200;

// HTTP.
inline constexpr std::size_t http_header_bytes = 32 * 1024;
inline constexpr std::size_t http_body_bytes = 40 * 1024 * 1024;
inline constexpr std::size_t http_small_body = 64 * 1024;  // read from anyone; a larger one from those we know
inline constexpr std::size_t http_bodies_bytes = 512 * 1024 * 1024;    // of all connections together
inline constexpr std::size_t smtp_messages_bytes = 512 * 1024 * 1024;  // in DATA, of all sessions together
inline constexpr std::size_t json_depth = 32;
inline constexpr std::size_t idempotency_key = 256;
inline constexpr std::size_t page = 500;
inline constexpr std::size_t page_default = 50;

// What is kept of a conversation in the log.
inline constexpr std::size_t conversation_bytes = 32 * 1024;
inline constexpr std::size_t reason = 500;

}  // namespace postroom::limits
