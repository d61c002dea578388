#include "smtp/server_session.h"

#include <utility>

#include "base/text.h"

namespace postroom::smtp {
namespace {

constexpr int errors_allowed = 20;          // then the peer is only guessing
constexpr int idle_commands_allowed = 100;  // then it only holds a session
constexpr std::size_t refused_recipients_allowed = 10 * limits::recipients;
constexpr Duration handshake_patience = std::chrono::seconds(15);  // no stop may have to wait longer for a silent one

}  // namespace

ServerSession::ServerSession(async::Loop& loop, net::StreamPtr stream, net::Tls& tls, Random& random,
                             ServerHandler& handler, ServerOptions options)
    : loop_(loop),
      stream_(std::move(stream)),
      reader_(*stream_),
      tls_(tls),
      random_(random),
      handler_(handler),
      options_(std::move(options)) {}

void ServerSession::stop(Duration patience) {
  stopping_ = true;
  options_.command_patience = patience;
  if (stream_ && awaiting_command_) stream_->set_deadline(loop_.now() + patience);
}

void ServerSession::say(int code, std::string_view text) {
  replies_ += std::to_string(code);
  replies_ += ' ';
  replies_ += text;
  replies_ += "\r\n";
}

void ServerSession::say(const mail::Reply& reply) {
  if (reply.lines.empty()) return say(reply.code, "");
  for (std::size_t i = 0; i < reply.lines.size(); ++i) {
    replies_ += std::to_string(reply.code);
    replies_ += i + 1 < reply.lines.size() ? '-' : ' ';
    replies_ += reply.lines[i];
    replies_ += "\r\n";
  }
}

void ServerSession::blame(int code, std::string_view text) {
  ++errors_;
  say(code, text);
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
    next = co_await hear_command();
    if (next == Next::close) break;
    if (errors_ >= errors_allowed) {
      say(421, "4.7.0 Too many errors, closing");
      break;
    }
    if (idle_commands_ >= idle_commands_allowed) {
      say(421, "4.7.0 Too many commands without mail, closing");
      break;
    }
  }
  if (!stream_) co_return;
  co_await flush();
  co_await stream_->shutdown();
}

async::Task<ServerSession::Next> ServerSession::hear_command() {
  stream_->set_deadline(loop_.now() + options_.command_patience);
  awaiting_command_ = true;
  Result<std::string> line = co_await reader_.read_line(limits::smtp_auth_line);
  awaiting_command_ = false;
  const bool silent = !line && line.error().code == ErrorCode::timeout;
  if (stopping_ && (line || silent)) {
    stream_->set_deadline(loop_.now() + options_.command_patience);
    say(421, "4.3.2 " + options_.host_name + " Shutting down, closing");
    co_return Next::close;
  }
  if (line && !line->ends_with("\r\n")) co_return refuse_bare_lf();
  if (line && (line->size() <= limits::smtp_command_line || starts_with_ignoring_case(*line, "AUTH ")))
    co_return co_await serve_command(std::move(*line));
  if (silent) {
    stream_->set_deadline(loop_.now() + options_.command_patience);
    say(421, "4.4.2 " + options_.host_name + " Timed out, closing");
    co_return Next::close;
  }
  if (!line && line.error().code != ErrorCode::too_large) co_return Next::close;
  // RFC 5321 §4.5.3.1.9: the peer hears of it, and where the line ends the dialogue goes on.
  if (!line) {
    const Result<net::LineEnd> end = co_await reader_.skip_line(limits::smtp_skipped_line);
    if (end && *end == net::LineEnd::bare_lf) co_return refuse_bare_lf();
    if (!end) say(500, "5.5.2 Line too long");
    if (!end) co_return Next::close;
  }
  blame(500, "5.5.2 Line too long");
  co_return Next::go_on;
}

// RFC 5321 §2.3.8: a bare LF ends nothing. Whoever sends one may have been given it to send: what follows is not heard.
ServerSession::Next ServerSession::refuse_bare_lf() {
  say(500, "5.5.2 Lines end in CR LF");
  return Next::close;
}

