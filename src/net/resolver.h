// SystemResolver asks the operating system (getaddrinfo) on a worker thread, for each name once at a time: sessions
// that wait for one slow name take one thread, not all of them. DestinationPolicy says which addresses may be connected
// to; it is asked about the address itself, after resolution, so that no name can talk its way round it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/networks.h"
#include "net/stream.h"
#include "net/system_loop.h"

namespace postroom::net {

// What the operating system knows of a name; waits as long as it takes. Errors: not_found, unavailable.
Result<std::vector<IpAddress>> look_up(const std::string& host);

class SystemResolver final : public Resolver {
 public:
  using LookUp = std::function<Result<std::vector<IpAddress>>(const std::string& host)>;
  explicit SystemResolver(SystemLoop& loop, LookUp look_up = net::look_up)
      : loop_(loop), look_up_(std::move(look_up)) {}
  ~SystemResolver() override;
  async::Task<Result<std::vector<IpAddress>>> resolve(std::string host, Monotonic deadline) override;

 private:
  struct UnderWay;
  std::shared_ptr<UnderWay> ask(const std::string& host);

  SystemLoop& loop_;
  LookUp look_up_;
  // Those whose answer is awaited. The look-ups outlive the resolver, and find it gone.
  std::shared_ptr<std::map<std::string, std::shared_ptr<UnderWay>>> under_way_ =
      std::make_shared<std::map<std::string, std::shared_ptr<UnderWay>>>();
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
