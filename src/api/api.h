// Api puts the resources under their paths and lets nobody in whom the route table does not name: each route says which
// scope it takes, and what has no entry has no answer.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "api/services.h"
#include "http/parser.h"
#include "http/router.h"

namespace postroom::api {

class Api {
 public:
  explicit Api(Services services) : services_(std::move(services)) {}

  // Why a large body is not read: nobody we know sends it.
  std::optional<http::ParseRefusal> refuse_large_body(http::Request& head);
  // The router's handlers refer to this object.
  void mount(http::Router& router);

  // The route table in the words of docs/api/openapi.yaml: its test compares the two.
  struct RouteDescription {
    std::string method, path, scope;
    friend auto operator<=>(const RouteDescription&, const RouteDescription&) = default;
  };
  static std::vector<RouteDescription> routes();

 private:
  struct Route;
  async::Task<http::Response> enter(const Route& route, http::Request& request, const http::PathParams& params);
  bool identify(Call& call);
  std::optional<http::Response> check(const Route& route, const Call& call) const;
  static const std::vector<Route> table;

  Services services_;
};

}  // namespace postroom::api
