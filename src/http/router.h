// Router finds the handler of a request by method and path pattern ("/api/v1/queue/{id}").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.h"
#include "http/request.h"
#include "http/response.h"

namespace postroom::http {

// The values of a pattern's {names}, decoded, in order.
using PathParams = std::vector<std::string>;
using Handler = std::function<async::Task<Response>(Request&, const PathParams&)>;

class Router {
 public:
  struct Route {
    std::string method;
    std::string pattern;
    Handler handler;
  };

  void add(std::string method, std::string pattern, Handler handler);
  // Takes GET and HEAD of paths that no pattern matches.
  void set_fallback(Handler handler) { fallback_ = std::move(handler); }
  // 404, 405 with Allow (RFC 9110 §15.5.6), or the handler's answer. HEAD runs GET's handler.
  async::Task<Response> route(Request& request) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  using Segments = std::vector<std::string>;
  std::vector<Route> routes_;
  std::vector<Segments> patterns_;  // beside routes_
  Handler fallback_;
};

}  // namespace postroom::http
