// postroom capture: a local provider that takes every message and shows it: DIR/<n>.eml as it came, DIR/<n>.json its
// envelope. For demos and tests.
#pragma once

#include <string>

namespace postroom::app {

struct CaptureOptions {
  std::string smtp = "127.0.0.1:2525";
  std::string dir = "./postroom-captured";
  std::string tls_cert, tls_key;
};

int capture(const CaptureOptions& options);

}  // namespace postroom::app
