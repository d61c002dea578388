// The SMTP client alone: SESSIONS kept sessions send MESSAGES messages of BYTES bytes to a sink, each after the reply
// to the one before it. Prints one JSON line. usage: client_bench PORT MESSAGES SESSIONS BYTES
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "async/task_group.h"
#include "cpu_time.h"
#include "net/system_loop.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "smtp/client_session.h"

namespace postroom::bench {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "client_bench: %s\n", what.c_str());
  std::exit(1);
}

class Bench {
 public:
  Bench(net::SystemLoop& loop, std::uint16_t port, std::size_t bytes)
      : loop_(loop), dialer_(loop), to_(net::parse_endpoint("127.0.0.1:" + std::to_string(port)).value()) {
    while (body_.size() < bytes) body_ += std::string(76, 'x') + "\r\n";
    envelope_.reverse_path = {"shop", "example.com"};
    envelope_.recipients.push_back({"ann", "example.org"});
  }

  async::Task<void> all(std::size_t messages, std::size_t sessions) {
    async::TaskGroup group(loop_);
    for (std::size_t i = 0; i < sessions; ++i) group.spawn(send(messages / sessions));
    co_await group.join();
  }

 private:
  async::Task<void> send(std::size_t messages) {
    smtp::ClientOptions options;
    options.host = "127.0.0.1";
    options.port = to_.port;
    options.security = smtp::Security::none;
    options.ehlo_name = "bench.example";
    smtp::Conversation conversation;
    const std::unique_ptr<smtp::ClientSession> session = smtp::ClientSession::create(loop_, options);
    const auto opened = co_await session->open(dialer_, tls_, to_.address, conversation, {});
    if (!opened) give_up(opened.error().detail);
    for (std::size_t i = 0; i < messages; ++i) {
      conversation.clear();
      const smtp::TransactionResult result = co_await session->send(envelope_, body_, conversation);
      if (result.recipients[0].kind != smtp::RecipientOutcome::Kind::accepted) give_up(conversation.text());
    }
    co_await session->quit();
  }

  net::SystemLoop& loop_;
  net::TcpDialer dialer_;
  net::OpenSslTls tls_;
  net::Endpoint to_;
  mail::Envelope envelope_;
  std::string body_;
};

}  // namespace
}  // namespace postroom::bench

int main(int count, char** words) {
  if (count != 5) {
    std::fprintf(stderr, "usage: client_bench PORT MESSAGES SESSIONS BYTES\n");
    return 2;
  }
  const auto number = [&](int index) { return std::strtoul(words[index], nullptr, 10); };
  postroom::net::SystemLoop loop;
  postroom::bench::Bench bench(loop, static_cast<std::uint16_t>(number(1)), number(4));
  const double cpu = postroom::bench::cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  loop.run(bench.all(number(2), number(3)));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto sent = static_cast<double>(number(2) / number(3) * number(3));
  std::printf("{\"messages\": %.0f, \"sessions\": %lu, \"messages_per_s\": %.0f, \"cpu\": %.4f}\n", sent, number(3),
              sent / seconds, (postroom::bench::cpu_seconds() - cpu) * 1000 / sent);
  return 0;
}
