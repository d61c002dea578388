#include "net/tcp.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <coroutine>
#include <cstring>

#include "async/signal.h"
#include "net/asio_loop.h"

namespace postroom::net {
namespace {

using boost::asio::posix::stream_descriptor;

std::string system_words(int error) {
  return std::strerror(error);
}

std::unexpected<Error> fail_errno(int error) {
  switch (error) {
    case ECONNREFUSED:
      return fail(ErrorCode::refused, "connection refused");
    case EPIPE:
    case ECONNRESET:
      return fail(ErrorCode::unreachable, "connection reset by the peer");
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ETIMEDOUT:
      return fail(ErrorCode::unreachable, system_words(error));
    default:
      return fail(ErrorCode::io, system_words(error));
  }
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Endpoint& endpoint) {
  SocketAddress address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, endpoint.address.text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(endpoint.port);
    address.length = sizeof *v4;
  } else {
    ::inet_pton(AF_INET6, endpoint.address.text.c_str(), &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(endpoint.port);
    address.length = sizeof *v6;
  }
  return address;
}

Endpoint to_endpoint(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = "";
  Endpoint endpoint;
  if (storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    endpoint.port = ntohs(v4->sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    endpoint.port = ntohs(v6->sin6_port);
  }
  endpoint.address.text = text;
  return endpoint;
}

// Waits until a descriptor is ready, a deadline passes or abort() is called: the one place where this folder sleeps.
class Readiness {
 public:
  Readiness(SystemLoop& loop, int fd) : descriptor_(loop.implementation().context, fd), timer_(loop), loop_(loop) {}

  int fd() { return descriptor_.native_handle(); }
  bool aborted() const { return aborted_; }
  bool expired() const { return deadline_ <= loop_.now(); }
  void abort() {
    aborted_ = true;
    boost::system::error_code ignored;
    descriptor_.cancel(ignored);
  }

  // The timer is lazy: most deadlines move on before they are met, so it is set only when it would ring too late.
  void set_deadline(Monotonic at) {
    deadline_ = at;
    if (at == Monotonic::never() || (timer_.armed() && timer_at_ <= at)) return;
    arm(at);
  }

  auto wait(stream_descriptor::wait_type what) {
    struct Awaiter {
      Readiness& readiness;
      stream_descriptor::wait_type what;
      bool await_ready() const { return readiness.aborted_ || readiness.expired(); }
      void await_suspend(std::coroutine_handle<> waiter) {
        readiness.descriptor_.async_wait(what, [waiter](const boost::system::error_code&) { waiter.resume(); });
      }
      void await_resume() const {}
    };
    return Awaiter{*this, what};
  }

 private:
  void arm(Monotonic at) {
    timer_at_ = at;
    timer_.arm(at, [this] {
      if (deadline_ == Monotonic::never()) return;
      if (deadline_ > loop_.now()) return arm(deadline_);
      boost::system::error_code ignored;
      descriptor_.cancel(ignored);
    });
  }

  stream_descriptor descriptor_;
  async::Timer timer_;
  SystemLoop& loop_;
  Monotonic deadline_ = Monotonic::never();
  Monotonic timer_at_{};
  bool aborted_ = false;
};

class SocketStream final : public Stream {
 public:
  SocketStream(SystemLoop& loop, int fd) : readiness_(loop, fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // refused by Unix sockets, harmlessly
    SocketAddress address;
    address.length = sizeof address.storage;
    if (::getpeername(fd, address.get(), &address.length) == 0) peer_ = to_endpoint(address.storage);
    address.length = sizeof address.storage;
    if (::getsockname(fd, address.get(), &address.length) == 0) local_ = to_endpoint(address.storage);
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (address.storage.ss_family == AF_UNIX && ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0)
      peer_uid_ = credentials.uid;
  }

  async::Task<Result<std::size_t>> read_some(std::span<char> into) override {
    for (;;) {
      if (const std::optional<Error> stop = why_stop()) co_return std::unexpected(*stop);
      const ssize_t got = ::recv(readiness_.fd(), into.data(), into.size(), MSG_DONTWAIT);
      if (got >= 0) co_return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return fail_errno(errno);
      co_await readiness_.wait(stream_descriptor::wait_read);
    }
  }

  async::Task<Result<void>> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (const std::optional<Error> stop = why_stop()) co_return std::unexpected(*stop);
      const ssize_t put = ::send(readiness_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (put >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(put));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) co_return fail_errno(errno);
      co_await readiness_.wait(stream_descriptor::wait_write);
    }
    co_return Result<void>{};
  }

  void set_deadline(Monotonic at) override { readiness_.set_deadline(at); }
  void abort() override { readiness_.abort(); }

  async::Task<void> shutdown() override {
    ::shutdown(readiness_.fd(), SHUT_WR);
    co_return;
  }

