// Behind a proxy every request comes from the proxy's address. Those that an operator trusts say in X-Forwarded-For and
// X-Forwarded-Proto who is behind them; from anybody else these headers are only claims.
#pragma once

#include "http/request.h"
#include "net/networks.h"

namespace postroom::http {

// Puts the client's address in the place of the proxy's: the last one named that is no trusted proxy itself. A request
// that does not come from one stays as it is.
void look_behind_proxies(Request& request, const net::Networks& proxies);

}  // namespace postroom::http
