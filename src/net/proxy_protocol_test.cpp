#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "async/sim_loop.h"
#include "net/line_reader.h"
#include "net/stream_pair.h"

namespace postroom::net {
namespace {

using namespace std::string_literals;

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string v4 = "\xcb\0\x71\x07\x7f\0\0\x01\x9c\x40\0\x19"s;  // 203.0.113.7:40000 to 127.0.0.1:25
const std::string v6 =
    "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07"s + std::string(16, '\0') + "\x9c\x40\0\x19"s;

std::string header(unsigned command, unsigned family, const std::string& rest) {
  std::string bytes = signature;
  bytes += static_cast<char>(command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(rest.size() >> 8);
  bytes += static_cast<char>(rest.size() & 255);
  return bytes + rest;
}

constexpr const char* refused = "refused";
constexpr const char* itself = "192.0.2.1:40000";

// Whom the header speaks for; what follows it must still be there.
std::string peer_of(const std::string& bytes, std::size_t bytes_per_read) {
  async::SimLoop loop;
  StreamPairOptions options;
  options.bytes_per_read = bytes_per_read;
  auto [near, far] = stream_pair(loop, options);
  loop.run(near->write(bytes + "EHLO me\r\n"));
  loop.run(near->shutdown());
  far->set_deadline(loop.now() + std::chrono::seconds(1));
  const Result<Endpoint> told = loop.run(read_proxy_header(*far));
  if (!told) return refused;
  LineReader reader(*far);
  EXPECT_EQ(loop.run(reader.read_line(100)).value_or(""), "EHLO me\r\n");
  return to_string(*told);
}

TEST(ProxyProtocol, SaysWhomAProxySpeaksFor) {
  const struct {
    const char* name;
    std::string bytes;
    std::string peer;
  } cases[] = {
      {"TCP over IPv4", header(0x21, 0x11, v4), "203.0.113.7:40000"},
      {"TCP over IPv6", header(0x21, 0x21, v6), "[2001:db8::7]:40000"},
      {"with more behind the addresses", header(0x21, 0x11, v4 + "\x04\0\x03xyz"s), "203.0.113.7:40000"},
      {"as long as it may be", header(0x21, 0x11, v4 + std::string(2036, 'x')), "203.0.113.7:40000"},
      {"LOCAL", header(0x20, 0x11, v4), itself},
      {"LOCAL with nothing", header(0x20, 0x00, ""), itself},
      {"LOCAL with odd bytes", header(0x20, 0x77, "odd"), itself},
      {"no family", header(0x21, 0x00, ""), itself},
      {"UDP", header(0x21, 0x12, v4), itself},
      {"a Unix socket", header(0x21, 0x31, std::string(216, 'x')), itself},
      {"too short for IPv4", header(0x21, 0x11, v4.substr(1)), refused},
      {"too short for IPv6", header(0x21, 0x21, v6.substr(1)), refused},
      {"no addresses", header(0x21, 0x11, ""), refused},
      {"too long", header(0x21, 0x11, v4 + std::string(2037, 'x')), refused},
      {"far too long", header(0x21, 0x11, std::string(65535, 'x')), refused},
      {"version 1", "PROXY TCP4 203.0.113.7 127.0.0.1 40000 25\r\n", refused},
      {"version 3", header(0x31, 0x11, v4), refused},
      {"an unknown command", header(0x22, 0x11, v4), refused},
      {"another signature", "\r\n\r\n\0\r\nQUIZ\n"s + header(0x21, 0x11, v4).substr(12), refused},
      {"nothing", "", refused},
  };
  for (const auto& c : cases)
    for (const std::size_t bytes_per_read : {1U, 5U, 4096U})
      EXPECT_EQ(peer_of(c.bytes, bytes_per_read), c.peer) << c.name;
}

TEST(ProxyProtocol, TakesNoHeaderThatEndsEarly) {
  const std::string whole = header(0x21, 0x21, v6);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    async::SimLoop loop;
    auto [near, far] = stream_pair(loop);
    loop.run(near->write(whole.substr(0, size)));
    loop.run(near->shutdown());
    EXPECT_FALSE(loop.run(read_proxy_header(*far))) << size;
  }
}

}  // namespace
}  // namespace postroom::net
