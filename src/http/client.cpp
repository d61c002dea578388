#include "http/client.h"

#include <fmt/format.h>

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>

namespace postroom::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t answer_bytes = 1024 * 1024;
constexpr Duration patience = std::chrono::seconds(10);  // for all of an exchange

std::unexpected<Error> no_url() {
  return fail(ErrorCode::invalid, "this is no http or https URL");
}

std::string written(const ClientRequest& request, const Url& url) {
  const bool usual_port = url.port == (url.scheme == "https" ? 443 : 80);
  const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}{}\r\nConnection: close\r\nAccept: application/json\r\n",
                                 request.method, url.target, host, usual_port ? "" : fmt::format(":{}", url.port));
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  if (request.method != "GET") text += fmt::format("Content-Length: {}\r\n", request.body.size());
  return text + "\r\n" + request.body;
}

async::Task<Result<ClientResponse>> read_answer(net::Stream& stream) {
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(answer_bytes);
  parser.eager(true);
  std::array<char, 16 * 1024> buffer{};
  std::string pending;
  while (!parser.is_done()) {
    const auto got = co_await stream.read_some(buffer);
    if (!got) co_return std::unexpected(got.error());
    boost::beast::error_code error;
    if (*got == 0) {
      parser.put_eof(error);
      if (error || !parser.is_done()) co_return fail(ErrorCode::io, "the answer broke off");
      break;
    }
    pending.append(buffer.data(), *got);
    const std::size_t used = parser.put(boost::asio::const_buffer(pending.data(), pending.size()), error);
    pending.erase(0, used);
    if (error && error != beast_http::error::need_more) co_return fail(ErrorCode::io, "that is no HTTP answer");
    if (pending.size() > answer_bytes) co_return fail(ErrorCode::io, "the answer is too long");
  }
  co_return ClientResponse{static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  for (const std::string_view scheme : {"http", "https"})
    if (text.starts_with(std::string(scheme) + "://")) url.scheme = scheme;
  if (url.scheme.empty()) return no_url();
  std::string_view rest = text.substr(url.scheme.size() + 3);
  const std::size_t slash = rest.find_first_of("/?");
  url.target = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.target.front() == '?') url.target.insert(0, "/");
  std::string_view authority = rest.substr(0, slash);
  url.port = url.scheme == "https" ? 443 : 80;
  const std::size_t bracket = authority.find(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    const std::string_view port = authority.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (error != std::errc() || end != port.data() + port.size() || url.port == 0) return no_url();
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  const std::string_view odd = "@#\\ \t\r\n\"<>";
  if (url.host.empty() || url.host.find_first_of(odd) != std::string::npos) return no_url();
  if (url.target.find_first_of("# \t\r\n") != std::string::npos) return no_url();
  return url;
}

async::Task<Result<net::StreamPtr>> Client::connect(Url url, Monotonic deadline) {
  const auto addresses = co_await resolver_.resolve(url.host, deadline);
  if (!addresses) co_return std::unexpected(addresses.error());
  Error last{ErrorCode::unreachable, "the host has no address"};
  for (const net::IpAddress& address : *addresses) {
    Result<net::StreamPtr> stream = co_await dialer_.dial({address, url.port}, deadline);
    if (!stream) {
      last = stream.error();
      continue;
    }
    (*stream)->set_deadline(deadline);
    if (url.scheme == "http") co_return stream;
    co_return co_await tls_.connect(std::move(*stream), {url.host, true, ca_file});
  }
  co_return std::unexpected(last);
}

async::Task<Result<ClientResponse>> Client::call(ClientRequest request) {
  const Result<Url> url = parse_url(request.url);
  if (!url) co_return std::unexpected(url.error());
  Result<net::StreamPtr> stream = co_await connect(*url, loop_.now() + patience);
  if (!stream) co_return std::unexpected(stream.error());
  const std::string bytes = written(request, *url);
  if (const Result<void> sent = co_await (*stream)->write(bytes); !sent) co_return std::unexpected(sent.error());
  Result<ClientResponse> answer = co_await read_answer(**stream);
  co_await (*stream)->shutdown();
  co_return answer;
}

}  // namespace postroom::http
