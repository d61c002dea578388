#include "http/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/place.h"
#include "http/forwarded.h"

namespace postroom::http {
namespace {

constexpr std::size_t read_bytes = 16 * 1024;
constexpr std::size_t linger_bytes = 1024 * 1024;
constexpr Duration linger = std::chrono::seconds(2);
constexpr std::size_t turned_away_at_once = 100;
constexpr std::size_t piece_bytes = 64 * 1024;  // of a body: what must go out within one deadline

}  // namespace

struct Server::Session {
  net::StreamPtr stream;
  RequestParser parser;
  bool idle = true;
  std::uint64_t held = 0;  // bytes of the body that is read or answered
  std::array<char, read_bytes> buffer;

  Session(net::StreamPtr s, ParserLimits limits) : stream(std::move(s)), parser(limits) {}
};

Server::Server(async::Loop& loop, Random& random, const Router& router, ServerOptions options)
    : loop_(loop), router_(router), options_(std::move(options)), id_prefix_(random.token(8)), tasks_(loop) {}

Server::~Server() = default;

async::Task<void> Server::serve(net::Listener& listener, net::Tls* tls) {
  for (;;) {
    auto stream = co_await listener.accept();
    if (!stream) co_return;
    if (stopping_) continue;
    if (open_ < options_.connections) {
      tasks_.spawn(run(std::move(*stream), tls));
    } else if (turned_away_ < turned_away_at_once) {
      tasks_.spawn(turn_away(std::move(*stream)));
    }
  }
}

void Server::shutdown() {
  stopping_ = true;
  for (Session* session : sessions_)
    if (session->idle) session->stream->abort();
}

async::Task<void> Server::drain(Monotonic deadline) {
  async::Timer cut(loop_);
  cut.arm(deadline, [this] {
    for (Session* session : sessions_) session->stream->abort();
  });
  co_await tasks_.join();
}

async::Task<void> Server::turn_away(net::StreamPtr stream) {
  const Place place(turned_away_);
  stream->set_deadline(loop_.now() + linger);
  const std::string id = next_request_id();
  const Response response = problem(503, "too_many_connections", "The server has no connection free.", id);
  const auto sent = co_await stream->write(serialize(response, BodyPart::sent, Connection::close, id, date()));
  if (sent) co_await stream->shutdown();
}

async::Task<void> Server::run(net::StreamPtr stream, net::Tls* tls) {
  const Place place(open_);  // from its arrival on: a handshake takes a place, too
  if (tls != nullptr) {
    stream->set_deadline(loop_.now() + options_.header);
    Result<net::StreamPtr> wrapped = co_await tls->accept(std::move(stream));
    if (!wrapped || stopping_) co_return;
    stream = std::move(*wrapped);
  }
  Session session(std::move(stream), options_.limits);
  const auto entry = sessions_.insert(sessions_.end(), &session);
  for (bool open = true; open && !stopping_;) {
    if (!co_await receive(session)) break;
    Request request = session.parser.take();
    request.id = next_request_id();
    introduce(session, request);
    session.stream->set_deadline(Monotonic::never());  // the handler keeps its own deadlines
    open = co_await answer(session, request);
    bodies_held_ -= std::exchange(session.held, 0);
    session.idle = session.parser.untouched();
  }
  session.idle = false;
  bodies_held_ -= std::exchange(session.held, 0);
  session.stream->set_deadline(loop_.now() + linger);
  co_await session.stream->shutdown();
  sessions_.erase(entry);
}

// Reads until a request is complete. False: the connection is over, and what there was to say has been said.
async::Task<bool> Server::receive(Session& session) {
  RequestParser& parser = session.parser;
  net::Stream& stream = *session.stream;
  auto refusal = parser.feed({});  // a pipelined request may be here already
  session.idle = parser.untouched();
  Monotonic head_deadline = loop_.now() + options_.header;
  Monotonic body_deadline{};
  bool in_body = false;
  while (!refusal && parser.state() != RequestParser::State::complete) {
    if (parser.untouched()) {
      stream.set_deadline(loop_.now() + options_.idle);
    } else if (parser.state() == RequestParser::State::head) {
      stream.set_deadline(head_deadline);
    } else {
      if (!std::exchange(in_body, true)) {
        if ((refusal = refuse_body(session))) break;
        if (parser.head().expects_continue) {
          stream.set_deadline(loop_.now() + options_.write);
          if (!co_await stream.write("HTTP/1.1 100 Continue\r\n\r\n")) co_return false;
        }
        body_deadline = loop_.now() + options_.body_grace;
      }
      stream.set_deadline(body_deadline);
    }
    const bool was_untouched = parser.untouched();
    const auto got = co_await stream.read_some(session.buffer);
    if (!got && got.error().code == ErrorCode::timeout && !was_untouched) {
      refusal = ParseRefusal{408, "request_timeout", "The request did not arrive in time."};
      break;
    }
    if (!got || *got == 0) co_return false;
    session.idle = false;
    if (was_untouched) head_deadline = loop_.now() + options_.header;
    if (in_body) {
      const Duration earned = std::chrono::nanoseconds(std::chrono::seconds(1)) * *got / options_.body_bytes_per_second;
      body_deadline = std::min(body_deadline + earned, loop_.now() + options_.body_grace);
      if ((refusal = hold(session, *got))) break;
    }
    refusal = parser.feed({session.buffer.data(), *got});
  }
  if (!refusal) co_return true;
  co_await refuse(session, *refusal);
  co_return false;
}

// Why the body that follows is not read at all.
std::optional<ParseRefusal> Server::refuse_body(const Session& session) const {
  if (!body_gate_) return std::nullopt;
  std::uint64_t bytes = 0;
  const std::string* length = session.parser.head().header("Content-Length");
  if (length != nullptr) std::from_chars(length->data(), length->data() + length->size(), bytes);
  if (length != nullptr && bytes <= limits::http_small_body) return std::nullopt;
  Request head = session.parser.head();
  introduce(session, head);
  return body_gate_(head);
}

// Counts what has come of a body: all of them together have a limit, so that no crowd of them takes the memory.
std::optional<ParseRefusal> Server::hold(Session& session, std::size_t bytes) {
  session.held += bytes;
  bodies_held_ += bytes;
  if (bodies_held_ <= options_.bodies_bytes) return std::nullopt;
  return ParseRefusal{503,
                      "busy",
                      "The server holds as many large requests as it can now; try again in a moment.",
                      {{"Retry-After", "5"}}};
}

// Who has sent it.
void Server::introduce(const Session& session, Request& request) const {
  request.peer = session.stream->peer();
  request.peer_uid = session.stream->peer_uid();
  request.over_tls = session.stream->tls().has_value();
  look_behind_proxies(request, options_.proxies);
}

async::Task<void> Server::refuse(Session& session, const ParseRefusal& refusal) {
  net::Stream& stream = *session.stream;
  const std::string id = next_request_id();
  Response response = problem(refusal.status, refusal.code, refusal.detail, id);
  for (const auto& [name, value] : refusal.headers) response.with(name, value);
  stream.set_deadline(loop_.now() + options_.write);
  if (!co_await stream.write(serialize(response, BodyPart::sent, Connection::close, id, date()))) co_return;
  // RFC 9112 §9.6: closing with unread bytes resets the connection, and the client may never see the answer.
  stream.set_deadline(loop_.now() + linger);
  for (std::size_t read = 0; read < linger_bytes;) {
    const auto got = co_await stream.read_some(session.buffer);
    if (!got || *got == 0) break;
    read += *got;
  }
}

async::Task<bool> Server::answer(Session& session, Request& request) {
  const Monotonic begun = loop_.now();
  Response response = co_await router_.route(request);
  const int status = response.status;
  const bool open = co_await send(session, request, std::move(response));
  if (observer_) observer_({&request, status, loop_.now() - begun});
  co_return open;
}

async::Task<bool> Server::send(Session& session, const Request& request, Response response) {
  BodyPart part = request.method == "HEAD" ? BodyPart::omitted : BodyPart::sent;
  if (response.stream && !request.takes_chunks) part = BodyPart::until_close;
  const bool keep = request.keep_alive && !stopping_ && part != BodyPart::until_close;
  net::Stream& stream = *session.stream;
  stream.set_deadline(loop_.now() + options_.write);
  const bool in_pieces = part == BodyPart::sent && response.body.size() > piece_bytes;
  const std::string head = serialize(response, in_pieces ? BodyPart::omitted : part,
                                     keep ? Connection::keep_alive : Connection::close, request.id, date());
  if (!co_await stream.write(head)) co_return false;
  if (in_pieces && !co_await send_pieces(session, response.body)) co_return false;
  if (response.stream && request.method != "HEAD") {
    if (part == BodyPart::until_close) co_return co_await send_until_close(session, *response.stream);
    if (!co_await send_chunks(session, *response.stream)) co_return false;
  }
  co_return keep;
}

// Each piece has a deadline of its own: over a slow line a large body takes longer than any one of them.
async::Task<bool> Server::send_pieces(Session& session, std::string_view body) {
  while (!body.empty()) {
    const std::string_view piece = body.substr(0, piece_bytes);
    session.stream->set_deadline(loop_.now() + options_.write);
    if (!co_await session.stream->write(piece)) co_return false;
    body.remove_prefix(piece.size());
  }
  co_return true;
}

async::Task<bool> Server::send_chunks(Session& session, BodySource& source) {
  for (;;) {
    const auto piece = co_await source.next();
    if (!piece) {
      session.stream->abort();
      co_return false;
    }
    session.stream->set_deadline(loop_.now() + options_.write);
    if (piece->empty()) co_return (co_await session.stream->write("0\r\n\r\n")).has_value();
    const std::string chunk = fmt::format("{:x}\r\n{}\r\n", piece->size(), *piece);
    if (!co_await session.stream->write(chunk)) co_return false;
  }
}

// Always false: the connection ends with the body, and is cut where the body breaks.
async::Task<bool> Server::send_until_close(Session& session, BodySource& source) {
  for (;;) {
    const auto piece = co_await source.next();
    if (!piece) session.stream->abort();
    if (!piece || piece->empty()) co_return false;
    session.stream->set_deadline(loop_.now() + options_.write);
    if (!co_await session.stream->write(*piece)) co_return false;
  }
}

std::string Server::next_request_id() {
  return fmt::format("{}{:08x}", id_prefix_, ++requests_);
}

const std::string& Server::date() {
  const Timestamp now = loop_.wall();
  if (now.ms / 1000 != date_second_) {
    date_second_ = now.ms / 1000;
    date_ = format_http_date(now);
  }
  return date_;
}

}  // namespace postroom::http
