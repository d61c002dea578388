#include "intake/submission_server.h"

#include <utility>

#include "base/place.h"
#include "net/proxy_protocol.h"

namespace postroom::intake {
namespace {

constexpr Duration opening_patience = std::chrono::seconds(15);  // for a PROXY header and a TLS handshake
constexpr Duration farewell = std::chrono::seconds(2);           // for a peer that says nothing while we stop
constexpr Duration linger = std::chrono::seconds(2);
constexpr std::size_t turned_away_at_once = 100;

}  // namespace

async::Task<void> SubmissionServer::serve(net::Listener& listener, const ListenerPolicy& policy) {
  for (;;) {
    Result<net::StreamPtr> stream = co_await listener.accept();
    if (!stream) co_return;
    if (stopping_) continue;
    if (sessions_ < limits_.sessions)
      tasks_.spawn(meet(std::move(*stream), policy));
    else if (turned_away_ < turned_away_at_once)
      tasks_.spawn(turn_away(std::move(*stream), "Too many connections"));
  }
}

// Learns whom the stream is for, and whether there is a place.
async::Task<void> SubmissionServer::meet(net::StreamPtr stream, const ListenerPolicy& policy) {
  const Place place(sessions_);
  stream->set_deadline(loop_.now() + opening_patience);
  net::Endpoint peer = stream->peer();
  if (policy.proxies.contain(peer.address)) {
    const Result<net::Endpoint> told = co_await net::read_proxy_header(*stream);
    if (!told) co_return;
    peer = *told;
  }
  const std::string address = net::counted_as(peer.address);
  const bool own = peer.address.is_loopback() || address.empty();
  std::size_t& here = of_address_[address];
  if (!own && here >= limits_.sessions_of_an_address) {
    co_await turn_away(std::move(stream), "Too many connections from " + address);
    co_return;
  }
  {
    const Place of_address(here);
    co_await talk(std::move(stream), std::move(peer), policy);
  }
  if (here == 0) of_address_.erase(address);
}

async::Task<void> SubmissionServer::talk(net::StreamPtr stream, net::Endpoint peer, const ListenerPolicy& policy) {
  if (policy.encryption == ListenerPolicy::Encryption::from_the_first_byte) {
    Result<net::StreamPtr> wrapped = co_await tls_.accept(std::move(stream));
    if (!wrapped) co_return;
    stream = std::move(*wrapped);
  }
  smtp::ServerOptions options = options_;
  options.require_authentication = !policy.allow_unauthenticated;
  options.clear_authentication = peer.address.is_loopback() || peer.address.text.empty();
  options.bare_line_ends = policy.bare_line_ends;
  SubmissionSession handler(doors_, std::move(peer), accepted_);
  smtp::ServerSession session(loop_, std::move(stream), tls_, random_, handler, std::move(options));
  handler.serves(session);
  const auto entry = talking_.insert(talking_.end(), &session);
  if (stopping_) session.stop(farewell);
  co_await session.run();
  talking_.erase(entry);
}

async::Task<void> SubmissionServer::turn_away(net::StreamPtr stream, std::string words) {
  const Place place(turned_away_);
  stream->set_deadline(loop_.now() + linger);
  const Result<void> told =
      co_await stream->write("421 4.3.2 " + options_.host_name + " " + words + ", try again later\r\n");
  if (told) co_await stream->shutdown();
}

void SubmissionServer::shutdown() {
  stopping_ = true;
  for (smtp::ServerSession* session : talking_) session->stop(farewell);
}

async::Task<void> SubmissionServer::drain(Monotonic deadline) {
  async::Timer cut(loop_);
  cut.arm(deadline, [this] {
    for (smtp::ServerSession* session : talking_) session->abort();
  });
  co_await tasks_.join();
}

}  // namespace postroom::intake
