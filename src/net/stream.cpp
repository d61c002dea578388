#include "net/stream.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace postroom::net {
namespace {

// The 4 bytes of an IPv4 or IPv4-mapped address; nullopt for real IPv6.
std::optional<std::array<unsigned char, 4>> v4_bytes(const std::string& text) {
  std::array<unsigned char, 4> v4{};
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return v4;
  std::array<unsigned char, 16> v6{};
  if (::inet_pton(AF_INET6, text.c_str(), v6.data()) != 1) return std::nullopt;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(v6.data(), mapped.data(), mapped.size()) != 0) return std::nullopt;
  std::memcpy(v4.data(), v6.data() + 12, 4);
  return v4;
}

std::array<unsigned char, 16> v6_bytes(const std::string& text) {
  std::array<unsigned char, 16> v6{};
  ::inet_pton(AF_INET6, text.c_str(), v6.data());
  return v6;
}

}  // namespace

bool IpAddress::is_loopback() const {
  if (const auto v4 = v4_bytes(text)) return (*v4)[0] == 127;
  std::array<unsigned char, 16> one{};
  one[15] = 1;
  return v6_bytes(text) == one;
}

bool IpAddress::is_link_local() const {
  if (const auto v4 = v4_bytes(text)) return (*v4)[0] == 169 && (*v4)[1] == 254;
  const auto v6 = v6_bytes(text);
  return v6[0] == 0xfe && (v6[1] & 0xc0) == 0x80;
}

std::string to_string(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.text.find(':') != std::string::npos;
  return (v6 ? "[" + endpoint.address.text + "]" : endpoint.address.text) + ":" + std::to_string(endpoint.port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const auto bad = [] { return fail(ErrorCode::invalid, "not an address such as 127.0.0.1:8600 or [::1]:8600"); };
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  Endpoint endpoint;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (error != std::errc() || end != digits.data() + digits.size()) return bad();
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const std::string name = host == "localhost" && !bracketed ? "127.0.0.1" : std::string(host);
  const int family = bracketed ? AF_INET6 : AF_INET;  // an IPv6 address without brackets could end anywhere
  std::array<unsigned char, 16> bytes{};
  char canonical[INET6_ADDRSTRLEN] = "";
  if (::inet_pton(family, name.c_str(), bytes.data()) != 1) return bad();
  endpoint.address.text = ::inet_ntop(family, bytes.data(), canonical, sizeof canonical);
  return endpoint;
}

}  // namespace postroom::net
