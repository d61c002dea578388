#include "app/serve.h"

#include <fmt/format.h>

#include <cstdio>

#include "app/exit_status.h"
#include "app/house.h"
#include "http/server.h"
#include "observe/log.h"

namespace postroom::app {
namespace {

constexpr Duration farewell = std::chrono::seconds(4);  // for HTTP answers under way, after the engine has stopped

// Everything that runs while the server serves, and the order in which it ends.
class Service {
 public:
  Service(net::SystemLoop& loop, House& house, std::unique_ptr<net::Listener> http,
          std::unique_ptr<net::Listener> local)
      : loop_(loop),
        house_(house),
        http_(std::move(http)),
        local_(std::move(local)),
        server_(loop, house.chance(), house.router()) {
    requests_ = &house.metrics().counter("postroom_http_requests_total", "HTTP requests answered.");
    server_.on_exchange([this](const http::Exchange&) {
      requests_->add();
      if (loop_.now() < next_publication_) return;  // gauges are looked up by name: too dear for each request
      next_publication_ = loop_.now() + std::chrono::seconds(1);
      house_.publish_metrics();
    });
  }

  // Takes no more mail, finishes what is past the dot, answers what was asked.
  void stop() {
    if (stopped_) return;
    stopped_ = true;
    http_->close();
    local_->close();
    server_.shutdown();
    house_.stop();
  }

  async::Task<void> run() {
    async::TaskGroup tasks(loop_);
    tasks.spawn(server_.serve(*http_));
    tasks.spawn(server_.serve(*local_));
    tasks.spawn(house_.keep_retention());
    co_await house_.engine().run();
    co_await server_.drain(loop_.now() + farewell);
    co_await tasks.join();
  }

 private:
  net::SystemLoop& loop_;
  House& house_;
  std::unique_ptr<net::Listener> http_, local_;
  http::Server server_;
  bool stopped_ = false;
  Monotonic next_publication_{};
  observe::Counter* requests_ = nullptr;
};

}  // namespace

int serve(const Configuration& configuration) {
  net::SystemLoop loop;
  observe::Log log(loop);
  const auto give_up = [](const Error& error) {
    fmt::print(stderr, "postroom: {}\n", error.message);
    return error.code == ErrorCode::conflict ? exit_in_use : exit_failure;
  };
  const Result<net::Endpoint> at = net::parse_endpoint(configuration.http);
  if (!at) return give_up({at.error().code, "--http: " + at.error().message});
  Result<std::unique_ptr<House>> house = House::open(loop, configuration);
  if (!house) return give_up(house.error());
  Result<std::unique_ptr<net::Listener>> http = net::listen_tcp(loop, *at);
  if (!http) return give_up(http.error());
  const std::string socket = configuration.data_dir + "/postroom.sock";
  Result<std::unique_ptr<net::Listener>> local = net::listen_unix(loop, socket);
  if (!local) return give_up(local.error());

  const std::string address = net::to_string((*http)->local());
  Service service(loop, **house, std::move(*http), std::move(*local));
  loop.on_stop_signal([&service] { service.stop(); });
  fmt::print("listening http {}\nlistening socket {}\n", address, socket);
  std::fflush(stdout);
  log.write(observe::Level::info, "started", {{"http", address}, {"data_dir", configuration.data_dir}});
  if ((*house)->accounts().users().empty())
    fmt::print(stderr, "Nobody has an account yet. Make the first one, of an admin, here:\n  {}/welcome#token={}\n",
               configuration.url.empty() ? "http://" + address : configuration.url,
               (*house)->accounts().first_run_token().reveal());
  loop.run(service.run());
  log.write(observe::Level::info, "stopped", {});
  return exit_success;
}

}  // namespace postroom::app
