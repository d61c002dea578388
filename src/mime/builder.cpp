#include "mime/builder.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"
#include "mime/transfer_encoding.h"

namespace postroom::mime {
namespace {

// Writes the body's entities one after the other, outermost first.
class BodyWriter {
 public:
  BodyWriter(const ComposedMessage& message, std::string& into) : message_(message), into_(into) {
    for (const ComposedPart& part : message.parts) {
      const bool inline_image = !part.content_id.empty() && message.html;
      (inline_image ? inline_parts_ : attachments_).push_back(&part);
    }
  }

  void write() {
    if (attachments_.empty()) return write_shown();
    const std::string boundary = open("multipart/mixed");
    begin_part(boundary);
    write_shown();
    for (const ComposedPart* part : attachments_) {
      begin_part(boundary);
      write_part(*part, "attachment");
    }
    close(boundary);
  }

 private:
  void write_shown() {
    if (!message_.html) return write_text(message_.text.value_or(""), "plain");
    if (!message_.text) return write_html();
    const std::string boundary = open("multipart/alternative");
    begin_part(boundary);
    write_text(*message_.text, "plain");
    begin_part(boundary);
    write_html();
    close(boundary);
  }

  void write_html() {
    if (inline_parts_.empty()) return write_text(*message_.html, "html");
    const std::string boundary = open("multipart/related; type=\"text/html\"");  // RFC 2387 §3.1
    begin_part(boundary);
    write_text(*message_.html, "html");
    for (const ComposedPart* part : inline_parts_) {
      begin_part(boundary);
      write_part(*part, "inline");
    }
    close(boundary);
  }

  void write_text(std::string_view text, std::string_view subtype) {
    const std::string lines = with_crlf(text);
    TransferEncoding encoding = choose_encoding(lines);
    // Only unencoded text could hold a boundary by its looks: "=_" can't stand in the two encodings (RFC 2045 §6.7).
    if (encoding == TransferEncoding::seven_bit && lines.find(boundary_stem()) != std::string::npos)
      encoding = TransferEncoding::quoted_printable;
    append_field(into_, "Content-Type", fmt::format("text/{}; charset=utf-8", subtype));
    append_field(into_, "Content-Transfer-Encoding", to_word(encoding));
    into_ += "\r\n";
    if (encoding == TransferEncoding::seven_bit) into_ += lines;
    if (encoding == TransferEncoding::quoted_printable) append_quoted_printable(into_, lines);
    if (encoding == TransferEncoding::base64) append_base64(into_, lines);
  }

  void write_part(const ComposedPart& part, std::string_view disposition) {
    std::string_view type = part.content_type.empty() ? "application/octet-stream" : part.content_type;
    // RFC 2046 §5: entities that hold entities may not be encoded; they travel as opaque bytes.
    if (starts_with_ignoring_case(type, "message/") || starts_with_ignoring_case(type, "multipart/"))
      type = "application/octet-stream";
    append_field(into_, "Content-Type", type);
    append_field(into_, "Content-Transfer-Encoding", "base64");
    std::string shown(disposition);
    if (!part.filename.empty()) shown += encode_parameter("filename", part.filename);
    append_field(into_, "Content-Disposition", shown);
    if (!part.content_id.empty()) append_field(into_, "Content-ID", fmt::format("<{}>", part.content_id));
    into_ += "\r\n";
    append_base64(into_, part.content);
  }

  std::string boundary_stem() const {
    return fmt::format("=_{}_", std::string_view(message_.message_id).substr(0, message_.message_id.find('@')));
  }

  std::string open(std::string_view type) {
    std::string boundary = fmt::format("{}{}", boundary_stem(), ++boundaries_);
    append_field(into_, "Content-Type", fmt::format("{}; boundary=\"{}\"", type, boundary));
    into_ += "\r\n";
    return boundary;
  }
  void begin_part(std::string_view boundary) { into_ += fmt::format("\r\n--{}\r\n", boundary); }
  void close(std::string_view boundary) { into_ += fmt::format("\r\n--{}--\r\n", boundary); }

  const ComposedMessage& message_;
  std::string& into_;
  std::vector<const ComposedPart*> inline_parts_, attachments_;
  int boundaries_ = 0;
};

std::size_t expected_size(const ComposedMessage& message) {
  std::size_t size = 1024 + 64 * (message.to.size() + message.cc.size());
  if (message.text) size += message.text->size() + message.text->size() / 8;
  if (message.html) size += message.html->size() + message.html->size() / 8;
  for (const ComposedPart& part : message.parts) size += 512 + part.content.size() * 7 / 5;
  return size;
}

void append_head(std::string& into, const ComposedMessage& message) {
  append_field(into, "Date", format_rfc5322(message.date));
  append_field(into, "From", encode_mailbox(message.from));
  if (!message.reply_to.empty()) append_field(into, "Reply-To", encode_mailboxes(message.reply_to));
  // A group without members tells that the recipients are not shown (RFC 5322 §3.4).
  if (message.to.empty() && message.cc.empty()) append_field(into, "To", "undisclosed-recipients:;");
  if (!message.to.empty()) append_field(into, "To", encode_mailboxes(message.to));
  if (!message.cc.empty()) append_field(into, "Cc", encode_mailboxes(message.cc));
  append_field(into, "Subject", encode_text(message.subject));
  append_field(into, "Message-ID", fmt::format("<{}>", message.message_id));
}

}  // namespace

Result<std::string> compose(const ComposedMessage& message) {
  std::string content;
  content.reserve(expected_size(message));
  append_head(content, message);
  for (const auto& [name, value] : message.headers) {
    if (!is_field_name(name) || has_control_characters(value))
      return fail(ErrorCode::invalid, fmt::format("the header {} can't be written", printable(name, 100)));
    // A value in ASCII is the caller's own syntax (a URL, an encoded-word); other text needs encoding, and so does a
    // word that no line can hold (RFC 5322 §2.1.1).
    const bool as_given = is_ascii(value) && name.size() + 2 + longest_word(value) <= limits::mail_line;
    append_field(content, name, as_given ? std::string(value) : encode_text(value));
  }
  append_field(content, "MIME-Version", "1.0");
  BodyWriter(message, content).write();
  return content;
}

}  // namespace postroom::mime
