// TCP and Unix-domain sockets behind the doors Stream, Dialer and Listener.
#pragma once

#include <memory>
#include <string>

#include "net/stream.h"
#include "net/system_loop.h"

namespace postroom::net {

class TcpDialer final : public Dialer {
 public:
  explicit TcpDialer(SystemLoop& loop) : loop_(loop) {}
  async::Task<Result<StreamPtr>> dial(Endpoint to, Monotonic deadline) override;

 private:
  SystemLoop& loop_;
};

// Errors: io, with the system's words (address in use, permission denied).
Result<std::unique_ptr<Listener>> listen_tcp(SystemLoop& loop, const Endpoint& at);
enum class SocketUsers { owner, everyone };
// A socket file of mode 0600, or 0666 for everyone; one left over by a dead process is replaced.
Result<std::unique_ptr<Listener>> listen_unix(SystemLoop& loop, const std::string& path,
                                              SocketUsers users = SocketUsers::owner);
async::Task<Result<StreamPtr>> dial_unix(SystemLoop& loop, std::string path);

}  // namespace postroom::net
