#include "delivery/session_pool.h"

#include <utility>
#include <vector>

#include "base/assert.h"

namespace postroom::delivery {

using Opened = std::expected<std::unique_ptr<Session>, smtp::Fault>;
using OpenedSmtp = std::expected<std::unique_ptr<smtp::ClientSession>, smtp::Fault>;

async::Task<OpenedSmtp> open_session(async::Loop& loop, Network& network, smtp::ClientOptions options,
                                     std::set<smtp::ClientSession*>& opening, smtp::Conversation& conversation,
                                     smtp::PhaseObserver observer) {
  const Monotonic began = loop.now();
  Result<std::vector<net::IpAddress>> addresses =
      co_await network.resolver.resolve(options.host, began + options.deadlines.connect);
  if (observer) {
    const std::string detail =
        addresses ? (addresses->empty() ? "" : addresses->front().text) : addresses.error().message;
    observer(smtp::Phase::resolve, addresses.has_value(), detail, loop.now() - began);
  }
  if (!addresses)
    co_return std::unexpected(
        smtp::Fault{smtp::Phase::resolve, std::nullopt, addresses.error().message, addresses.error().code});
  smtp::Fault last{smtp::Phase::resolve, std::nullopt, "the host name has no address", ErrorCode::not_found};
  for (const net::IpAddress& address : *addresses) {
    if (const Result<> allowed = network.may_connect(address); !allowed) {
      last = {smtp::Phase::connect, std::nullopt, allowed.error().message, ErrorCode::refused};
      if (observer) observer(smtp::Phase::connect, false, last.detail, Duration{0});
      continue;
    }
    std::unique_ptr<smtp::ClientSession> session = smtp::ClientSession::create(loop, options);
    opening.insert(session.get());
    const auto ready = co_await session->open(network.dialer, network.tls, address, conversation, observer);
    opening.erase(session.get());
    if (ready) co_return session;
    last = ready.error();
    if (last.phase != smtp::Phase::connect || last.code == ErrorCode::canceled) break;
  }
  co_return std::unexpected(std::move(last));
}

SessionPool::SessionPool(async::Loop& loop, Network& network, smtp::ClientOptions options, std::uint32_t max_messages,
                         Duration idle, BusyPlaces busy)
    : loop_(loop),
      network_(network),
      options_(std::move(options)),
      max_messages_(max_messages),
      idle_(idle),
      busy_(std::move(busy)) {}

async::Task<Opened> SessionPool::acquire(Freshness freshness, smtp::Conversation& conversation) {
  POSTROOM_ASSERT(busy_->busy > 0);
  // Who wants a new one distrusts the kept ones; beside them it would be one session too many.
  if (freshness == Freshness::only_new) idle_sessions_.clear();
  while (!idle_sessions_.empty()) {
    std::unique_ptr<Session> session = std::move(idle_sessions_.front());
    idle_sessions_.pop_front();
    if (loop_.now() - session->idle_since > idle_) continue;  // the provider has lost patience by now
    in_use_.insert(session->smtp.get());
    conversation.note("kept session with " + session->smtp->remote());
    co_return session;
  }
  if (aborted_)
    co_return std::unexpected(
        smtp::Fault{smtp::Phase::connect, std::nullopt, "no session is opened any more", ErrorCode::canceled});
  OpenedSmtp opened = co_await open_session(loop_, network_, options_, opening_, conversation);
  if (!opened) co_return std::unexpected(opened.error());
  auto session = std::make_unique<Session>();
  session->smtp = std::move(*opened);
  offers_ = session->smtp->extensions();
  in_use_.insert(session->smtp.get());
  co_return session;
}

std::unique_ptr<Session> SessionPool::release(std::unique_ptr<Session> session) {
  POSTROOM_ASSERT(busy_->busy > 0 && session);
  in_use_.erase(session->smtp.get());
  if (retired_ || (max_messages_ != 0 && session->messages >= max_messages_)) return session;
  --busy_->busy;
  session->idle_since = loop_.now();
  idle_sessions_.push_front(std::move(session));
  return nullptr;
}

async::Task<void> SessionPool::dismiss(std::unique_ptr<Session> session) {
  in_use_.insert(session->smtp.get());  // abort() cuts this too
  co_await session->smtp->quit();
  drop(std::move(session));
}

void SessionPool::drop(std::unique_ptr<Session> session) {
  POSTROOM_ASSERT(busy_->busy > 0);
  if (session) in_use_.erase(session->smtp.get());
  session.reset();
  --busy_->busy;
}

std::vector<std::unique_ptr<Session>> SessionPool::take_idle(Monotonic idle_before) {
  std::vector<std::unique_ptr<Session>> taken;
  while (!idle_sessions_.empty() && idle_sessions_.back()->idle_since <= idle_before) {
    taken.push_back(std::move(idle_sessions_.back()));
    idle_sessions_.pop_back();
    reserve();
  }
  return taken;
}

void SessionPool::retire() {
  retired_ = true;
  idle_sessions_.clear();
}

void SessionPool::abort() {
  aborted_ = true;
  for (smtp::ClientSession* session : in_use_) session->abort();
  for (smtp::ClientSession* session : opening_) session->abort();
}

}  // namespace postroom::delivery
