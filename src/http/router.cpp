#include "http/router.h"

#include <algorithm>

#include "base/text.h"

namespace postroom::http {
namespace {

bool is_name(std::string_view part) {
  return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i)
    if (is_name(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return false;
  return true;
}

std::size_t names_in(const std::vector<std::string>& pattern) {
  return static_cast<std::size_t>(std::ranges::count_if(pattern, [](const auto& part) { return is_name(part); }));
}

}  // namespace

void Router::add(std::string method, std::string pattern, Handler handler) {
  Segments segments;
  for (const auto part : split(pattern, '/')) segments.emplace_back(part);
  patterns_.push_back(std::move(segments));
  routes_.push_back({std::move(method), std::move(pattern), std::move(handler)});
}

async::Task<Response> Router::route(Request& request) const {
  const auto path = split(request.path, '/');
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  std::optional<std::size_t> best;
  std::string allow;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (!matches(patterns_[i], path)) continue;
    if (routes_[i].method != method) {
      if (!allow.empty()) allow += ", ";
      allow += routes_[i].method == "GET" ? "GET, HEAD" : routes_[i].method;
      continue;
    }
    // "/queue/actions" goes before "/queue/{id}".
    if (!best || names_in(patterns_[i]) < names_in(patterns_[*best])) best = i;
  }
  if (best) {
    PathParams params;
    const auto& pattern = patterns_[*best];
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!is_name(pattern[i])) continue;
      auto decoded = percent_decode(path[i]);
      if (!decoded) co_return problem(400, "malformed_request", "The path is not properly encoded.", request.id);
      params.push_back(std::move(*decoded));
    }
    co_return co_await routes_[*best].handler(request, params);
  }
  if (!allow.empty()) {
    Response response = problem(405, "method_not_allowed", "This resource does not know that method.", request.id);
    response.with("Allow", allow);
    co_return response;
  }
  if (fallback_ && method == "GET") co_return co_await fallback_(request, {});
  co_return problem(404, "not_found", "There is nothing at this address.", request.id);
}

}  // namespace postroom::http
