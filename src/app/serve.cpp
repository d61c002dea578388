#include "app/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <vector>

#include "app/exit_status.h"
#include "app/house.h"
#include "app/say.h"
#include "http/server.h"
#include "observe/log.h"

namespace postroom::app {
namespace {

constexpr Duration farewell = std::chrono::seconds(4);  // for HTTP answers under way, after the engine has stopped
// For messages that come in over SMTP, from the signal on: whoever is in the middle of one need not send it again. A
// stop takes 30 s at most, and the engine's part of it may take 25.
constexpr Duration last_messages = std::chrono::seconds(20);

// One listening socket and how its clients are spoken to.
struct OpenListener {
  std::string name;  // "smtp", as it is announced
  std::unique_ptr<net::Listener> listener;
  intake::ListenerPolicy policy;  // of SMTP
};

// All that listens.
struct Doors {
  std::vector<OpenListener> http;  // "http", "https", "socket"
  std::vector<OpenListener> smtp;
};

// Everything that runs while the server serves, and the order in which it ends.
class Service {
 public:
  Service(net::SystemLoop& loop, House& house, Doors doors)
      : loop_(loop),
        house_(house),
        doors_(std::move(doors)),
        server_(loop, house.chance(), house.router(), options(house.configuration())) {
    requests_ = &house.metrics().counter("postroom_http_requests_total", "HTTP requests answered.");
    server_.before_large_bodies([&house](http::Request& head) { return house.api().refuse_large_body(head); });
    server_.on_exchange([this](const http::Exchange&) {
      requests_->add();
      if (loop_.now() < next_publication_) return;  // gauges are looked up by name: too dear for each request
      next_publication_ = loop_.now() + std::chrono::seconds(1);
      house_.publish_metrics();
    });
  }

  const Doors& doors() const { return doors_; }

  // Takes no more mail, finishes what is past the dot, answers what was asked.
  void stop() {
    if (stopped_) return;
    stopped_ = true;
    stopped_at_ = loop_.now();
    for (const auto* listeners : {&doors_.http, &doors_.smtp})
      for (const OpenListener& door : *listeners) door.listener->close();
    server_.shutdown();
    house_.submission().shutdown();
    house_.stop();
  }

  async::Task<void> run() {
    async::TaskGroup tasks(loop_);
    for (OpenListener& door : doors_.http)
      tasks.spawn(server_.serve(*door.listener, door.name == "https" ? &house_.tls() : nullptr));
    for (OpenListener& door : doors_.smtp) tasks.spawn(house_.submission().serve(*door.listener, door.policy));
    tasks.spawn(house_.keep_retention());
    co_await house_.engine().run();
    const Monotonic end = loop_.now() + farewell;
    co_await house_.submission().drain(std::max(end, stopped_at_ + last_messages));
    co_await server_.drain(end);
    co_await tasks.join();
  }

 private:
  static http::ServerOptions options(const Configuration& configuration) {
    http::ServerOptions options;
    options.proxies = configuration.http_proxies;
    return options;
  }

