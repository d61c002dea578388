// Networks is a list of CIDR blocks ("10.0.0.0/8", "fd00::/8", a single address).
#pragma once

#include <string>
#include <vector>

#include "net/stream.h"

namespace postroom::net {

// The address's bytes, an IPv4-mapped one as its 4; empty when the text is no address.
std::vector<unsigned char> address_bytes(const std::string& text);

// Whom an address counts as where each peer may have only so much: an IPv6 address as its /64, all of which one
// subscriber holds and may come from (RFC 6177); any other as itself.
std::string counted_as(const IpAddress& address);

class Networks {
 public:
  // Error: invalid.
  static Result<Networks> parse(const std::vector<std::string>& texts);
  bool empty() const { return blocks_.empty(); }
  bool contain(const IpAddress& address) const;

 private:
  struct Block {
    std::vector<unsigned char> bytes;
    unsigned prefix = 0;
    bool contains(const std::vector<unsigned char>& address) const;
  };
  std::vector<Block> blocks_;
};

}  // namespace postroom::net
