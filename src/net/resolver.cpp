#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "async/signal.h"

namespace postroom::net {
namespace {

using Addresses = Result<std::vector<IpAddress>>;

// The address's bytes, an IPv4-mapped one as its 4; empty when the text is no address.
std::vector<unsigned char> bytes_of(const std::string& text) {
  std::vector<unsigned char> bytes(16);
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) {
    bytes.resize(4);
    return bytes;
  }
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return {};
  const bool mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; }) &&
                      bytes[10] == 0xff && bytes[11] == 0xff;
  if (mapped) bytes.erase(bytes.begin(), bytes.begin() + 12);
  return bytes;
}

// RFC 6052 §2.1: what a NAT64 gateway connects to for an address of the well-known prefix; empty for other addresses.
std::string behind_nat64(const std::vector<unsigned char>& bytes) {
  static const std::vector<unsigned char> prefix{0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
  if (bytes.size() != 16 || !std::equal(prefix.begin(), prefix.end(), bytes.begin())) return {};
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, bytes.data() + prefix.size(), text, sizeof text);
  return text;
}

Addresses look_up(const std::string& host) {
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

// Shared by the waiter and the worker: whichever ends first leaves it to the other.
struct LookUp {
  explicit LookUp(async::Loop& loop) : done(loop) {}
  async::Signal done;
  std::optional<Addresses> answer;
};

}  // namespace

async::Task<Addresses> SystemResolver::resolve(std::string host, Monotonic deadline) {
  if (!bytes_of(host).empty()) co_return std::vector{IpAddress{host}};
  auto look = std::make_shared<LookUp>(loop_);
  SystemLoop& loop = loop_;
  loop_.offload([look, host, &loop]() mutable {
    auto answer = std::make_shared<Addresses>(look_up(host));
    loop.post([look = std::move(look), answer] {
      look->answer = std::move(*answer);
      look->done.notify_all();
    });
  });
  while (!look->answer)
    if (co_await look->done.wait(deadline) == async::Woken::by_deadline && !look->answer)
      co_return fail(ErrorCode::timeout, "looking up " + host + " timed out");
  co_return std::move(*look->answer);
}

bool DestinationPolicy::Block::contains(const std::vector<unsigned char>& address) const {
  if (address.size() != bytes.size()) return false;
  for (unsigned bit = 0; bit < prefix; ++bit)
    if (((address[bit / 8] ^ bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

Result<std::vector<DestinationPolicy::Block>> DestinationPolicy::parse(const std::vector<std::string>& texts) {
  std::vector<Block> blocks;
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    Block block;
    block.bytes = bytes_of(text.substr(0, slash));
    block.prefix = static_cast<unsigned>(block.bytes.size() * 8);
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, block.prefix);
      if (error != std::errc() || stopped != end) block.bytes.clear();
    }
    if (block.bytes.empty() || block.prefix > block.bytes.size() * 8)
      return fail(ErrorCode::invalid, "not a network such as 10.0.0.0/8: " + text);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

Result<DestinationPolicy> DestinationPolicy::create(const std::vector<std::string>& allow,
                                                    const std::vector<std::string>& deny) {
  DestinationPolicy policy;
  Result<std::vector<Block>> allowed = parse(allow);
  if (!allowed) return std::unexpected(allowed.error());
  Result<std::vector<Block>> denied = parse(deny);
  if (!denied) return std::unexpected(denied.error());
  policy.allow_ = std::move(*allowed);
  policy.deny_ = std::move(*denied);
  return policy;
}

Result<> DestinationPolicy::check(const IpAddress& address) const {
  const std::vector<unsigned char> bytes = bytes_of(address.text);
  const auto inside = [&](const Block& block) { return block.contains(bytes); };
  const bool unspecified = std::ranges::all_of(bytes, [](unsigned char b) { return b == 0; });  // or no address
  const bool metadata = bytes == bytes_of("fd00:ec2::254");
  const bool refused = unspecified || metadata || address.is_link_local() || std::ranges::any_of(deny_, inside) ||
                       (!allow_.empty() && std::ranges::none_of(allow_, inside));
  const std::string inner = behind_nat64(bytes);
  if (refused || (!inner.empty() && !check({inner})))
    return fail(ErrorCode::denied, "connections to " + address.text + " are not allowed (network.allow, network.deny)");
  return {};
}

}  // namespace postroom::net
