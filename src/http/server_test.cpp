#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>

#include "async/signal.h"
#include "async/sim_loop.h"
#include "net/stream_pair.h"

namespace postroom::http {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

constexpr const char* host = "Host: post.example\r\n";

// Gives the streams it was handed, in order, until it is closed.
class HandedListener final : public net::Listener {
 public:
  explicit HandedListener(async::Loop& loop) : changed_(loop) {}

  void hand(net::StreamPtr stream) {
    waiting_.push_back(std::move(stream));
    changed_.notify_all();
  }
  async::Task<Result<net::StreamPtr>> accept() override {
    while (waiting_.empty() && !closed_) co_await changed_.wait(Monotonic::never());
    if (closed_) co_return fail(ErrorCode::canceled, "the listener is closed");
    auto stream = std::move(waiting_.front());
    waiting_.pop_front();
    co_return stream;
  }
  void close() override {
    closed_ = true;
    changed_.notify_all();
  }
  net::Endpoint local() const override { return {}; }

 private:
  std::deque<net::StreamPtr> waiting_;
  bool closed_ = false;
  async::Signal changed_;
};

// Gives its pieces one by one.
class Pieces final : public BodySource {
 public:
  explicit Pieces(std::deque<Result<std::string>> pieces) : pieces_(std::move(pieces)) {}
  async::Task<Result<std::string>> next() override {
    if (pieces_.empty()) co_return std::string();
    auto piece = std::move(pieces_.front());
    pieces_.pop_front();
    co_return piece;
  }

 private:
  std::deque<Result<std::string>> pieces_;
};

async::Task<void> hear(net::Stream& stream, std::string& heard) {
  char buffer[512];
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    heard.append(buffer, *got);
  }
}

constexpr std::size_t slow_bytes = 8 * 1024;

async::Task<void> hear_slowly(async::Loop& loop, net::Stream& stream, std::string& heard) {
  std::array<char, slow_bytes> buffer{};
  for (;;) {
    const auto got = co_await stream.read_some(buffer);
    if (!got || *got == 0) co_return;
    heard.append(buffer.data(), *got);
    co_await async::sleep_until(loop, loop.now() + 1s);
  }
}

// A handshake that lasts until its deadline: the peer says nothing.
class SilentTls final : public net::Tls {
 public:
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr, net::TlsClientPolicy) override {
    co_return fail(ErrorCode::tls, "this one only accepts");
  }
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr lower) override {
    char byte = 0;
    co_await lower->read_some({&byte, 1});
    co_return fail(ErrorCode::timeout, "no handshake came");
  }
  bool can_accept() const override { return true; }
};

async::Task<void> say(net::Stream& stream, std::string text) {
  co_await stream.write(text);
}

Result<std::string> broken() {
  return fail(ErrorCode::unavailable, "no more");
}

