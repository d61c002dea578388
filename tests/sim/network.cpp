#include "sim/network.h"

#include <algorithm>
#include <utility>

#include "async/task_group.h"
#include "net/stream_pair.h"
#include "sim/provider.h"
#include "sim/topology.h"

namespace postroom::sim {
namespace {

using store::ConnectionId;

// A changed setting binds sessions that are asked for from then on; looking the name up takes up to this long.
constexpr Duration opening_takes = std::chrono::seconds(5);
constexpr Duration flap = std::chrono::seconds(7);

ConnectionId connection_at(const net::Endpoint& endpoint) {
  return std::stoi(endpoint.address.text.substr(std::string("192.0.2.").size())) / 10;
}

std::string named(ConnectionId id) {
  return "connection " + std::to_string(id);
}

// The engine's end of a session.
class WatchedStream final : public net::Stream {
 public:
  WatchedStream(World& world, net::StreamPtr lower)
      : world_(world), lower_(std::move(lower)), over_(connection_at(lower_->peer())) {}
  ~WatchedStream() override { --world_.providers[over_].sessions; }

  async::Task<Result<std::size_t>> read_some(std::span<char> into) override { return lower_->read_some(into); }
  async::Task<Result<void>> write(std::string_view bytes) override {
    world_.active[over_] = world_.time;
    if (bytes.starts_with("MAIL FROM:<")) watch_count();
    if (bytes.find(" BODY=8BITMIME\r\n") != std::string_view::npos && !offers_eight_bit(over_))
      world_.violated("8-bit mail goes where 8BITMIME is offered", named(over_));
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
  void watch_count() {
    ++messages_;
    const bool may = world_.lately(world_.time - opened_ + opening_takes, [this](const Settings& settings) {
      const auto found = settings.connections.find(over_);
      if (found == settings.connections.end()) return false;
      return found->second.max_messages_per_session == 0 || messages_ <= found->second.max_messages_per_session;
    });
    if (!may)
      world_.violated("max_messages_per_session is kept", named(over_) + ", message " + std::to_string(messages_));
  }

  void watch(std::string_view address) {
    const store::EmailRecord* email = world_.email_to(address);
    if (email == nullptr) return world_.violated("sent mail is known", address);
    if (email->status != store::EmailStatus::sending) world_.violated("an email being sent is `sending`", address);
    if (email->in_doubt_with && *email->in_doubt_with != over_)
      world_.violated("mail in doubt stays with its connection", address);
    if (email->pinned_to && !email->in_doubt_with && *email->pinned_to != over_)
      world_.violated("pinned mail never fails over", address);
    const auto& attempts = world_.disk->attempts;
    const bool begun = std::any_of(attempts.rbegin(), attempts.rend(), [&](const auto& entry) {
      const store::AttemptRecord& attempt = entry.second.attempt;
      return attempt.email_id == email->id && attempt.status == store::AttemptStatus::in_progress &&
             attempt.connection_id == over_;
    });
    if (!begun) world_.violated("an attempt is on the disk before MAIL", address);
  }

  World& world_;
  net::StreamPtr lower_;
  ConnectionId over_;
  Monotonic opened_ = world_.time;
  std::uint32_t messages_ = 0;
};

}  // namespace

async::Task<Result<std::vector<net::IpAddress>>> SimNetwork::resolve(std::string host, Monotonic deadline) {
  const ConnectionId connection = std::stoi(host.substr(1));
  ++world_.opened[connection];
  world_.active[connection] = world_.time;
  if (world_.happens(2)) {
    co_await async::sleep_until(loop_, deadline);
    co_return fail(ErrorCode::timeout, "the name server does not answer");
  }
  if (world_.happens(2)) co_return fail(ErrorCode::not_found, "there is no host " + host);
  const std::string number = host.substr(1, 1);
  co_return std::vector<net::IpAddress>{{"192.0.2." + number + "0"}, {"192.0.2." + number + "1"}};
}

void SimNetwork::session_begins(ConnectionId connection) {
  const std::uint32_t sessions = ++world_.providers[connection].sessions;
  const bool may = world_.lately(opening_takes, [&](const Settings& settings) {
    const auto found = settings.connections.find(connection);
    return found != settings.connections.end() && sessions <= found->second.max_sessions;
  });
  if (!may) world_.violated("max_sessions is kept", named(connection) + " has " + std::to_string(sessions));
}

bool SimNetwork::is_down(ConnectionId connection) {
  if (world_.quiet) return false;
  const ProviderBook& book = world_.providers[connection];
  const bool flaps = book.temper == Temper::flapping && world_.time.ns / flap.count() % 2 == 0;
  return flaps || book.down_until > world_.time;
}

async::Task<Result<net::StreamPtr>> SimNetwork::dial(net::Endpoint to, Monotonic deadline) {
  const ConnectionId connection = connection_at(to);
  session_begins(connection);
  net::StreamPairOptions options;
  options.second = to;
  if (world_.one_in(4)) options.bytes_per_read = 1 + world_.below(40);
  if (world_.one_in(4)) options.capacity = 50 + world_.below(400);
  auto [ours, theirs] = net::stream_pair(loop_, options);
  auto watched = std::make_unique<WatchedStream>(world_, std::move(ours));  // counts from here on
  co_await async::sleep_until(loop_, loop_.now() + std::chrono::milliseconds(world_.below(30)));
  if (world_.happens(4)) {
    co_await async::sleep_until(loop_, deadline);
    world_.active[connection] = world_.time;
    co_return fail(ErrorCode::timeout, "no answer");
  }
  world_.active[connection] = world_.time;
  if (is_down(connection) || world_.happens(5)) co_return fail(ErrorCode::refused, "connection refused");
  async::start(serve(loop_, world_, connection, std::move(theirs)), [] {});
  co_return net::StreamPtr(std::move(watched));
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
