// Server speaks HTTP/1.1 on the streams of its listeners: requests of one connection are answered in order, each wait
// has a deadline, and after shutdown() every request already begun is still answered.
#pragma once

#include <functional>
#include <list>

#include "async/loop.h"
#include "async/task_group.h"
#include "base/random.h"
#include "http/parser.h"
#include "http/router.h"
#include "net/networks.h"
#include "net/stream.h"

namespace postroom::http {

struct ServerOptions {
  ParserLimits limits;
  std::size_t connections = 2000;
  Duration idle = std::chrono::seconds(75);    // between requests
  Duration header = std::chrono::seconds(10);  // from a request's first byte to the end of its head
  Duration body_grace = std::chrono::seconds(20);
  std::uint64_t body_bytes_per_second = 2048;  // a body may lag behind this rate by body_grace, however fast it began
  net::Networks proxies = {};                  // trusted to say who is behind them
  std::uint64_t bodies_bytes = limits::http_bodies_bytes;  // of all bodies that are held at once
  Duration write = std::chrono::seconds(60);               // of an answer, or of one piece of it
};

// What an observer hears after each answer.
struct Exchange {
  const Request* request = nullptr;
  int status = 0;
  Duration took{};
};

class Server {
 public:
  Server(async::Loop& loop, Random& random, const Router& router, ServerOptions options = {});
  ~Server();

  void on_exchange(std::function<void(const Exchange&)> observer) { observer_ = std::move(observer); }
  // Asked before a body of more than limits::http_small_body or of unknown size is read: why it will not be.
  using BodyGate = std::function<std::optional<ParseRefusal>(Request& head)>;
  void before_large_bodies(BodyGate gate) { body_gate_ = std::move(gate); }
  // Serves until the listener is closed. Several may be served at once; the listener outlives the call.
  // `tls`: spoken from the first byte on.
  async::Task<void> serve(net::Listener& listener, net::Tls* tls = nullptr);
  // Idle connections end now, the others after the request they are at. The owner closes the listeners.
  void shutdown();
  // Until every connection has ended; after `deadline` they are cut.
  async::Task<void> drain(Monotonic deadline);
  std::size_t open_connections() const { return open_; }

 private:
  struct Session;
  async::Task<void> run(net::StreamPtr stream, net::Tls* tls);
  async::Task<void> turn_away(net::StreamPtr stream);
  async::Task<bool> receive(Session& session);
  std::optional<ParseRefusal> refuse_body(const Session& session) const;
  std::optional<ParseRefusal> hold(Session& session, std::size_t bytes);
  void introduce(const Session& session, Request& request) const;
  async::Task<void> refuse(Session& session, const ParseRefusal& refusal);
  async::Task<bool> answer(Session& session, Request& request);
  async::Task<bool> send(Session& session, const Request& request, Response response);
  async::Task<bool> send_pieces(Session& session, std::string_view body);
  async::Task<bool> send_chunks(Session& session, BodySource& source);
  async::Task<bool> send_until_close(Session& session, BodySource& source);
  std::string next_request_id();
  const std::string& date();

  async::Loop& loop_;
  const Router& router_;
  ServerOptions options_;
  std::function<void(const Exchange&)> observer_;
  BodyGate body_gate_;
  std::uint64_t bodies_held_ = 0;  // bytes
  std::string id_prefix_;
  std::uint64_t requests_ = 0;
  std::int64_t date_second_ = -1;
  std::string date_;
  bool stopping_ = false;
  std::size_t open_ = 0;          // connections, with those that are at their TLS handshake
  std::list<Session*> sessions_;  // of those that speak HTTP
  std::size_t turned_away_ = 0;
  async::TaskGroup tasks_;
};

}  // namespace postroom::http