class HttpServer : public testing::Test {
 protected:
  HttpServer() {
    router_.add("GET", "/path/{name}", [](Request&, const PathParams& params) { return echo(params[0]); });
    router_.add("POST", "/body", [](Request& request, const PathParams&) { return echo(request.body); });
    router_.add("GET", "/slow", [this](Request&, const PathParams&) { return slow(); });
    router_.add("GET", "/good", [](Request&, const PathParams&) { return stream({"one", "two"}); });
    router_.add("GET", "/broken", [](Request&, const PathParams&) { return stream({"one", broken()}); });
    router_.add("GET", "/large", [](Request&, const PathParams&) { return echo(std::string(500'000, 'a')); });
    router_.add("GET", "/known", [](Request&, const PathParams&) { return known(); });
    tasks_.spawn(server_.serve(listener_));
  }
  ~HttpServer() override {
    for (const auto& client : clients_) client->abort();
    listener_.close();
    server_.shutdown();
    loop_.run(server_.drain(loop_.now()));
    loop_.run(tasks_.join());
  }

  static async::Task<Response> echo(std::string text) {
    Response response;
    response.body = "<" + text + ">";
    co_return response;
  }
  static async::Task<Response> known() {
    Response response;
    response.status = 304;
    co_return response;
  }
  async::Task<Response> slow() {
    co_await async::sleep_until(loop_, loop_.now() + 30s);
    co_return co_await echo("slow");
  }
  static async::Task<Response> stream(std::deque<Result<std::string>> pieces) {
    Response response;
    response.stream = std::make_unique<Pieces>(std::move(pieces));
    co_return response;
  }

  // Connects, says `text`, and gives what has been heard when `span` has passed.
  std::string& talk(std::string text, Duration span = 1s) {
    auto [near, far] = net::stream_pair(loop_);
    listener_.hand(std::move(far));
    clients_.push_back(std::move(near));
    std::string& heard = heard_.emplace_back();
    tasks_.spawn(hear(*clients_.back(), heard));
    tasks_.spawn(say(*clients_.back(), std::move(text)));
    loop_.run_for(span);
    return heard;
  }

  // Connects and says `text` over a line that holds and takes 8 KiB a second.
  std::string& talk_slowly(std::string text) {
    auto [near, far] = net::stream_pair(loop_, {.capacity = slow_bytes});
    listener_.hand(std::move(far));
    clients_.push_back(std::move(near));
    std::string& heard = heard_.emplace_back();
    tasks_.spawn(say(*clients_.back(), std::move(text)));
    tasks_.spawn(hear_slowly(loop_, *clients_.back(), heard));
    return heard;
  }

  static ServerOptions options() {
    ServerOptions options;
    options.bodies_bytes = 1'000'000;
    return options;
  }

  async::SimLoop loop_;
  SeededRandom random_{1};
  Router router_;
  Server server_{loop_, random_, router_, options()};
  HandedListener listener_{loop_};
  std::deque<std::string> heard_;
  std::deque<net::StreamPtr> clients_;
  async::TaskGroup tasks_{loop_};
};

std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\n" + host + more + "\r\n";
}

std::string post(const std::string& headers, const std::string& body) {
  return std::string("POST /body HTTP/1.1\r\n") + host + headers + "\r\n" + body;
}

TEST_F(HttpServer, AnswersPipelinedRequestsInTheirOrder) {
  const std::string& heard = talk(get("/slow") + get("/path/two") + post("Content-Length: 5\r\n", "three"), 60s);
  const auto slow = heard.find("<slow>");
  const auto two = heard.find("<two>");
  const auto three = heard.find("<three>");
  ASSERT_NE(three, std::string::npos) << heard;
  EXPECT_LT(slow, two);
  EXPECT_LT(two, three);
}

TEST_F(HttpServer, RefusesBothFramingHeadersAndReadsNoSecondRequest) {
  const std::string& heard =
      talk(post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + get("/path/smuggled")), 5s);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(heard, HasSubstr("Connection: close"));
  EXPECT_EQ(heard.find("smuggled"), std::string::npos);
  EXPECT_EQ(server_.open_connections(), 0U);
}

TEST_F(HttpServer, RefusesTwoContentLengthsEvenWhenTheyAgree) {
  EXPECT_THAT(talk(post("Content-Length: 1\r\nContent-Length: 1\r\n", "a")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(talk(post("Content-Length: 1\r\nContent-Length: 2\r\n", "a")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(talk(post("Content-Length: 1, 1\r\n", "a")), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServer, RefusesFoldedHeaderLines) {
  EXPECT_THAT(talk(get("/path/x", "A: b\r\n c\r\n")), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServer, RefusesABodyTooLargeBeforeItComes) {
  const std::string& heard = talk(post("Content-Length: 99999999999\r\nExpect: 100-continue\r\n", ""));
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(heard, HasSubstr("\"code\":\"body_too_large\""));
}

TEST_F(HttpServer, RefusesAHeaderTooLarge) {
  EXPECT_THAT(talk(get("/path/x", "A: " + std::string(40'000, 'a') + "\r\n")), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServer, InvitesABodyThatWaitsToBeInvited) {
  const std::string& heard = talk(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(heard, "HTTP/1.1 100 Continue\r\n\r\n");
  tasks_.spawn(say(*clients_.back(), "ab"));
  loop_.run_for(1s);
  EXPECT_THAT(heard, HasSubstr("<ab>"));
}

TEST_F(HttpServer, InvitesNoBodyOfHttp10) {
  const std::string& heard =
      talk("POST /body HTTP/1.0\r\n" + std::string(host) + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(heard, "");
  tasks_.spawn(say(*clients_.back(), "ab"));
  loop_.run_for(1s);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServer, AsksBeforeALargeBodyWhoSendsIt) {
  std::vector<std::string> asked;
  server_.before_large_bodies([&asked](const Request& head) -> std::optional<ParseRefusal> {
    asked.push_back(head.path);
    return ParseRefusal{401, "unauthorized", "Who are you?", {{"WWW-Authenticate", "Bearer"}}};
  });
  EXPECT_THAT(talk(post("Content-Length: 3\r\n", "abc")), HasSubstr("<abc>"));
  EXPECT_THAT(asked, testing::IsEmpty());
  const std::string& heard = talk(post("Content-Length: 1000000\r\nExpect: 100-continue\r\n", ""));
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 401 ")) << "and nothing invited it";
  EXPECT_THAT(heard, HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(talk(post("Transfer-Encoding: chunked\r\n", "")), StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(asked, testing::ElementsAre("/body", "/body"));
}

TEST_F(HttpServer, EndsABodyThatStopsHoweverFastItBegan) {
  const std::string& heard = talk(post("Content-Length: 30000000\r\n", std::string(900'000, 'a')), 15s);
  EXPECT_EQ(heard, "");
  loop_.run_for(30s);
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServer, HoldsNoMoreOfAllBodiesThanItsLimit) {
  talk(post("Content-Length: 30000000\r\n", std::string(600'000, 'a')), 1s);
  const std::string& refused = talk(post("Content-Length: 30000000\r\n", std::string(600'000, 'a')), 1s);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: "));
  loop_.run_for(30s);  // the first has been given up
  EXPECT_THAT(talk(post("Content-Length: 600000\r\n", std::string(600'000, 'a')), 1s), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServer, LetsGoOfABodyThatIsAnswered) {
  const std::string request = post("Content-Length: 600000\r\n", std::string(600'000, 'a'));
  const std::string& heard = talk(request + request + request, 5s);
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = heard.find("HTTP/1.1 200 ", at)) != std::string::npos; ++at) ++answers;
  EXPECT_EQ(answers, 3U);
}

TEST_F(HttpServer, EndsARequestWhoseHeadDoesNotArrive) {
  EXPECT_THAT(talk("GET /path/x HTTP/1.1\r\n", 30s), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServer, ClosesAnIdleConnectionWithoutAWord) {
  EXPECT_EQ(talk("", 80s), "");
  EXPECT_EQ(server_.open_connections(), 0U);
}

TEST_F(HttpServer, EndsAStreamedBodyWithItsLastChunk) {
  EXPECT_TRUE(talk(get("/good")).ends_with("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
}

TEST_F(HttpServer, SendsNoChunksToAClientOfHttp10) {
  const std::string& heard = talk("GET /good HTTP/1.0\r\n" + std::string(host) + "Connection: keep-alive\r\n\r\n", 5s);
  EXPECT_TRUE(heard.ends_with("\r\n\r\nonetwo")) << heard;
  EXPECT_EQ(heard.find("Transfer-Encoding"), std::string::npos);
  EXPECT_EQ(server_.open_connections(), 0U);
}

TEST_F(HttpServer, LeavesOutTheLastChunkOfABodyThatBroke) {
  const std::string& heard = talk(get("/broken") + get("/path/next"), 5s);
  EXPECT_TRUE(heard.ends_with("3\r\none\r\n")) << heard;
  EXPECT_EQ(server_.open_connections(), 0U);
}

TEST_F(HttpServer, AnswersWhatHasBegunBeforeItShutsDown) {
  const std::string& heard = talk(get("/slow"));
  server_.shutdown();
  loop_.run_for(60s);
  EXPECT_THAT(heard, HasSubstr("<slow>"));
  EXPECT_THAT(heard, HasSubstr("Connection: close"));
  EXPECT_EQ(server_.open_connections(), 0U);
}

// It has no deadline as a whole: at 8 KiB a second it takes two minutes.
TEST_F(HttpServer, SendsALargeBodyOverASlowLine) {
  const std::string body(900'000, 'a');
  const std::string& heard = talk_slowly(post("Content-Length: 900000\r\n", body));
  loop_.run_for(400s);
  EXPECT_TRUE(heard.ends_with("<" + body + ">")) << heard.size();
}

TEST_F(HttpServer, GivesUpOnOneWhoTakesNothing) {
  auto [near, far] = net::stream_pair(loop_, {.capacity = slow_bytes});
  listener_.hand(std::move(far));
  tasks_.spawn(say(*near, get("/large")));
  loop_.run_for(70s);
  EXPECT_EQ(server_.open_connections(), 0U);
}

TEST_F(HttpServer, NamesNoLengthOfWhatIsNotSent) {
  const std::string& heard = talk(get("/known"));
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(heard.find("Content-Length"), std::string::npos) << heard;
}

TEST_F(HttpServer, CountsAConnectionWhileItsHandshakeLasts) {
  ServerOptions few;
  few.connections = 2;
  Server server(loop_, random_, router_, few);
  HandedListener listener(loop_);
  SilentTls tls;
  tasks_.spawn(server.serve(listener, &tls));
  std::deque<net::StreamPtr> peers;
  for (int i = 0; i < 3; ++i) {
    auto [near, far] = net::stream_pair(loop_);
    listener.hand(std::move(far));
    peers.push_back(std::move(near));
  }
  std::string heard;
  tasks_.spawn(hear(*peers.back(), heard));
  loop_.run_for(1s);
  EXPECT_EQ(server.open_connections(), 2U);
  EXPECT_THAT(heard, HasSubstr("too_many_connections"));
  loop_.run_for(30s);
  EXPECT_EQ(server.open_connections(), 0U);
  listener.close();
  loop_.run_for(1s);  // serve() hears of it
}

TEST_F(HttpServer, SaysWhichMethodsAPathTakes) {
  EXPECT_THAT(talk("PUT /body HTTP/1.1\r\n" + std::string(host) + "\r\n"), HasSubstr("\r\nAllow: POST\r\n"));
}

}  // namespace
}  // namespace postroom::http