async::Task<ServerSession::Next> ServerSession::serve_command(std::string line) {
  const std::string_view text = std::string_view(line).substr(0, line.size() - 2);
  if (has_control_characters(text)) {
    blame(500, "5.5.2 Control characters in a command");
    co_return Next::go_on;
  }
  const std::size_t space = text.find(' ');
  const std::string verb = to_upper(text.substr(0, space));
  const std::string_view arguments =
      space == std::string_view::npos ? std::string_view() : trim(text.substr(space + 1));
  if (!is_ascii(text) && verb != "MAIL" && verb != "RCPT") {
    blame(500, "5.5.2 8-bit characters in a command");
    co_return Next::go_on;
  }
  if (verb == "MAIL") {
    start_mail(arguments);
    co_return Next::go_on;
  }
  if (verb == "RCPT") {
    add_recipient(arguments);
    if (refused_here_ < refused_recipients_allowed) co_return Next::go_on;
    say(421, "4.7.0 Too many refused recipients, closing");
    co_return Next::close;
  }
  if (verb == "DATA" && arguments.empty()) co_return co_await data();
  ++idle_commands_;
  if (verb == "EHLO" || verb == "HELO") {
    hello(verb == "EHLO" ? Greeting::ehlo : Greeting::helo, arguments);
  } else if (verb == "RSET") {
    if (arguments.empty()) reset();
    arguments.empty() ? say(250, "2.0.0 Ok") : blame(501, "5.5.4 RSET takes no parameters");
  } else if (verb == "NOOP") {
    say(250, "2.0.0 Ok");
  } else if (verb == "VRFY") {
    say(252, "2.5.0 Send the message and see");
  } else if (verb == "HELP") {
    say(214, "2.0.0 This is Postroom; see RFC 5321 and RFC 6409");
  } else if (verb == "QUIT" && arguments.empty()) {
    say(221, "2.0.0 Bye");
    co_return Next::close;
  } else if (verb == "STARTTLS" && arguments.empty()) {
    co_return co_await starttls();
  } else if (verb == "AUTH") {
    co_return co_await auth(arguments);
  } else if (verb == "STARTTLS" || verb == "DATA" || verb == "QUIT") {  // RFC 3207 §4, RFC 5321 §4.1.1
    blame(501, "5.5.4 " + verb + " takes no parameters");
  } else {
    blame(verb == "EXPN" ? 502 : 500, "5.5.1 Command not known here");
  }
  co_return Next::go_on;
}

void ServerSession::hello(Greeting greeting, std::string_view arguments) {
  constexpr std::size_t longest = limits::domain;
  if (arguments.empty() || arguments.size() > longest || arguments.find(' ') != std::string_view::npos)
    return blame(501, "5.5.4 Say your host name");
  reset();
  helo_ = arguments;
  extended_ = greeting == Greeting::ehlo;
  if (!extended_) return say(250, options_.host_name);
  mail::Reply reply;
  reply.code = 250;
  reply.lines = {options_.host_name, "PIPELINING", "SIZE " + std::to_string(options_.message_bytes),
                 "8BITMIME",         "SMTPUTF8",   "ENHANCEDSTATUSCODES"};
  if (tls_.can_accept() && !encrypted()) reply.lines.emplace_back("STARTTLS");
  if (handler_.offers_authentication() && (encrypted() || options_.clear_authentication))
    reply.lines.emplace_back(handler_.offers_scram() ? "AUTH PLAIN LOGIN SCRAM-SHA-256" : "AUTH PLAIN LOGIN");
  say(reply);
}

async::Task<ServerSession::Next> ServerSession::starttls() {
  if (!tls_.can_accept() || encrypted()) {
    blame(503, "5.5.1 STARTTLS is not available");
    co_return Next::go_on;
  }
  reader_.discard_buffered();  // RFC 3207 §4.2: what was pipelined in clear after STARTTLS is dropped
  say(220, "2.0.0 Ready to start TLS");
  if (!co_await flush()) co_return Next::close;
  stream_->set_deadline(loop_.now() + handshake_patience);
  Result<net::StreamPtr> wrapped = co_await tls_.accept(std::move(stream_));
  if (!wrapped) co_return Next::close;  // the stream went down with the handshake
  stream_ = std::move(*wrapped);
  reader_.rebind(*stream_);
  reset();
  helo_.clear();
  authenticated_ = false;
  handler_.forget_authentication();
  co_return Next::go_on;
}

}  // namespace postroom::smtp
