#include "net/proxy_protocol.h"

#include <arpa/inet.h>

#include <array>
#include <string>

namespace postroom::net {
namespace {

constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t rest_at_most = 2048;
constexpr std::size_t source_at = proxy_prefix_bytes;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

constexpr unsigned over_tcp4 = 0x11, over_tcp6 = 0x21;

// Bytes of the two addresses and ports that a family brings; 0: none that we read.
std::size_t addresses_of(unsigned family) {
  if (family == over_tcp4) return 2 * 4 + 2 * 2;
  return family == over_tcp6 ? 2 * 16 + 2 * 2 : 0;
}

std::uint16_t big_endian_16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

async::Task<Result<std::string>> read_exactly(Stream& stream, std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t had = 0; had < count;) {
    const Result<std::size_t> got = co_await stream.read_some({bytes.data() + had, count - had});
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return fail(ErrorCode::closed, "the connection was closed");
    had += *got;
  }
  co_return bytes;
}

}  // namespace

Result<std::size_t> proxy_header_rest(std::string_view prefix) {
  const bool known = prefix.size() == proxy_prefix_bytes && prefix.starts_with(signature) &&
                     (byte_at(prefix, 12) == 0x20 || byte_at(prefix, 12) == 0x21);
  if (!known) return fail(ErrorCode::invalid, "no PROXY protocol version 2 header");
  const std::size_t rest = big_endian_16(prefix, 14);
  if (rest > rest_at_most) return fail(ErrorCode::invalid, "a PROXY header that is too long");
  // Such a one must not pass for the proxy's own connection, which may have rights that its clients have not.
  const bool speaks_for_another = byte_at(prefix, 12) == 0x21;
  if (speaks_for_another && rest < addresses_of(byte_at(prefix, 13)))
    return fail(ErrorCode::invalid, "a PROXY header that is too short for its addresses");
  return rest;
}

std::optional<Endpoint> proxied_peer(std::string_view header) {
  if (header.size() < proxy_prefix_bytes || byte_at(header, 12) != 0x21) return std::nullopt;
  const unsigned family = byte_at(header, 13);
  const bool v4 = family == over_tcp4;
  const std::size_t bytes = v4 ? 4 : 16;
  const std::size_t addresses = addresses_of(family);
  if (addresses == 0 || header.size() < source_at + addresses) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(v4 ? AF_INET : AF_INET6, header.data() + source_at, text.data(), text.size());
  return Endpoint{{text.data()}, big_endian_16(header, source_at + 2 * bytes)};
}

async::Task<Result<Endpoint>> read_proxy_header(Stream& stream) {
  Result<std::string> header = co_await read_exactly(stream, proxy_prefix_bytes);
  if (!header) co_return std::unexpected(header.error());
  const Result<std::size_t> rest = proxy_header_rest(*header);
  if (!rest) co_return std::unexpected(rest.error());
  const Result<std::string> addresses = co_await read_exactly(stream, *rest);
  if (!addresses) co_return std::unexpected(addresses.error());
  co_return proxied_peer(*header + *addresses).value_or(stream.peer());
}

}  // namespace postroom::net
