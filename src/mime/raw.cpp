#include "mime/raw.h"

#include <fmt/format.h>

#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"

namespace postroom::mime {
namespace {

std::unexpected<Error> bad_line(std::size_t number, std::string_view what) {
  return fail(ErrorCode::invalid, fmt::format("line {}: {}", number, what));
}

// Takes lines off the front of a text, without their LF or CRLF, and checks each.
class Lines {
 public:
  explicit Lines(std::string_view rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }
  std::size_t number() const { return number_; }
  Result<std::string_view> next() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    if (line.find('\r') != std::string_view::npos) return bad_line(number_, "a CR without its LF");
    if (line.find('\0') != std::string_view::npos) return bad_line(number_, "a NUL byte");
    if (line.size() > limits::mail_line) return bad_line(number_, "longer than 998 bytes");
    return line;
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

struct Seen {
  bool date = false, message_id = false, subject = false;
  std::size_t received = 0;
};

// Reads the header block field by field and keeps what may stay.
class HeaderReader {
 public:
  HeaderReader(Lines& lines, RawMessage& message, std::string& kept) : lines_(lines), message_(message), kept_(kept) {}

  Result<> read() {
    while (!lines_.done()) {
      const Result<std::string_view> line = lines_.next();
      if (!line) return std::unexpected(line.error());
      if (line->empty()) {
        ended_ = true;
        break;
      }
      const bool continues = line->front() == ' ' || line->front() == '\t';
      if (continues && field_.empty()) return bad_line(lines_.number(), "a continuation without its header field");
      if (!continues) {
        finish_field();
        const Result<> begun = begin_field(*line);
        if (!begun) return begun;
      }
      field_ += *line;
      field_ += "\r\n";
    }
    finish_field();
    return {};
  }

  const Seen& seen() const { return seen_; }
  bool ended() const { return ended_; }  // by an empty line

 private:
  Result<> begin_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos)
      return bad_line(lines_.number(), "not a header field; an empty line ends the header");
    // RFC 5322 §4.5: white space before the colon is obsolete, but the name means the same.
    const std::string_view name = trim(line.substr(0, colon));
    if (!is_field_name(name)) return bad_line(lines_.number(), "a header field's name may only have printable ASCII");
    name_ = to_lower(name);
    value_at_ = colon + 1;
    return {};
  }

  void finish_field() {
    if (field_.empty()) return;
    const std::string_view value = std::string_view(field_).substr(value_at_);
    if (name_ == "date") seen_.date = true;
    if (name_ == "message-id") seen_.message_id = true;
    if (name_ == "subject" && !std::exchange(seen_.subject, true)) message_.subject = decode_text(value);
    if (name_ == "received") ++seen_.received;
    const bool hidden = name_ == "bcc" || name_ == "resent-bcc" || name_.starts_with("x-postroom-");
    if (!hidden) kept_ += field_;
    field_.clear();
  }

  Lines& lines_;
  RawMessage& message_;
  std::string& kept_;
  std::string field_;  // whole, with its continuations
  std::string name_;
  std::size_t value_at_ = 0;
  Seen seen_;
  bool ended_ = false;
};

}  // namespace

Result<RawMessage> freeze_raw(std::string_view given, const RawAdditions& additions) {
  if (given.empty()) return fail(ErrorCode::invalid, "the message is empty");
  RawMessage message;
  Lines lines(given);
  std::string header;
  HeaderReader reader(lines, message, header);
  const Result<> read = reader.read();
  if (!read) return std::unexpected(read.error());
  // RFC 5321 §6.3: so many hops are a loop, most likely one of our own connections that leads back to us.
  if (reader.seen().received > limits::received_fields)
    return fail(ErrorCode::invalid,
                fmt::format("more than {} Received fields: it goes in a circle", limits::received_fields));

  std::string& content = message.content;
  content.reserve(given.size() + given.size() / 32 + 512);
  if (!additions.received.empty()) content += "Received: " + additions.received + "\r\n";
  if (!reader.seen().date) append_field(content, "Date", format_rfc5322(additions.date));
  if (!reader.seen().message_id) append_field(content, "Message-ID", fmt::format("<{}>", additions.message_id));
  content += header;
  message.utf8_header = !is_ascii(header) && is_valid_utf8(header);
  if (reader.ended()) content += "\r\n";
  while (!lines.done()) {
    const Result<std::string_view> line = lines.next();
    if (!line) return std::unexpected(line.error());
    content += *line;
    content += "\r\n";
  }
  message.eight_bit = !is_ascii(content);
  return message;
}

}  // namespace postroom::mime
