#include "net/networks.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace postroom::net {

std::vector<unsigned char> address_bytes(const std::string& text) {
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

std::string counted_as(const IpAddress& address) {
  constexpr std::size_t network_bytes = 8;
  std::vector<unsigned char> bytes = address_bytes(address.text);
  if (bytes.empty()) return address.text;
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family == AF_INET6) std::fill(bytes.begin() + network_bytes, bytes.end(), 0);
  POSTROOM_ASSERT(::inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr);
  return std::string(text.data()) + (family == AF_INET6 ? "/64" : "");
}

bool Networks::Block::contains(const std::vector<unsigned char>& address) const {
  if (address.size() != bytes.size()) return false;
  for (unsigned bit = 0; bit < prefix; ++bit)
    if (((address[bit / 8] ^ bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    Block block;
    block.bytes = address_bytes(text.substr(0, slash));
    block.prefix = static_cast<unsigned>(block.bytes.size() * 8);
    if (slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, block.prefix);
      if (error != std::errc() || stopped != end) block.bytes.clear();
    }
    if (block.bytes.empty() || block.prefix > block.bytes.size() * 8)
      return fail(ErrorCode::invalid, "not a network such as 10.0.0.0/8: " + text);
    networks.blocks_.push_back(std::move(block));
  }
  return networks;
}

bool Networks::contain(const IpAddress& address) const {
  const std::vector<unsigned char> bytes = address_bytes(address.text);
  return std::ranges::any_of(blocks_, [&](const Block& block) { return block.contains(bytes); });
}

}  // namespace postroom::net
