// SystemResolver asks the operating system (getaddrinfo) on a worker thread. DestinationPolicy says which addresses may
// be connected to; it is asked about the address itself, after resolution, so that no name can talk its way round it.
#pragma once

#include <string>
#include <vector>

#include "net/networks.h"
#include "net/stream.h"
#include "net/system_loop.h"

namespace postroom::net {

class SystemResolver final : public Resolver {
 public:
  explicit SystemResolver(SystemLoop& loop) : loop_(loop) {}
  async::Task<Result<std::vector<IpAddress>>> resolve(std::string host, Monotonic deadline) override;

 private:
  SystemLoop& loop_;
};

class DestinationPolicy {
 public:
  // CIDR blocks ("10.0.0.0/8", "fd00::/8"). `deny` wins over `allow`; an empty `allow` allows all. Error: invalid.
  static Result<DestinationPolicy> create(const std::vector<std::string>& allow, const std::vector<std::string>& deny);
  // Refused always: link-local addresses and fd00:ec2::254, where clouds keep their metadata services, the unspecified
  // address, which means this host, and what is no address. Error: denied.
  Result<> check(const IpAddress& address) const;

 private:
  Networks allow_, deny_;
};

}  // namespace postroom::net
