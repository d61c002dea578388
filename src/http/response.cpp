#include "http/response.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace postroom::http {

bool Response::has(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& header) { return equals_ignoring_case(header.first, name); });
}

std::string_view status_text(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

Response problem(int status, std::string_view code, std::string_view detail, std::string_view request_id,
                 const ProblemMembers& more) {
  JsonWriter json;
  json.begin_object().text("type", "about:blank").text("title", status_text(status)).number("status", status);
  json.text("detail", detail).text("code", code).text("request_id", request_id);
  if (more) more(json);
  json.end_object();
  Response response;
  response.status = status;
  response.with("Content-Type", "application/problem+json");
  response.body = json.take();
  if (status == 503 || status == 429) response.with("Retry-After", "5");
  return response;
}

std::string serialize(const Response& response, BodyPart body, Connection connection, std::string_view request_id,
                      std::string_view date) {
  std::string bytes;
  bytes.reserve(512 + (body == BodyPart::sent ? response.body.size() : 0));
  auto out = std::back_inserter(bytes);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Request-Id: {}\r\n", response.status,
                 status_text(response.status), date, request_id);
  for (const auto& [name, value] : response.headers) {
    bytes.append(name).append(": ");
    // A value that came from outside must not start a line of its own.
    for (const char c : value)
      if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) bytes += c;
    bytes += "\r\n";
  }
  bytes += "X-Content-Type-Options: nosniff\r\n";
  if (!response.has("Cache-Control")) bytes += "Cache-Control: no-store\r\n";
  if (!response.has("Referrer-Policy")) bytes += "Referrer-Policy: no-referrer\r\n";
  if (connection == Connection::close) bytes += "Connection: close\r\n";
  if (response.stream) {
    if (body != BodyPart::until_close) bytes += "Transfer-Encoding: chunked\r\n";
    return bytes += "\r\n";
  }
  // RFC 9110 §8.6: no Content-Length in a 204; a 304's would be the length of what isn't sent.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (!bodiless) fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
  bytes += "\r\n";
  if (body == BodyPart::sent && !bodiless) bytes += response.body;
  return bytes;
}

}  // namespace postroom::http
