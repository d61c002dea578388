// House is the composition root: it makes every part and hands each what it needs. With delivery it is the server;
// without, the command line's own way to the data of a server that is not running.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "app/configuration.h"
#include "auth/accounts.h"
#include "auth/api_keys.h"
#include "auth/oidc.h"
#include "auth/secret_box.h"
#include "auth/sign_in_throttle.h"
#include "auth/submission_logins.h"
#include "base/id.h"
#include "base/random.h"
#include "console/site.h"
#include "delivery/engine.h"
#include "http/client.h"
#include "http/router.h"
#include "intake/intake.h"
#include "intake/submission_server.h"
#include "net/resolver.h"
#include "net/system_loop.h"
#include "net/tcp.h"
#include "net/tls.h"
#include "observe/log.h"
#include "observe/metrics.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::app {

class House final : public api::DeliveryDoor {
 public:
  // Opens the data directory, making it on the first start. Errors: those of SqliteStore::open and
  // SecretBox::open_file.
  static Result<std::unique_ptr<House>> open(net::SystemLoop& loop, Configuration configuration);

  const Configuration& configuration() const { return configuration_; }
  http::Router& router() { return router_; }
  api::Api& api() { return *api_; }
  store::Store& store() { return *store_; }
  auth::ApiKeys& keys() { return *keys_; }
  auth::Accounts& accounts() { return *accounts_; }
  delivery::Engine& engine() { return *engine_; }
  intake::SubmissionServer& submission() { return *submission_; }
  net::OpenSslTls& tls() { return tls_; }
  Random& chance() { return random_; }
  observe::Metrics& metrics() { return metrics_; }
  // Tells the log what staff should see: events of delivery, a store that fails, a disk that is full, and their ends.
  void report_to(observe::Log& log);

  // api::DeliveryDoor
  async::Task<api::TestReport> test(api::ConnectionTest test) override;
  api::ConnectionState state(store::ConnectionId id) override;
  api::RouteAnswer explain(const api::RouteQuestion& question) override;
  async::Task<void> settings_in_force() override { return engine_->settings_in_force(); }
  void wake() override { engine_->wake(); }

  // Removes what is older than its retention, in small steps, until stop().
  async::Task<void> keep_retention();
  // Ends keep_retention() and lets the engine finish what is past the dot.
  void stop();
  void publish_metrics();

 private:
  House(net::SystemLoop& loop, Configuration configuration, net::DestinationPolicy destinations)
      : loop_(loop),
        configuration_(std::move(configuration)),
        destinations_(std::move(destinations)),
        dialer_(loop),
        resolver_(loop),
        stop_signal_(loop) {}
  void report(observe::Level level, std::string_view event, std::string_view reason);
  Result<> guard_clock();
  void build(std::unique_ptr<store::sqlite::SqliteStore> store, auth::SecretBox secrets);
  std::optional<std::string> room();
  struct DiskRoom {
    std::uint64_t free = 0, reserve = 0;  // bytes
  };
  std::optional<DiskRoom> disk_room() const;
  std::optional<std::string> look_for_room() const;
  void build_submission();
  Result<> build_oidc();
  async::Task<Result<std::string>> fetch(auth::OidcCall call);

  net::SystemLoop& loop_;
  Configuration configuration_;
  SystemRandom random_;
  SeededRandom dice_{random_.next()};  // for what needs no secret: a connection by weight, a bucket of ids
  net::DestinationPolicy destinations_;
  net::TcpDialer dialer_;
  net::SystemResolver resolver_;
  net::OpenSslTls tls_;
  async::Signal stop_signal_;
  bool stopping_ = false;
  observe::Metrics metrics_;
  observe::Log* log_ = nullptr;
  std::unique_ptr<store::sqlite::SqliteStore> store_;
  std::unique_ptr<auth::SecretBox> secrets_;
  std::unique_ptr<IdGenerator> ids_;
  std::unique_ptr<auth::ApiKeys> keys_;
  std::unique_ptr<auth::Accounts> accounts_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<auth::Oidc> oidc_;
  std::unique_ptr<auth::SubmissionLogins> logins_;
  auth::SignInThrottle guesses_;  // at submission
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<intake::SubmissionAllowance> allowance_;
  std::unique_ptr<intake::SubmissionServer> submission_;
  std::optional<std::string> room_;  // why there is none
  Monotonic room_known_until_{};
  std::unique_ptr<delivery::Engine> engine_;
  std::unique_ptr<api::Api> api_;
  console::Site site_{console::built_site()};
  http::Router router_;
};

// The machine's name, fit for EHLO and Message-ID.
std::string machine_name();

}  // namespace postroom::app
