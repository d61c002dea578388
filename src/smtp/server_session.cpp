#include "smtp/server_session.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/text.h"
#include "smtp/dot_transparency.h"

namespace postroom::smtp {
namespace {

constexpr int errors_allowed = 20;  // then the peer is only guessing

struct Path {
  std::string address;
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
  Path path{std::string(arguments.substr(1, end - 1)), {}};
  const std::string_view rest = arguments.substr(end + 1);
  if (!rest.empty() && rest[0] != ' ') return std::nullopt;
  for (const std::string_view parameter : split(trim(rest), ' '))
    if (!parameter.empty()) path.parameters.push_back(to_upper(parameter));
  return path;
}

}  // namespace

ServerSession::ServerSession(async::Loop& loop, net::StreamPtr stream, net::Tls& tls, ServerHandler& handler,
                             ServerOptions options)
    : loop_(loop),
      stream_(std::move(stream)),
      reader_(*stream_),
      tls_(tls),
      handler_(handler),
      options_(std::move(options)) {
  if (options_.message_bytes == 0) options_.message_bytes = limits::message_bytes;
}

void ServerSession::say(int code, std::string_view text) {
  if (code >= 500) ++errors_;
  replies_ += std::to_string(code);
  replies_ += ' ';
  replies_ += text;
  replies_ += "\r\n";
}

void ServerSession::say(const mail::Reply& reply) {
  if (reply.lines.empty()) return say(reply.code, "");
  if (reply.permanent()) ++errors_;
  for (std::size_t i = 0; i < reply.lines.size(); ++i) {
    replies_ += std::to_string(reply.code);
    replies_ += i + 1 < reply.lines.size() ? '-' : ' ';
    replies_ += reply.lines[i];
    replies_ += "\r\n";
  }
}

async::Task<bool> ServerSession::flush() {
  if (replies_.empty()) co_return true;
  stream_->set_deadline(loop_.now() + options_.command_patience);
  const std::string out = std::exchange(replies_, {});
  co_return (co_await stream_->write(out)).has_value();
}

async::Task<void> ServerSession::run() {
  say(220, options_.host_name + " ESMTP Postroom");
  for (Next next = Next::go_on; next == Next::go_on;) {
    if (!reader_.has_buffered() && !co_await flush()) co_return;
    stream_->set_deadline(loop_.now() + options_.command_patience);
    Result<std::string> line = co_await reader_.read_line(limits::smtp_command_line);
    if (!line) {
      if (line.error().code == ErrorCode::too_large) say(500, "5.5.2 Line too long");
      if (line.error().code == ErrorCode::timeout) say(421, "4.4.2 " + options_.host_name + " Timed out, closing");
      break;
    }
    if (stopping_) {
      say(421, "4.3.2 " + options_.host_name + " Shutting down, closing");
      break;
    }
    next = co_await serve_command(std::move(*line));
    if (errors_ >= errors_allowed) {
      say(421, "4.7.0 Too many errors, closing");
      break;
    }
  }
  if (!stream_) co_return;
  co_await flush();
  co_await stream_->shutdown();
}

async::Task<ServerSession::Next> ServerSession::serve_command(std::string line) {
  const std::string_view all(line);
  if (!all.ends_with("\r\n")) {  // RFC 5321 §2.3.8: a bare LF ends nothing
    say(500, "5.5.2 Lines end in CR LF");
    co_return Next::close;
  }
  const std::string_view text = all.substr(0, all.size() - 2);
  if (has_control_characters(text)) {
    say(500, "5.5.2 Control characters in a command");
    co_return Next::go_on;
  }
  const std::size_t space = text.find(' ');
  const std::string verb = to_upper(text.substr(0, space));
  const std::string_view arguments =
      space == std::string_view::npos ? std::string_view() : trim(text.substr(space + 1));
  if (!is_ascii(text) && verb != "MAIL" && verb != "RCPT") {
    say(500, "5.5.2 8-bit characters in a command");
    co_return Next::go_on;
  }
  if (verb == "EHLO" || verb == "HELO") {
    extended_ = verb == "EHLO";
    ehlo(arguments);
  } else if (verb == "MAIL") {
    start_mail(arguments);
  } else if (verb == "RCPT") {
    add_recipient(arguments);
  } else if (verb == "DATA") {
    co_return co_await data();
  } else if (verb == "RSET") {
    reset();
    say(250, "2.0.0 Ok");
  } else if (verb == "NOOP") {
    say(250, "2.0.0 Ok");
  } else if (verb == "VRFY") {
    say(252, "2.5.0 Send the message and see");
  } else if (verb == "QUIT") {
    say(221, "2.0.0 Bye");
    co_return Next::close;
  } else if (verb == "STARTTLS") {
    if (!arguments.empty()) {  // RFC 3207 §4
      say(501, "5.5.4 STARTTLS takes no parameters");
      co_return Next::go_on;
    }
    co_return co_await starttls();
  } else if (verb == "AUTH") {
    co_return co_await auth(arguments);
  } else {
    say(502, "5.5.1 Command not implemented");
  }
  co_return Next::go_on;
}

void ServerSession::ehlo(std::string_view arguments) {
  if (arguments.empty()) return say(501, "5.5.4 Say your host name");
  reset();
  helo_ = arguments;
  if (!extended_) return say(250, options_.host_name);
  mail::Reply reply;
  reply.code = 250;
  reply.lines = {options_.host_name, "PIPELINING", "SIZE " + std::to_string(options_.message_bytes),
                 "8BITMIME",         "SMTPUTF8",   "ENHANCEDSTATUSCODES"};
  if (tls_.can_accept() && !encrypted()) reply.lines.emplace_back("STARTTLS");
  if (handler_.offers_authentication() && (encrypted() || options_.clear_authentication))
    reply.lines.emplace_back("AUTH PLAIN LOGIN");
  say(reply);
}

async::Task<ServerSession::Next> ServerSession::starttls() {
  if (!tls_.can_accept() || encrypted()) {
    say(503, "5.5.1 STARTTLS is not available");
    co_return Next::go_on;
  }
  reader_.discard_buffered();  // RFC 3207 §4.2: what was pipelined in clear after STARTTLS is dropped
  say(220, "2.0.0 Ready to start TLS");
  if (!co_await flush()) co_return Next::close;
  Result<net::StreamPtr> wrapped = co_await tls_.accept(std::move(stream_));
  if (!wrapped) co_return Next::close;  // the stream went down with the handshake
  stream_ = std::move(*wrapped);
  reader_.rebind(*stream_);
  reset();  // RFC 3207 §4.2: what was learned from the client before TLS is forgotten
  helo_.clear();
  authenticated_ = false;
  co_return Next::go_on;
}

// Sends a 334 and reads its answer, decoded; nullopt when it is none ("*" gives up).
async::Task<std::optional<std::string>> ServerSession::ask(std::string_view challenge) {
  say(334, base64_encode(challenge));
  if (!co_await flush()) co_return std::nullopt;
  Result<std::string> line = co_await reader_.read_line(limits::smtp_auth_line);
  std::string answer;
  if (!line || !line->ends_with("\r\n")) co_return std::nullopt;
  if (!base64_decode(std::string_view(*line).substr(0, line->size() - 2), answer)) co_return std::nullopt;
  co_return answer;
}

async::Task<ServerSession::Next> ServerSession::auth(std::string_view arguments) {
  if (!handler_.offers_authentication() || helo_.empty() || authenticated_ || envelope_) {
    say(503, "5.5.1 AUTH is not possible now");
    co_return Next::go_on;
  }
  if (!encrypted() && !options_.clear_authentication) {
    say(538, "5.7.11 Encryption required for AUTH: use STARTTLS first");
    co_return Next::go_on;
  }
  const std::size_t space = arguments.find(' ');
  const std::string mechanism = to_upper(arguments.substr(0, space));
  std::optional<std::string> initial;
  if (space != std::string_view::npos) {
    std::string decoded;
    const std::string_view given = trim(arguments.substr(space + 1));
    if (given != "=" && !base64_decode(given, decoded)) {
      say(501, "5.5.2 Not base64");
      co_return Next::go_on;
    }
    initial = decoded;
  }
  std::string username, password;
  if (mechanism == "PLAIN") {
    const std::optional<std::string> response = initial ? initial : co_await ask("");
    const std::vector<std::string_view> parts = response ? split(*response, '\0') : std::vector<std::string_view>{};
    if (parts.size() != 3) {
      say(501, "5.5.2 Not a PLAIN response");
      co_return Next::go_on;
    }
    username = parts[1];
    password = parts[2];
  } else if (mechanism == "LOGIN") {
    const std::optional<std::string> name = initial ? initial : co_await ask("Username:");
    const std::optional<std::string> word = name ? co_await ask("Password:") : std::nullopt;
    if (!word) {
      say(501, "5.5.2 AUTH given up");
      co_return Next::go_on;
    }
    username = *name;
    password = *word;
  } else {
    say(504, "5.5.4 Mechanism not supported");
    co_return Next::go_on;
  }
  switch (co_await handler_.authenticate(username, Secret(password))) {
    case ServerHandler::Login::granted:
      authenticated_ = true;
      say(235, "2.7.0 Authenticated");
      break;
    case ServerHandler::Login::denied:
      say(535, "5.7.8 Wrong user name or password");
      break;
    case ServerHandler::Login::unavailable:
      say(454, "4.7.0 Can't check the password now");
      break;
  }
  co_return Next::go_on;
}

void ServerSession::start_mail(std::string_view arguments) {
  if (helo_.empty()) return say(503, "5.5.1 Say EHLO first");
  if (envelope_) return say(503, "5.5.1 A transaction is open already");
  if (options_.require_authentication && !authenticated_) return say(530, "5.7.0 Authentication required");
  const std::optional<Path> path = parse_path(arguments, "FROM:");
  if (!path) return say(501, "5.5.4 Write MAIL FROM:<address>");
  if (path->address.size() > limits::path) return say(501, "5.1.7 Path too long");
  mail::Envelope envelope;
  for (const std::string& parameter : path->parameters) {
    if (parameter == "BODY=8BITMIME") {
      envelope.body = mail::BodyType::eight_bit_mime;
    } else if (parameter == "SMTPUTF8") {
      envelope.smtputf8 = true;
    } else if (parameter.starts_with("SIZE=")) {
      std::uint64_t size = 0;
      const auto [end, error] = std::from_chars(parameter.data() + 5, parameter.data() + parameter.size(), size);
      if (error == std::errc::result_out_of_range || size > options_.message_bytes)
        return say(552, "5.3.4 Message too large");
      if (error != std::errc() || end != parameter.data() + parameter.size()) return say(501, "5.5.4 SIZE is a number");
    } else if (parameter != "BODY=7BIT" && !parameter.starts_with("AUTH=")) {
      return say(555, "5.5.4 Parameter not recognised");
    }
  }
  if (!path->address.empty()) {
    Result<mail::Address> address = mail::parse_address(path->address);
    if (!address) return say(501, "5.1.7 " + address.error().message);
    envelope.reverse_path = std::move(*address);
  }
  const mail::Reply reply = handler_.sender(envelope.reverse_path);
  if (reply.positive()) envelope_ = std::move(envelope);
  say(reply);
}

void ServerSession::add_recipient(std::string_view arguments) {
  if (!envelope_) return say(503, "5.5.1 Say MAIL first");
  const std::optional<Path> path = parse_path(arguments, "TO:");
  if (!path) return say(501, "5.5.4 Write RCPT TO:<address>");
  if (!path->parameters.empty()) return say(555, "5.5.4 Parameter not recognised");
  if (envelope_->recipients.size() >= options_.recipients) return say(452, "4.5.3 Too many recipients");
  Result<mail::Address> address = mail::parse_address(path->address);
  if (!address) return say(501, "5.1.3 " + address.error().message);
  const mail::Reply reply = handler_.recipient(*address);
  if (reply.positive()) envelope_->recipients.push_back(std::move(*address));
  say(reply);
}

async::Task<ServerSession::Next> ServerSession::data() {
  if (!envelope_) {
    say(503, "5.5.1 Say MAIL first");
    co_return Next::go_on;
  }
  if (envelope_->recipients.empty()) {
    say(554, "5.5.1 No valid recipients");
    co_return Next::go_on;
  }
  say(354, "End with a dot on a line of its own");
  if (!co_await flush()) co_return Next::close;
  DotDecoder decoder(options_.message_bytes);
  while (!decoder.done()) {
    stream_->set_deadline(loop_.now() + options_.data_patience);
    const Result<std::string> chunk = co_await reader_.read_chunk();
    if (!chunk || chunk->empty()) co_return Next::close;
    const std::size_t taken = decoder.push(*chunk);
    if (taken < chunk->size()) reader_.unread(std::string_view(*chunk).substr(taken));
  }
  mail::Envelope envelope = std::move(*envelope_);
  reset();
  if (decoder.too_large()) {
    say(552, "5.3.4 Message too large");
  } else if (decoder.has_bare_cr_or_lf()) {
    say(554, "5.6.0 A bare CR or LF in the message; lines end in CR LF");
  } else if (decoder.has_nul()) {
    say(554, "5.6.0 A NUL byte in the message");
  } else {
    say(co_await handler_.message(std::move(envelope), decoder.take_body()));
  }
  co_return Next::go_on;
}

}  // namespace postroom::smtp
