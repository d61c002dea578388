// MAIL, RCPT and DATA of ServerSession (RFC 5321 §4.1.1.2–4).
#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/text.h"
#include "smtp/dot_transparency.h"
#include "smtp/server_session.h"

namespace postroom::smtp {
namespace {

struct Path {
  std::string_view address;
  std::size_t bytes;                    // with its source route
  std::vector<std::string> parameters;  // upper case
};

// "FROM:<ann@example.org> SIZE=17" after its keyword (RFC 5321 §4.1.1.2). nullopt when it is malformed.
std::optional<Path> parse_path(std::string_view arguments, std::string_view keyword) {
  if (!starts_with_ignoring_case(arguments, keyword)) return std::nullopt;
  arguments.remove_prefix(keyword.size());
  if (arguments.starts_with(' ')) arguments.remove_prefix(1);  // a common slip, harmless
  if (!arguments.starts_with('<')) return std::nullopt;
  bool quoted = false;
  std::size_t end = 1;
  for (; end < arguments.size() && (quoted || arguments[end] != '>'); ++end) {
    if (quoted && arguments[end] == '\\')
      ++end;
    else if (arguments[end] == '"')
      quoted = !quoted;
  }
  if (end >= arguments.size()) return std::nullopt;
  Path path{arguments.substr(1, end - 1), end - 1, {}};
  const std::string_view rest = arguments.substr(end + 1);
  if (!rest.empty() && rest[0] != ' ') return std::nullopt;
  for (const std::string_view parameter : split(trim(rest), ' '))
    if (!parameter.empty()) path.parameters.push_back(to_upper(parameter));
  // RFC 5321 §4.1.1.3, appendix C: a source route is taken and ignored.
  const std::size_t route_end = path.address.starts_with('@') ? path.address.find(':') : std::string_view::npos;
  if (route_end != std::string_view::npos) {
    path.address.remove_prefix(route_end + 1);
    if (path.address.empty()) return std::nullopt;  // a route to nobody is no null sender
  }
  return path;
}

struct Complaint {
  int code;
  const char* text;
};

// One parameter of MAIL, put into the envelope; what is wrong with it.
std::optional<Complaint> take_parameter(std::string_view parameter, std::uint64_t largest, mail::Envelope& envelope) {
  if (parameter == "BODY=8BITMIME") {
    envelope.body = mail::BodyType::eight_bit_mime;
  } else if (parameter == "SMTPUTF8") {
    envelope.smtputf8 = true;
  } else if (parameter.starts_with("SIZE=")) {  // RFC 1870
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(parameter.data() + 5, parameter.data() + parameter.size(), size);
    if (error == std::errc::result_out_of_range) return Complaint{552, "5.3.4 Message too large"};
    if (error != std::errc() || end != parameter.data() + parameter.size())
      return Complaint{501, "5.5.4 SIZE is a number"};
    if (size > largest) return Complaint{552, "5.3.4 Message too large"};
  } else if (parameter.starts_with("BODY=") && parameter != "BODY=7BIT") {
    return Complaint{501, "5.5.4 BODY is 7BIT or 8BITMIME"};
  } else if (parameter != "BODY=7BIT" && !parameter.starts_with("AUTH=")) {  // RFC 4954 §5: nobody is trusted so far
    return Complaint{555, "5.5.4 Parameter not recognised"};
  }
  return std::nullopt;
}

std::string no_smtputf8(std::string_view what) {
  return "5.6.7 " + std::string(what) + " is not ASCII: say SMTPUTF8 with MAIL";
}

}  // namespace

void ServerSession::reset() {
  envelope_.reset();
  refused_here_ = 0;
}

void ServerSession::start_mail(std::string_view arguments) {
  if (helo_.empty()) return blame(503, "5.5.1 Say EHLO first");
  if (envelope_) return blame(503, "5.5.1 A transaction is open already");
  if (options_.require_authentication && !authenticated_) return blame(530, "5.7.0 Authentication required");
  const std::optional<Path> path = parse_path(arguments, "FROM:");
  if (!path) return blame(501, "5.5.4 Write MAIL FROM:<address>");
  if (path->bytes > limits::path) return blame(501, "5.1.7 Path too long");
  mail::Envelope envelope;
  for (const std::string& parameter : path->parameters)
    if (const std::optional<Complaint> wrong = take_parameter(parameter, options_.message_bytes, envelope))
      return blame(wrong->code, wrong->text);
  if (!envelope.smtputf8 && !is_ascii(path->address)) return blame(553, no_smtputf8("The sender"));
  if (!path->address.empty()) {
    Result<mail::Address> address = mail::parse_address(path->address);
    if (!address) return blame(501, "5.1.7 " + address.error().message);
    envelope.reverse_path = std::move(*address);
  }
  const mail::Reply reply = handler_.sender(envelope.reverse_path);
  if (reply.positive()) envelope_ = std::move(envelope);
  say(reply);
}

// What is wrong with one recipient is no error of the session: the others go on.
void ServerSession::add_recipient(std::string_view arguments) {
  if (!envelope_) return blame(503, "5.5.1 Say MAIL first");
  const std::optional<Path> path = parse_path(arguments, "TO:");
  if (!path) return blame(501, "5.5.4 Write RCPT TO:<address>");
  if (!path->parameters.empty()) return blame(555, "5.5.4 Parameter not recognised");
  if (envelope_->recipients.size() >= options_.recipients) {
    ++refused_here_;
    return say(452, "4.5.3 Too many recipients: send the rest as another message");
  }
  const auto refuse = [this](int code, const std::string& text) {
    ++refused_here_;
    say(code, text);
  };
  if (path->bytes > limits::path) return refuse(501, "5.1.3 Path too long");
  if (!envelope_->smtputf8 && !is_ascii(path->address)) return refuse(553, no_smtputf8("The recipient"));
  Result<mail::Address> address = mail::parse_address(path->address);
  if (!address) return refuse(501, "5.1.3 " + address.error().message);
  const mail::Reply reply = handler_.recipient(*address);
  if (reply.positive())
    envelope_->recipients.push_back(std::move(*address));
  else
    ++refused_here_;
  say(reply);
}

async::Task<ServerSession::Next> ServerSession::data() {
  if (!envelope_) {
    blame(503, "5.5.1 Say MAIL first");
    co_return Next::go_on;
  }
  if (envelope_->recipients.empty()) {
    blame(554, "5.5.1 No valid recipients");
    co_return Next::go_on;
  }
  constexpr std::string_view no_memory = "4.3.1 Too many messages are under way; send it again in a moment";
  if (!options_.memory->has_room()) {
    say(452, no_memory);
    co_return Next::go_on;
  }
  MessageMemory::Share held(options_.memory);
  bool fits = true;
  say(354, "End with a dot on a line of its own");
  if (!co_await flush()) co_return Next::close;
  DotDecoder decoder(options_.message_bytes);
  Monotonic end = loop_.now() + options_.data_patience;
  while (!decoder.done()) {
    stream_->set_deadline(end);
    const Result<std::string_view> bytes = co_await reader_.peek();
    if (!bytes && bytes.error().code == ErrorCode::timeout) {
      stream_->set_deadline(loop_.now() + options_.command_patience);
      say(421, "4.4.2 " + options_.host_name + " Timed out in the message, closing");
    }
    if (!bytes || bytes->empty()) co_return Next::close;
    const std::size_t taken = decoder.push(*bytes);
    reader_.consume(taken);
    fits = fits && held.grow(taken);
    if (!fits) decoder.discard();
    // However fast it began: a message that stops holds its memory no longer than one that never began.
    const Duration earned = std::chrono::nanoseconds(std::chrono::seconds(1)) * taken / options_.data_bytes_per_second;
    end = std::min(end + earned, loop_.now() + options_.data_patience);
  }
  mail::Envelope envelope = std::move(*envelope_);
  reset();
  const bool bare = decoder.has_bare_cr_or_lf();
  if (!fits) {
    say(452, no_memory);
  } else if (decoder.too_large()) {
    blame(552, "5.3.4 Message too large");
  } else if (bare && options_.bare_line_ends == BareLineEnds::refused) {
    blame(554, "5.6.0 A bare CR or LF in the message; lines end in CR LF");
  } else if (decoder.has_nul()) {
    blame(554, "5.6.0 A NUL byte in the message");
  } else {
    std::string content = decoder.take_body();
    const mail::Reply reply =
        co_await handler_.message(std::move(envelope), bare ? with_crlf_lines(content) : std::move(content));
    if (reply.positive()) errors_ = idle_commands_ = 0;
    say(reply);
  }
  co_return Next::go_on;
}

}  // namespace postroom::smtp
