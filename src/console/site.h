// The Back Office as the browser gets it: the files that web/ is built to, carried in the program. Every path that is
// no file and not the API's leads to the one page, which finds its way by the path itself.
#pragma once

#include <span>
#include <string_view>

#include "async/task.h"
#include "http/request.h"
#include "http/response.h"

namespace postroom::console {

struct Asset {
  std::string_view path;  // "/assets/index-4f2a.js"
  std::string_view type;  // of its content
  std::string_view etag;  // of its bytes, quoted
  std::string_view body;
  std::string_view gzip;        // the same; "" where it would save nothing
  bool named_by_bytes = false;  // its name changes with its bytes: it may be kept for ever
};

// What the build has put in; empty in a program that was built without the Back Office.
std::span<const Asset> built_site();

class Site {
 public:
  explicit Site(std::span<const Asset> assets) : assets_(assets) {}
  // Of GET and HEAD. 404 as problem+json for the API's paths and for files that are not there.
  async::Task<http::Response> answer(http::Request& request) const;

 private:
  const Asset* find(std::string_view path) const;
  std::span<const Asset> assets_;
};

}  // namespace postroom::console
