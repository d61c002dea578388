#include "app/local_call.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <charconv>

#include "app/house.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/line_reader.h"
#include "net/system_loop.h"
#include "net/tcp.h"

namespace postroom::app {
namespace {

constexpr Duration patience = std::chrono::minutes(5);  // with a server that says nothing

void give(std::string_view part, LocalAnswer& answer, const LocalRequest::Sink& sink) {
  if (sink && answer.status < 300)
    sink(part);
  else
    answer.body += part;
}

// Reads the answer to the one request of a connection (RFC 9112 §7.1: in chunks, or of a given length).
class AnswerReader {
 public:
  AnswerReader(async::Loop& loop, net::Stream& stream, LocalRequest::Sink sink)
      : loop_(loop), stream_(stream), reader_(stream), sink_(std::move(sink)) {}

  async::Task<Result<LocalAnswer>> read() {
    const Result<std::string> status = co_await line();
    if (!status) co_return std::unexpected(status.error());
    if (status->size() > 12) std::from_chars(status->data() + 9, status->data() + 12, answer_.status);
    bool in_chunks = false;
    std::uint64_t length = 0;
    for (;;) {
      const Result<std::string> field = co_await line();
      if (!field) co_return std::unexpected(field.error());
      if (field->empty()) break;
      constexpr std::string_view length_field = "content-length: ";
      if (starts_with_ignoring_case(*field, length_field))
        std::from_chars(field->data() + length_field.size(), field->data() + field->size(), length);
      in_chunks = in_chunks || starts_with_ignoring_case(*field, "transfer-encoding: chunked");
    }
    const Result<void> body = in_chunks ? co_await chunks() : co_await bytes(length);
    if (!body) co_return std::unexpected(body.error());
    co_return std::move(answer_);
  }

 private:
  async::Task<Result<void>> chunks() {
    for (;;) {
      const Result<std::string> size = co_await line();
      if (!size) co_return std::unexpected(size.error());
      std::uint64_t length = 0;
      if (std::from_chars(size->data(), size->data() + size->size(), length, 16).ec != std::errc())
        co_return fail(ErrorCode::protocol, "the server's answer makes no sense");
      if (length == 0) co_return Result<void>{};
      if (Result<void> chunk = co_await bytes(length); !chunk) co_return chunk;
      if (const Result<std::string> end = co_await line(); !end) co_return std::unexpected(end.error());
    }
  }

  async::Task<Result<void>> bytes(std::uint64_t length) {
    while (length > 0) {
      stream_.set_deadline(loop_.now() + patience);
      const Result<std::string_view> got = co_await reader_.peek();
      if (!got) co_return std::unexpected(got.error());
      if (got->empty()) co_return fail(ErrorCode::protocol, cut_short);
      const std::string_view part = got->substr(0, length);
      give(part, answer_, sink_);
      length -= part.size();
      reader_.consume(part.size());
    }
    co_return Result<void>{};
  }

  // Without its end.
  async::Task<Result<std::string>> line() {
    stream_.set_deadline(loop_.now() + patience);
    const Result<std::string> got = co_await reader_.read_line(limits::http_header_bytes);
    if (!got && got.error().code == ErrorCode::closed) co_return fail(ErrorCode::protocol, cut_short);
    if (!got) co_return got;
    co_return std::string(trim(*got));
  }

  static constexpr const char* cut_short = "the server's answer is cut short";
  async::Loop& loop_;
  net::Stream& stream_;
  net::LineReader reader_;
  LocalRequest::Sink sink_;
  LocalAnswer answer_;
};

async::Task<Result<LocalAnswer>> call_socket(net::SystemLoop& loop, std::string socket, LocalRequest request) {
  const Result<net::StreamPtr> stream = co_await net::dial_unix(loop, std::move(socket));
  if (!stream) co_return std::unexpected(stream.error());
  (*stream)->set_deadline(loop.now() + patience);
  std::string text = request.method + " " + request.path + (request.query.empty() ? "" : "?" + request.query) +
                     " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + request.content_type +
                     "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" + request.body;
  if (const Result<void> sent = co_await (*stream)->write(text); !sent) co_return std::unexpected(sent.error());
  AnswerReader answer(loop, **stream, std::move(request.sink));
  co_return co_await answer.read();
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
  LocalAnswer answer{response.status, ""};
  give(response.body, answer, request.sink);
  while (response.stream) {
    const Result<std::string> part = co_await response.stream->next();
    if (!part) co_return std::unexpected(part.error());
    if (part->empty()) break;
    give(*part, answer, request.sink);
  }
  co_return answer;
}

}  // namespace

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
  // Who only looks makes no new data directory: its name is most likely mistyped.
  if (request.method == "GET" && ::access(configuration.data_dir.c_str(), F_OK) != 0)
    return fail(ErrorCode::not_found, "there is no data directory " + configuration.data_dir);
  net::SystemLoop loop;
  Result<std::unique_ptr<House>> house = House::open(loop, configuration);
  if (house) {
    loop.run((*house)->settings_in_force());  // for what is asked of connections; nothing is delivered
    return loop.run(call_house(**house, request));
  }
  if (house.error().code != ErrorCode::conflict) return std::unexpected(house.error());
  Result<LocalAnswer> answer = loop.run(call_socket(loop, configuration.socket(), request));
  // Nobody listens: then what kept us out was not a server, and its reason is what the person needs to read.
  const bool served = answer || answer.error().code == ErrorCode::timeout || answer.error().code == ErrorCode::protocol;
  if (!served) return std::unexpected(house.error());
  return answer;
}

}  // namespace postroom::app
