// SimNetwork is the network and its providers: each dial reaches a small SMTP server of its own, which misbehaves as
// its temper and chance have it. Every byte the engine writes is watched: no RCPT may leave without its attempt on the
// disk, no session carries more messages and no connection has more sessions than its settings allow.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "async/loop.h"
#include "net/stream.h"
#include "sim/world.h"

namespace postroom::sim {

class SimNetwork final : public net::Dialer, public net::Resolver, public net::Tls {
 public:
  SimNetwork(async::Loop& loop, World& world) : loop_(loop), world_(world) {}

  // "c2.example" is connection 2's host; its addresses are 192.0.2.20 and 192.0.2.21.
  async::Task<Result<std::vector<net::IpAddress>>> resolve(std::string host, Monotonic deadline) override;
  async::Task<Result<net::StreamPtr>> dial(net::Endpoint to, Monotonic deadline) override;
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr lower, net::TlsClientPolicy policy) override;
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr lower) override;
  bool can_accept() const override { return false; }

 private:
  void session_begins(store::ConnectionId connection);
  bool is_down(store::ConnectionId connection);

  async::Loop& loop_;
  World& world_;
};

}  // namespace postroom::sim
