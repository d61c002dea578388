#include "app/capture.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <set>

#include "app/exit_status.h"
#include "app/house.h"
#include "app/say.h"
#include "net/system_loop.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "smtp/server_session.h"

namespace postroom::app {
namespace {

mail::Reply reply_of(int code, const char* text) {
  mail::Reply reply;
  reply.code = code;
  reply.lines = {text};
  return reply;
}

class CaptureSession final : public smtp::ServerHandler {
 public:
  CaptureSession(async::Loop& loop, net::StreamPtr stream, net::Tls& tls, Random& random, const std::string& dir,
                 std::uint64_t& number)
      : dir_(dir), number_(number), session_(loop, std::move(stream), tls, random, *this, options()) {}

  async::Task<void> run() { return session_.run(); }
  void stop() { session_.abort(); }

  bool offers_authentication() const override { return true; }
  async::Task<Login> authenticate(std::string username, Secret) override {
    user_ = std::move(username);
    co_return Login::granted;
  }
  mail::Reply sender(const mail::Address&) override { return reply_of(250, "2.1.0 Ok"); }
  mail::Reply recipient(const mail::Address&) override { return reply_of(250, "2.1.5 Ok"); }
  async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) override {
    const std::string name = dir_ + "/" + std::to_string(++number_);
    boost::json::array to;
    for (const mail::Address& address : envelope.recipients) to.emplace_back(address.text());
    const boost::json::object facts{{"from", envelope.reverse_path.text()},
                                    {"to", std::move(to)},
                                    {"tls", session_.encrypted()},
                                    {"auth", user_},
                                    {"helo", session_.helo()}};
    std::ofstream(name + ".eml", std::ios::binary) << content;
    // Written under another name first: whoever sees N.json may read N.eml.
    std::ofstream(name + ".part") << boost::json::serialize(facts) << '\n';
    if (std::rename((name + ".part").c_str(), (name + ".json").c_str()) != 0)
      co_return reply_of(451, "4.3.0 Can't write the message");
    co_return reply_of(250, ("2.0.0 Ok: queued as " + std::to_string(number_)).c_str());
  }

 private:
  static smtp::ServerOptions options() {
    smtp::ServerOptions options;
    options.host_name = machine_name();
    options.clear_authentication = true;
    return options;
  }

  const std::string& dir_;
  std::uint64_t& number_;
  std::string user_;
  smtp::ServerSession session_;
};

class Capture {
 public:
  Capture(async::Loop& loop, net::Tls& tls, std::unique_ptr<net::Listener> listener, std::string dir)
      : loop_(loop), tls_(tls), listener_(std::move(listener)), dir_(std::move(dir)), sessions_(loop) {}

  async::Task<void> run() {
    for (;;) {
      Result<net::StreamPtr> peer = co_await listener_->accept();
      if (!peer) break;
      sessions_.spawn(serve(std::move(*peer)));
    }
    for (CaptureSession* session : open_) session->stop();
    co_await sessions_.join();
  }
  void stop() { listener_->close(); }

 private:
  async::Task<void> serve(net::StreamPtr peer) {
    CaptureSession session(loop_, std::move(peer), tls_, random_, dir_, number_);
    open_.insert(&session);
    co_await session.run();
    open_.erase(&session);
  }

  async::Loop& loop_;
  net::Tls& tls_;
  SystemRandom random_;
  std::unique_ptr<net::Listener> listener_;
  std::string dir_;
  std::uint64_t number_ = 0;
  std::set<CaptureSession*> open_;
  async::TaskGroup sessions_;
};

}  // namespace

int capture(const CaptureOptions& options) {
  const auto give_up = [](const Error& error) {
    say("postroom: {}\n", error.message);
    return exit_failure;
  };
  net::SystemLoop loop;
  net::OpenSslTls tls;
  if (!options.tls_cert.empty())
    if (const Result<> used = tls.use_certificate(options.tls_cert, options.tls_key); !used)
      return give_up(used.error());
  const Result<net::Endpoint> at = net::parse_endpoint(options.smtp);
  if (!at) return give_up({at.error().code, "--smtp: " + at.error().message});
  Result<std::unique_ptr<net::Listener>> listener = net::listen_tcp(loop, *at);
  if (!listener) return give_up(listener.error());
  ::mkdir(options.dir.c_str(), 0700);
  const std::string address = net::to_string((*listener)->local());
  Capture capture(loop, tls, std::move(*listener), options.dir);
  loop.on_stop_signal([&capture] { capture.stop(); });
  answer("listening smtp {}\n", address);
  loop.run(capture.run());
  return exit_success;
}

}  // namespace postroom::app
