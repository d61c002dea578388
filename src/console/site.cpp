#include "console/site.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace postroom::console {
namespace {

constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

// The pages' paths are plain words; what is spelled in another way is none of them, nor is it the API's.
bool is_page(std::string_view path) {
  static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  if (path == "/") return true;
  const std::vector<std::string_view> words = split(path.substr(1), '/');
  if (equals_ignoring_case(words.front(), "api")) return false;
  return std::ranges::all_of(words, [](std::string_view word) {
    return !word.empty() && to_lower(word).find_first_not_of(plain) == std::string::npos;
  });
}

enum class Coding { identity, gzip };

bool takes_gzip(const http::Request& request) {
  const std::string* accepted = request.header("Accept-Encoding");
  if (accepted == nullptr) return false;
  for (const std::string_view part : split(*accepted, ',')) {
    const std::string_view coding = trim(part);
    if (starts_with_ignoring_case(coding, "gzip")) return !coding.ends_with("q=0");
  }
  return false;
}

// RFC 9110 §8.8.3: what is packed is another sequence of bytes, and has another strong tag.
std::string tag_of(const Asset& asset, Coding coding) {
  if (coding == Coding::identity) return std::string(asset.etag);
  return std::string(asset.etag.substr(0, asset.etag.size() - 1)) + "-gzip\"";
}

// RFC 9110 §13.1.2: any of a list.
bool is_known(const http::Request& request, std::string_view tag) {
  const std::string* known = request.header("If-None-Match");
  if (known == nullptr) return false;
  return std::ranges::any_of(split(*known, ','), [tag](std::string_view each) {
    each = trim(each);
    if (each.starts_with("W/")) each.remove_prefix(2);
    return each == tag;
  });
}

void add_protection(http::Response& response) {
  response.with("Content-Security-Policy", std::string(policy)).with("X-Content-Type-Options", "nosniff");
  response.with("Referrer-Policy", "no-referrer").with("Cross-Origin-Opener-Policy", "same-origin");
  response.with("Cross-Origin-Resource-Policy", "same-origin");
  response.with("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
}

}  // namespace

const Asset* Site::find(std::string_view path) const {
  const auto found = std::ranges::find(assets_, path, &Asset::path);
  return found == assets_.end() ? nullptr : &*found;
}

async::Task<http::Response> Site::answer(http::Request& request) const {
  const std::string_view path = request.path;
  const Asset* asset = find(path);
  if (asset == nullptr && is_page(path)) asset = find("/index.html");
  if (asset == nullptr) co_return http::problem(404, "not_found", "There is nothing at this path.", request.id);
  http::Response response;
  add_protection(response);
  response.with("Cache-Control", asset->named_by_bytes ? "public, max-age=31536000, immutable" : "no-cache");
  const Coding coding = !asset->gzip.empty() && takes_gzip(request) ? Coding::gzip : Coding::identity;
  const std::string tag = tag_of(*asset, coding);
  response.with("ETag", tag).with("Vary", "Accept-Encoding");
  if (is_known(request, tag)) {
    response.status = 304;
    co_return response;
  }
  response.with("Content-Type", std::string(asset->type));
  if (coding == Coding::gzip) response.with("Content-Encoding", "gzip");
  response.body = coding == Coding::gzip ? asset->gzip : asset->body;
  co_return response;
}

}  // namespace postroom::console
