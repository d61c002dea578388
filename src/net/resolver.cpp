#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <memory>

#include "async/signal.h"

namespace postroom::net {
namespace {

using Addresses = Result<std::vector<IpAddress>>;

// RFC 6052 §2.1: what a NAT64 gateway connects to for an address of the well-known prefix; empty for other addresses.
std::string behind_nat64(const std::vector<unsigned char>& bytes) {
  static const std::vector<unsigned char> prefix{0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (bytes.size() != 16 || !std::equal(prefix.begin(), prefix.end(), bytes.begin())) return {};
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, bytes.data() + prefix.size(), text, sizeof text);
  return text;
}

}  // namespace

Result<std::vector<IpAddress>> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (error == EAI_AGAIN) return fail(ErrorCode::unavailable, "the name " + host + " can't be looked up now");
  if (error != 0) return fail(ErrorCode::not_found, "the host name " + host + " does not exist");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    char text[INET6_ADDRSTRLEN] = "";
    const void* bytes = entry->ai_family == AF_INET
                            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(entry->ai_addr)->sin_addr)
                            : &reinterpret_cast<sockaddr_in6*>(entry->ai_addr)->sin6_addr;
    ::inet_ntop(entry->ai_family, bytes, text, sizeof text);
    const IpAddress address{text};
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
  return addresses;
}

struct SystemResolver::UnderWay {
  explicit UnderWay(async::Loop& loop) : done(loop) {}
  async::Signal done;
  std::optional<Addresses> answer;
};

SystemResolver::~SystemResolver() = default;

std::shared_ptr<SystemResolver::UnderWay> SystemResolver::ask(const std::string& host) {
  std::shared_ptr<UnderWay>& asked = (*under_way_)[host];
  if (asked) return asked;
  asked = std::make_shared<UnderWay>(loop_);
  loop_.offload([look_up = look_up_, all = std::weak_ptr(under_way_), asked, host]() -> async::Loop::Work {
    return [all, asked, host, answer = look_up(host)]() mutable {
      asked->answer = std::move(answer);
      asked->done.notify_all();
      if (const auto under_way = all.lock()) under_way->erase(host);
    };
  });
  return asked;
}

async::Task<Addresses> SystemResolver::resolve(std::string host, Monotonic deadline) {
  if (!address_bytes(host).empty()) co_return std::vector{IpAddress{host}};
  const std::shared_ptr<UnderWay> asked = ask(host);
  while (!asked->answer)
    if (co_await asked->done.wait(deadline) == async::Woken::by_deadline && !asked->answer)
      co_return fail(ErrorCode::timeout, "looking up " + host + " timed out");
  co_return *asked->answer;
}

Result<DestinationPolicy> DestinationPolicy::create(const std::vector<std::string>& allow,
                                                    const std::vector<std::string>& deny) {
  DestinationPolicy policy;
  Result<Networks> allowed = Networks::parse(allow);
  if (!allowed) return std::unexpected(allowed.error());
  Result<Networks> denied = Networks::parse(deny);
  if (!denied) return std::unexpected(denied.error());
  policy.allow_ = std::move(*allowed);
  policy.deny_ = std::move(*denied);
  return policy;
}

Result<> DestinationPolicy::check(const IpAddress& address) const {
  const std::vector<unsigned char> bytes = address_bytes(address.text);
  const bool unspecified = std::ranges::all_of(bytes, [](unsigned char b) { return b == 0; });  // or no address
  const bool metadata = bytes == address_bytes("fd00:ec2::254");
  const bool refused = unspecified || metadata || address.is_link_local() || deny_.contain(address) ||
                       (!allow_.empty() && !allow_.contain(address));
  const std::string inner = behind_nat64(bytes);
  if (refused || (!inner.empty() && !check({inner})))
    return fail(ErrorCode::denied, "connections to " + address.text + " are not allowed (network.allow, network.deny)");
  return {};
}

}  // namespace postroom::net
