// AUTH of ServerSession (RFC 4954).
#include <utility>
#include <vector>

#include "base/text.h"
#include "smtp/server_session.h"

namespace postroom::smtp {
namespace {

constexpr int failed_logins_allowed = 3;
constexpr std::size_t nonce_characters = 24;

}  // namespace

// Sends a 334 and reads its answer, decoded; nullopt when it is none ("*" gives up).
async::Task<std::optional<std::string>> ServerSession::ask(std::string_view challenge) {
  say(334, base64_encode(challenge));
  if (!co_await flush()) co_return std::nullopt;
  const Result<std::string> line = co_await reader_.read_line(limits::smtp_auth_line);
  bool bare = line && !line->ends_with("\r\n");
  if (!line && line.error().code == ErrorCode::too_large) {
    const Result<net::LineEnd> end = co_await reader_.skip_line(limits::smtp_skipped_line);
    bare = end && *end == net::LineEnd::bare_lf;
    if (!end) stream_->abort();
  }
  if (bare) {
    refuse_bare_lf();
    co_await flush();
    stream_->abort();
  }
  std::string answer;
  if (!line || bare) co_return std::nullopt;
  if (!base64_decode(std::string_view(*line).substr(0, line->size() - 2), answer)) co_return std::nullopt;
  co_return answer;
}

// RFC 4616 §2: [authzid] NUL authcid NUL passwd. To act as someone else is not offered.
async::Task<std::optional<ServerSession::Credentials>> ServerSession::hear_plain(std::optional<std::string> initial) {
  const std::optional<std::string> response = initial ? std::move(initial) : co_await ask("");
  if (!response) co_return std::nullopt;
  const std::vector<std::string_view> parts = split(*response, '\0');
  if (parts.size() != 3 || (!parts[0].empty() && parts[0] != parts[1])) co_return std::nullopt;
  co_return Credentials{std::string(parts[1]), Secret(std::string(parts[2]))};
}

async::Task<std::optional<ServerSession::Credentials>> ServerSession::hear_login(std::optional<std::string> initial) {
  std::optional<std::string> name = initial ? std::move(initial) : co_await ask("Username:");
  if (!name) co_return std::nullopt;
  std::optional<std::string> word = co_await ask("Password:");
  if (!word) co_return std::nullopt;
  co_return Credentials{std::move(*name), Secret(std::move(*word))};
}

// RFC 5802 §5 in the frame of RFC 4954 §4: the server's proof goes in a 334, whose answer is empty. nullopt: the client
// gave up, or what it said is no SCRAM.
async::Task<std::optional<ServerHandler::Login>> ServerSession::scram(std::optional<std::string> initial) {
  ScramServer exchange(random_.token(nonce_characters));
  const std::optional<std::string> first = initial ? std::move(initial) : co_await ask("");
  const std::optional<std::string> username = first ? exchange.take_first(*first) : std::nullopt;
  if (!username) co_return std::nullopt;
  const std::optional<std::string> final = co_await ask(exchange.challenge(handler_.scram_keys(*username)));
  if (!final) co_return std::nullopt;
  const std::optional<std::string> proved = exchange.take_final(*final);
  if (!proved) co_return co_await handler_.authenticate_by_proof(*username, ServerHandler::Proof::wrong);
  if (!co_await ask(*proved)) co_return std::nullopt;
  co_return co_await handler_.authenticate_by_proof(*username, ServerHandler::Proof::right);
}

async::Task<ServerSession::Next> ServerSession::auth(std::string_view arguments) {
  if (!handler_.offers_authentication() || helo_.empty() || authenticated_ || envelope_) {
    blame(503, "5.5.1 AUTH is not possible now");
    co_return Next::go_on;
  }
  if (!encrypted() && !options_.clear_authentication) {
    blame(538, "5.7.11 Encryption required for AUTH: use STARTTLS first");
    co_return Next::go_on;
  }
  const std::size_t space = arguments.find(' ');
  const std::string mechanism = to_upper(arguments.substr(0, space));
  std::optional<std::string> initial;
  if (space != std::string_view::npos) {
    const std::string_view given = trim(arguments.substr(space + 1));
    initial.emplace();
    if (given != "=" && !base64_decode(given, *initial)) {
      blame(501, "5.5.2 Not base64");
      co_return Next::go_on;
    }
  }
  std::optional<ServerHandler::Login> login;
  if (mechanism == "PLAIN" || mechanism == "LOGIN") {
    std::optional<Credentials> given;
    if (mechanism == "PLAIN")
      given = co_await hear_plain(std::move(initial));
    else
      given = co_await hear_login(std::move(initial));
    if (given) login = co_await handler_.authenticate(std::move(given->username), std::move(given->password));
  } else if (mechanism == "SCRAM-SHA-256" && handler_.offers_scram()) {
    login = co_await scram(std::move(initial));
  } else {
    blame(504, "5.5.4 Mechanism not supported");
    co_return Next::go_on;
  }
  if (!login) {
    blame(501, "5.5.2 Not an answer that " + mechanism + " allows");
    co_return Next::go_on;
  }
  switch (*login) {
    case ServerHandler::Login::granted:
      authenticated_ = true;
      say(235, "2.7.0 Authenticated");
      break;
    case ServerHandler::Login::denied:
      blame(535, "5.7.8 Wrong user name or password");
      if (++failed_logins_ >= failed_logins_allowed) {
        say(421, "4.7.0 Too many failed logins, closing");
        co_return Next::close;
      }
      break;
    case ServerHandler::Login::unavailable:
      say(454, "4.7.0 Can't check the password now, try again later");
      break;
  }
  co_return Next::go_on;
}

}  // namespace postroom::smtp
