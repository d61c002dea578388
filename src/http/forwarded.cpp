#include "http/forwarded.h"

#include <ranges>
#include <string>
#include <vector>

#include "base/text.h"

namespace postroom::http {

void look_behind_proxies(Request& request, const net::Networks& proxies) {
  if (proxies.empty() || !proxies.contain(request.peer.address)) return;
  std::vector<std::string> named;  // the nearest last; a proxy may add a header of its own instead of its entry
  for (const auto& [name, value] : request.headers)
    if (equals_ignoring_case(name, "X-Forwarded-For"))
      for (const std::string_view each : split(value, ',')) named.emplace_back(trim(each));
  if (const std::string* scheme = request.header("X-Forwarded-Proto"))
    request.over_tls = equals_ignoring_case(*scheme, "https");
  for (std::string& address : std::views::reverse(named)) {
    if (net::address_bytes(address).empty()) return;  // what stands before it is nobody's word
    request.peer = {{std::move(address)}, 0};
    if (!proxies.contain(request.peer.address)) return;
  }
}

}  // namespace postroom::http
