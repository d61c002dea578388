#include "sim/network.h"

#include <utility>

#include "async/task_group.h"
#include "net/stream_pair.h"
#include "sim/provider.h"

namespace postroom::sim {
namespace {

store::ConnectionId connection_at(const net::Endpoint& endpoint) {
  return std::stoi(endpoint.address.text.substr(std::string("192.0.2.").size())) / 10;
}

// The engine's end of a session.
class WatchedStream final : public net::Stream {
 public:
  WatchedStream(World& world, net::StreamPtr lower) : world_(world), lower_(std::move(lower)) {}

  async::Task<Result<std::size_t>> read_some(std::span<char> into) override { return lower_->read_some(into); }
  async::Task<Result<void>> write(std::string_view bytes) override {
    constexpr std::string_view command = "RCPT TO:<";
    for (std::size_t at = bytes.find(command); at != std::string_view::npos; at = bytes.find(command, at + 1)) {
      const std::string_view rest = bytes.substr(at + command.size());
      watch(rest.substr(0, rest.find('>')));
    }
    return lower_->write(bytes);
  }
  void set_deadline(Monotonic at) override { lower_->set_deadline(at); }
  void abort() override { lower_->abort(); }
  async::Task<void> shutdown() override { return lower_->shutdown(); }
  net::Endpoint peer() const override { return lower_->peer(); }
  net::Endpoint local() const override { return lower_->local(); }

 private:
  void watch(std::string_view address) {
    const store::ConnectionId over = connection_at(peer());
    const store::EmailRecord* email = world_.email_to(address);
    if (email == nullptr) return world_.violated("sent mail is known", address);
    if (email->status != store::EmailStatus::sending) world_.violated("an email being sent is `sending`", address);
    if (email->in_doubt_with && *email->in_doubt_with != over)
      world_.violated("mail in doubt stays with its connection", address);
    if (email->pinned_to && *email->pinned_to != over) world_.violated("pinned mail never fails over", address);
    for (const auto& [id, row] : world_.disk->attempts)
      if (row.attempt.email_id == email->id && row.attempt.status == store::AttemptStatus::in_progress &&
          row.attempt.connection_id == over)
        return;
    world_.violated("an attempt is on the disk before MAIL", address);
  }

  World& world_;
  net::StreamPtr lower_;
};

}  // namespace

async::Task<Result<std::vector<net::IpAddress>>> SimNetwork::resolve(std::string host, Monotonic deadline) {
  if (world_.happens(2)) {
    co_await async::sleep_until(loop_, deadline);
    co_return fail(ErrorCode::timeout, "the name server does not answer");
  }
  if (world_.happens(2)) co_return fail(ErrorCode::not_found, "there is no host " + host);
  const std::string number = host.substr(1, 1);
  co_return std::vector<net::IpAddress>{{"192.0.2." + number + "0"}, {"192.0.2." + number + "1"}};
}

async::Task<Result<net::StreamPtr>> SimNetwork::dial(net::Endpoint to, Monotonic deadline) {
  const store::ConnectionId connection = connection_at(to);
  co_await async::sleep_until(loop_, loop_.now() + std::chrono::milliseconds(world_.below(30)));
  if (world_.happens(4)) {
    co_await async::sleep_until(loop_, deadline);
    co_return fail(ErrorCode::timeout, "no answer");
  }
  const bool down = !world_.quiet && world_.down_until[connection] > loop_.wall();
  if (down || world_.happens(5)) co_return fail(ErrorCode::refused, "connection refused");
  net::StreamPairOptions options;
  options.second = to;
  if (world_.below(4) == 0) options.bytes_per_read = 1 + world_.below(40);
  if (world_.below(4) == 0) options.capacity = 50 + world_.below(400);
  auto [ours, theirs] = net::stream_pair(loop_, options);
  async::start(serve(loop_, world_, connection, std::move(theirs)), [] {});
  co_return std::make_unique<WatchedStream>(world_, std::move(ours));
}

// The handshake is pretended; its bytes are in clear.
async::Task<Result<net::StreamPtr>> SimNetwork::connect(net::StreamPtr lower, net::TlsClientPolicy) {
  if (world_.happens(2)) co_return fail(ErrorCode::tls, "the certificate has expired");
  co_return std::move(lower);
}

async::Task<Result<net::StreamPtr>> SimNetwork::accept(net::StreamPtr) {
  co_return fail(ErrorCode::tls, "not here");
}

}  // namespace postroom::sim