  Endpoint peer() const override { return peer_; }
  Endpoint local() const override { return local_; }
  std::optional<unsigned> peer_uid() const override { return peer_uid_; }

 private:
  std::optional<Error> why_stop() const {
    if (readiness_.aborted()) return Error{ErrorCode::canceled, "given up"};
    if (readiness_.expired()) return Error{ErrorCode::timeout, "timed out"};
    return std::nullopt;
  }

  Readiness readiness_;
  Endpoint peer_, local_;
  std::optional<unsigned> peer_uid_;
};

class SocketListener final : public Listener {
 public:
  SocketListener(SystemLoop& loop, int fd) : loop_(loop), readiness_(loop, fd) {
    SocketAddress address;
    address.length = sizeof address.storage;
    if (::getsockname(fd, address.get(), &address.length) == 0) local_ = to_endpoint(address.storage);
  }

  async::Task<Result<StreamPtr>> accept() override {
    while (!readiness_.aborted()) {
      const int fd = ::accept4(readiness_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) co_return std::make_unique<SocketStream>(loop_, fd);
      if (errno == EAGAIN) {
        co_await readiness_.wait(stream_descriptor::wait_read);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        co_await async::sleep_until(loop_, loop_.now() + std::chrono::milliseconds(50));
      }  // anything else was one peer's trouble
    }
    co_return fail(ErrorCode::canceled, "the listener is closed");
  }

  // Who comes now is refused, and need not wait for whoever is still served.
  void close() override {
    ::shutdown(readiness_.fd(), SHUT_RDWR);
    readiness_.abort();
  }
  Endpoint local() const override { return local_; }

 private:
  SystemLoop& loop_;
  Readiness readiness_;
  Endpoint local_;
};

async::Task<Result<StreamPtr>> connect(SystemLoop& loop, SocketAddress address, Monotonic deadline) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return fail_errno(errno);
  const int started = ::connect(fd, address.get(), address.length);
  const int error = started == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) {
    ::close(fd);
    co_return fail_errno(error);
  }
  if (error == EINPROGRESS) {
    const int watched = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (watched < 0) {
      const int shortage = errno;
      ::close(fd);
      co_return fail_errno(shortage);
    }
    Readiness readiness(loop, watched);
    readiness.set_deadline(deadline);
    co_await readiness.wait(stream_descriptor::wait_write);
    int outcome = 0;
    socklen_t size = sizeof outcome;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &outcome, &size);
    if (outcome != 0 || readiness.expired()) {
      ::close(fd);
      if (outcome == 0) co_return fail(ErrorCode::timeout, "the connection attempt timed out");
      co_return fail_errno(outcome);
    }
  }
  co_return std::make_unique<SocketStream>(loop, fd);
}

Result<std::unique_ptr<Listener>> listen_on(SystemLoop& loop, SocketAddress address, const std::string& name) {
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd >= 0 && address.storage.ss_family != AF_UNIX) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (fd < 0 || ::bind(fd, address.get(), address.length) != 0 || ::listen(fd, 1024) != 0) {
    const std::string words = system_words(errno);
    if (fd >= 0) ::close(fd);
    return fail(ErrorCode::io, "can't listen on " + name + ": " + words);
  }
  return std::make_unique<SocketListener>(loop, fd);
}

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress address;
  auto* unix_socket = reinterpret_cast<sockaddr_un*>(&address.storage);
  if (path.size() >= sizeof unix_socket->sun_path)
    return fail(ErrorCode::invalid, "the socket's path is too long: " + path);
  unix_socket->sun_family = AF_UNIX;
  std::memcpy(unix_socket->sun_path, path.c_str(), path.size() + 1);
  address.length = sizeof *unix_socket;
  return address;
}

}  // namespace

async::Task<Result<StreamPtr>> TcpDialer::dial(Endpoint to, Monotonic deadline) {
  return connect(loop_, to_socket_address(to), deadline);
}

Result<std::unique_ptr<Listener>> listen_tcp(SystemLoop& loop, const Endpoint& at) {
  return listen_on(loop, to_socket_address(at), to_string(at));
}

Result<std::unique_ptr<Listener>> listen_unix(SystemLoop& loop, const std::string& path, SocketUsers users) {
  const Result<SocketAddress> address = unix_address(path);
  if (!address) return std::unexpected(address.error());
  ::unlink(path.c_str());
  const mode_t before = ::umask(users == SocketUsers::owner ? 0177 : 0111);
  Result<std::unique_ptr<Listener>> listener = listen_on(loop, *address, path);
  ::umask(before);
  return listener;
}

async::Task<Result<StreamPtr>> dial_unix(SystemLoop& loop, std::string path) {
  const Result<SocketAddress> address = unix_address(path);
  if (!address) co_return std::unexpected(address.error());
  co_return co_await connect(loop, *address, loop.now() + std::chrono::seconds(5));
}

}  // namespace postroom::net
