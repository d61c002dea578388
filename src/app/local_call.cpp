#include "app/local_call.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cctype>
#include <charconv>

#include "app/house.h"
#include "base/text.h"
#include "net/system_loop.h"
#include "net/tcp.h"

namespace postroom::app {
namespace {

constexpr Duration patience = std::chrono::minutes(5);

// RFC 9112 §7.1: size in hexadecimal, CRLF, that many bytes, CRLF, until a size of 0.
std::string unchunked(std::string_view body) {
  std::string whole;
  for (;;) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), size, 16);
    const std::size_t line = body.find("\r\n");
    if (error != std::errc() || size == 0 || line == std::string_view::npos) return whole;
    whole += body.substr(line + 2, size);
    if (body.size() < line + 4 + size) return whole;
    body.remove_prefix(line + 4 + size);
  }
}

Result<LocalAnswer> parse_answer(const std::string& text) {
  const std::size_t end_of_head = text.find("\r\n\r\n");
  LocalAnswer answer;
  if (end_of_head == std::string::npos || text.size() < 12)
    return fail(ErrorCode::protocol, "the server's answer is cut short");
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(end_of_head + 4);
  if (contains_ignoring_case(text.substr(0, end_of_head), "transfer-encoding: chunked"))
    answer.body = unchunked(answer.body);
  return answer;
}

async::Task<Result<LocalAnswer>> call_socket(net::SystemLoop& loop, std::string socket, LocalRequest request) {
  Result<net::StreamPtr> stream = co_await net::dial_unix(loop, std::move(socket));
  if (!stream) co_return std::unexpected(stream.error());
  (*stream)->set_deadline(loop.now() + patience);
  std::string text = request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query) +
                     " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + request.content_type +
                     "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  if (const Result<void> sent = co_await (*stream)->write(text); !sent) co_return std::unexpected(sent.error());
  std::string answer;
  char block[65536];
  for (;;) {
    const Result<std::size_t> got = co_await (*stream)->read_some(block);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) break;
    answer.append(block, *got);
  }
  co_return parse_answer(answer);
}

async::Task<Result<LocalAnswer>> call_house(House& house, LocalRequest request) {
  http::Request call;
  call.method = request.method;
  call.path = request.path;
  call.query = request.query;
  call.headers = {{"Content-Type", request.content_type}, {"Host", "localhost"}};
  call.body = std::move(request.body);
  call.id = "local";
  call.peer_uid = ::geteuid();
  http::Response response = co_await house.router().route(call);
  LocalAnswer answer{response.status, std::move(response.body)};
  while (response.stream) {
    Result<std::string> part = co_await response.stream->next();
    if (!part) co_return std::unexpected(part.error());
    if (part->empty()) break;
    answer.body += *part;
  }
  co_return answer;
}

}  // namespace

std::string encoded(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    const bool plain =
        std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").find(c) != std::string_view::npos;
    safe += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return safe;
}

std::string words_of_problem(const std::string& body) {
  boost::system::error_code error;
  const boost::json::value problem = boost::json::parse(body, error);
  if (error || !problem.is_object() || !problem.as_object().contains("detail")) return body;
  std::string text(problem.as_object().at("detail").as_string());
  if (const boost::json::value* fields = problem.as_object().if_contains("errors"))
    for (const boost::json::value& field : fields->as_array())
      text += fmt::format("\n  {}: {}", std::string_view(field.at("pointer").as_string()),
                          std::string_view(field.at("detail").as_string()));
  return text;
}

Result<LocalAnswer> call_at(const std::string& socket, const LocalRequest& request) {
  net::SystemLoop loop;
  return loop.run(call_socket(loop, socket, request));
}

Result<LocalAnswer> call_locally(const Configuration& configuration, const LocalRequest& request) {
  net::SystemLoop loop;
  Result<std::unique_ptr<House>> house = House::open(loop, configuration);
  if (house) {
    loop.run((*house)->settings_in_force());  // for what is asked of connections; nothing is delivered
    return loop.run(call_house(**house, request));
  }
  if (house.error().code != ErrorCode::conflict) return std::unexpected(house.error());
  Result<LocalAnswer> answer = loop.run(call_socket(loop, configuration.socket(), request));
  // Nobody listens: then what kept us out was not a server, and its reason is what the person needs to read.
  if (!answer && answer.error().code != ErrorCode::timeout) return std::unexpected(house.error());
  return answer;
}

}  // namespace postroom::app
