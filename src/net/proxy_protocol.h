// The PROXY protocol, version 2: a proxy says before the first byte of a connection whom it speaks for. Only peers that
// the operator lists are asked; to anyone else it would be a way to lie.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "net/stream.h"

namespace postroom::net {

inline constexpr std::size_t proxy_prefix_bytes = 16;

// The first 16 bytes: how many follow. Error invalid: no such header, or one that has no room for its addresses.
Result<std::size_t> proxy_header_rest(std::string_view prefix);
// The whole header: the client's address; nullopt when the proxy speaks for itself (LOCAL) or for no TCP peer.
std::optional<Endpoint> proxied_peer(std::string_view header);

// Takes the header off a stream, and nothing after it: whom the proxy speaks for, or the proxy itself. Errors: those of
// Stream; closed; invalid.
async::Task<Result<Endpoint>> read_proxy_header(Stream& stream);

}  // namespace postroom::net
