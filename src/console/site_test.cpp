#include "console/site.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "async/sim_loop.h"

namespace postroom::console {
namespace {

constexpr std::array assets = {
    Asset{"/index.html", "text/html; charset=utf-8", "\"1\"", "<!doctype html>", "", false},
    Asset{"/assets/index-4f2a.js", "text/javascript", "\"2\"", "plain", "packed", true},
};

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

async::Task<void> take_answer(const Site& site, http::Request& request, http::Response& response) {
  response = co_await site.answer(request);
}

http::Response get(const std::string& path, std::vector<std::pair<std::string, std::string>> headers = {}) {
  http::Request request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  const Site site(assets);
  http::Response response;
  async::SimLoop loop;
  loop.run(take_answer(site, request, response));
  return response;
}

TEST(Site, ServesAFileWithItsType) {
  const http::Response response = get("/assets/index-4f2a.js");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "plain");
  EXPECT_EQ(header(response, "Content-Type"), "text/javascript");
  EXPECT_NE(header(response, "Cache-Control").find("immutable"), std::string::npos);
}

TEST(Site, ServesThePackedFileToWhoTakesIt) {
  EXPECT_EQ(get("/assets/index-4f2a.js", {{"Accept-Encoding", "br, gzip"}}).body, "packed");
  EXPECT_EQ(get("/assets/index-4f2a.js", {{"Accept-Encoding", "gzip;q=0"}}).body, "plain");
  EXPECT_EQ(get("/assets/index-4f2a.js", {{"Accept-Encoding", "br"}}).body, "plain");
}

TEST(Site, EveryPageIsTheOnePage) {
  for (const char* path : {"/", "/queue", "/log/01ABC", "/welcome"}) {
    const http::Response response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.body, "<!doctype html>") << path;
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  }
}

TEST(Site, WhatIsNotThereIsNotThePage) {
  for (const char* path : {"/api/v1/nothing", "/assets/index-0000.js", "/robots.txt", "//queue", "/queue/",
                           "/API/v1/queue", "/../queue", "/%71ueue", "/api"}) {
    const http::Response response = get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_NE(response.body.find("not_found"), std::string::npos);
  }
}

TEST(Site, NothingIsSentTwiceToWhoHasIt) {
  const http::Response response = get("/", {{"If-None-Match", "\"1\""}});
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.body, "");
}

TEST(Site, TheTwoEncodingsOfAFileHaveATagEach) {
  const std::string path = "/assets/index-4f2a.js";
  const std::string plain = header(get(path), "ETag");
  const std::string packed = header(get(path, {{"Accept-Encoding", "gzip"}}), "ETag");
  EXPECT_EQ(plain, "\"2\"");
  EXPECT_EQ(packed, "\"2-gzip\"");
  EXPECT_EQ(get(path, {{"Accept-Encoding", "gzip"}, {"If-None-Match", plain}}).status, 200);
  EXPECT_EQ(get(path, {{"Accept-Encoding", "gzip"}, {"If-None-Match", "\"1\", W/" + packed}}).status, 304);
}

TEST(Site, AllowsNothingThatIsNotItsOwn) {
  const std::string policy = header(get("/"), "Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("script-src 'self';"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(header(get("/"), "X-Content-Type-Options"), "nosniff");
}

}  // namespace
}  // namespace postroom::console