  net::SystemLoop& loop_;
  House& house_;
  Doors doors_;
  http::Server server_;
  bool stopped_ = false;
  Monotonic stopped_at_{};
  Monotonic next_publication_{};
  observe::Counter* requests_ = nullptr;
};

Result<OpenListener> open_tcp(net::SystemLoop& loop, const std::string& name, const std::string& address) {
  const Result<net::Endpoint> at = net::parse_endpoint(address);
  if (!at) return fail(at.error().code, name + ": " + at.error().message);
  Result<std::unique_ptr<net::Listener>> listener = net::listen_tcp(loop, *at);
  if (!listener) return std::unexpected(listener.error());
  return OpenListener{name, std::move(*listener), {}};
}

// Each listener that the configuration asks for, in `into`.
Result<> open_smtp(net::SystemLoop& loop, const Configuration& configuration, std::vector<OpenListener>& into) {
  using Encryption = intake::ListenerPolicy::Encryption;
  std::vector<SmtpListener> wanted = configuration.listeners;
  if (configuration.smtp && *configuration.smtp != "off") wanted.push_back({*configuration.smtp, {}, false});
  if (!configuration.smtps.empty()) {
    wanted.push_back({configuration.smtps, {}, false});
    wanted.back().policy.encryption = Encryption::from_the_first_byte;
  }
  for (SmtpListener& each : wanted) {
    const bool implicit = each.policy.encryption == Encryption::from_the_first_byte;
    if ((implicit || each.needs_certificate) && configuration.tls_cert.empty())
      return fail(ErrorCode::invalid,
                  "SMTP over TLS needs a certificate: --tls-cert, --tls-key (" + each.address + ")");
    Result<OpenListener> opened = open_tcp(loop, implicit ? "smtps" : "smtp", each.address);
    if (!opened) return std::unexpected(opened.error());
    opened->policy = std::move(each.policy);
    into.push_back(std::move(*opened));
  }
  if (configuration.smtp) return {};
  // Nobody has asked for this one by name: a second server on the machine, or another that has the port, is no error.
  Result<OpenListener> opened = open_tcp(loop, "smtp", default_smtp);
  if (opened)
    into.push_back(std::move(*opened));
  else
    say("postroom: no SMTP at its usual place: {}; name another with --smtp, or say --smtp off\n",
        opened.error().message);
  return {};
}

Result<Doors> open_doors(net::SystemLoop& loop, const Configuration& configuration) {
  Doors doors;
  Result<OpenListener> http = open_tcp(loop, "http", configuration.http);
  if (!http) return std::unexpected(http.error());
  doors.http.push_back(std::move(*http));
  if (!configuration.https.empty()) {
    if (configuration.tls_cert.empty())
      return fail(ErrorCode::invalid, "--https needs a certificate: --tls-cert, --tls-key");
    Result<OpenListener> https = open_tcp(loop, "https", configuration.https);
    if (!https) return std::unexpected(https.error());
    doors.http.push_back(std::move(*https));
  }
  Result<std::unique_ptr<net::Listener>> local = net::listen_unix(loop, configuration.socket());
  if (!local) return std::unexpected(local.error());
  doors.http.push_back({"socket", std::move(*local), {}});
  if (!configuration.submit_socket.empty()) {
    Result<std::unique_ptr<net::Listener>> open =
        net::listen_unix(loop, configuration.submit_socket, net::SocketUsers::everyone);
    if (!open) return std::unexpected(open.error());
    doors.http.push_back({"submit socket", std::move(*open), {}});
  }
  if (Result<> smtp = open_smtp(loop, configuration, doors.smtp); !smtp) return std::unexpected(smtp.error());
  return doors;
}

constexpr std::size_t files_beside_sessions = 512;  // sessions with providers, clients of HTTP, the store

// Each session is an open file: as many as the system allows. How many that is.
std::size_t allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return files_beside_sessions;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  return files.rlim_max;
}

// Who comes in by SMTP must not take the files that sending and the API need: those beyond hear 421.
Configuration fitted(Configuration configuration, std::size_t files, observe::Log& log) {
  std::size_t& sessions = configuration.submission_limits.sessions;
  const std::size_t room = files > 2 * files_beside_sessions ? files - files_beside_sessions : files / 2;
  if (sessions <= room) return configuration;
  log.write(observe::Level::warning, "fewer SMTP sessions than configured: raise the limit of open files",
            {{"open_files", std::to_string(files)}, {"submission.sessions", std::to_string(room)}});
  sessions = room;
  return configuration;
}

// Tells on stdout where each listens, for people and for whoever has asked for port 0.
void announce(const Doors& doors, const Configuration& configuration) {
  for (const auto* listeners : {&doors.http, &doors.smtp})
    for (const OpenListener& door : *listeners) {
      std::string where = net::to_string(door.listener->local());
      if (door.name == "socket") where = configuration.socket();
      if (door.name == "submit socket") where = configuration.submit_socket;
      answer("listening {} {}\n", door.name, where);
    }
}

}  // namespace

int serve(const Configuration& given) {
  net::SystemLoop loop;
  observe::Log log(loop);
  const auto give_up = [](const Error& error) {
    say("postroom: {}\n", error.message);
    return error.code == ErrorCode::conflict ? exit_in_use : exit_failure;
  };
  const Configuration configuration = fitted(given, allow_many_files(), log);
  Result<std::unique_ptr<House>> house = House::open(loop, configuration);
  if (!house) return give_up(house.error());
  if (!configuration.tls_cert.empty())
    if (const Result<> used = (*house)->tls().use_certificate(configuration.tls_cert, configuration.tls_key); !used)
      return give_up(used.error());
  (*house)->tls().on_certificate_trouble([&log](const Error& error) {
    log.write(observe::Level::warning, "certificate not renewed", {{"reason", error.message}});
  });
  (*house)->report_to(log);
  Result<Doors> doors = open_doors(loop, configuration);
  if (!doors) return give_up(doors.error());

  const std::string address = net::to_string(doors->http.front().listener->local());
  Service service(loop, **house, std::move(*doors));
  loop.on_stop_signal([&service] { service.stop(); });
  announce(service.doors(), configuration);  // who has read it may ask for a stop
  log.write(observe::Level::info, "started", {{"http", address}, {"data_dir", configuration.data_dir}});
  if ((*house)->accounts().users().empty())
    say("Nobody has an account yet. Make the first one, of an admin, here:\n  {}/welcome#token={}\n",
        configuration.url.empty() ? "http://" + address : configuration.url,
        (*house)->accounts().first_run_token().reveal());
  loop.run(service.run());
  log.write(observe::Level::info, "stopped", {});
  return exit_success;
}

}  // namespace postroom::app
