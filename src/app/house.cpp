#include "app/house.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/limits.h"
#include "delivery/connection_trial.h"
#include "mime/builder.h"

namespace postroom::app {
namespace {

constexpr std::size_t retention_step = 500;
constexpr Duration room_known_for = std::chrono::milliseconds(200);
constexpr Duration longest_absence = std::chrono::hours(7 * 24);

delivery::EngineOptions engine_options(const Configuration& configuration, const std::string& host_name) {
  delivery::EngineOptions options;
  if (!configuration.retry.empty()) options.retry.waits = configuration.retry;
  if (configuration.probe) {
    options.breaker.first_probe = *configuration.probe;
    options.breaker.longest_probe = std::max(options.breaker.longest_probe, *configuration.probe);
  }
  if (configuration.dot_timeout) options.deadlines.dot = *configuration.dot_timeout;
  options.ehlo_name = host_name;
  options.session_idle = configuration.session_idle;
  options.lanes = configuration.lanes;
  options.lane_on_doubt = configuration.lane_on_doubt;
  return options;
}

}  // namespace

std::string machine_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

Result<std::unique_ptr<House>> House::open(net::SystemLoop& loop, Configuration configuration) {
  Result<net::DestinationPolicy> destinations = net::DestinationPolicy::create(configuration.allow, configuration.deny);
  if (!destinations) return std::unexpected(destinations.error());
  std::unique_ptr<House> house(new House(loop, std::move(configuration), std::move(*destinations)));
  const std::string& dir = house->configuration_.data_dir;
  Result<std::unique_ptr<store::sqlite::SqliteStore>> store = store::sqlite::SqliteStore::open(loop, dir);
  if (!store) return std::unexpected(store.error());
  // fine-print, "Connections": the key's id is stored, and another key refuses to start. A missing one too: a new key
  // would open nothing, and stand where the right one has to be brought back to.
  const Result<std::optional<std::string>> stored = loop.run((*store)->setting("secret_key_id"));
  if (!stored) return std::unexpected(stored.error());
  const auto wrong_key = [] {
    return fail(ErrorCode::conflict,
                "the secret key is not the one that sealed the stored passwords; bring back secret.key, or name it "
                "with --secret-key-file");
  };
  const std::string key_file = house->configuration_.key_file();
  if (*stored && ::access(key_file.c_str(), F_OK) != 0) return wrong_key();
  Result<auth::SecretBox> secrets = auth::SecretBox::open_file(key_file, house->random_);
  if (!secrets) return std::unexpected(secrets.error());
  const std::string key_id = secrets->key_id();
  if (*stored && **stored != key_id) return wrong_key();
  if (!*stored)
    if (const Result<> kept = loop.run((*store)->set_setting("secret_key_id", key_id)); !kept)
      return std::unexpected(kept.error());
  if (Result<> ready = house->build_oidc(); !ready) return std::unexpected(ready.error());
  house->build(std::move(*store), std::move(*secrets));
  if (Result<> guarded = house->guard_clock(); !guarded) return std::unexpected(guarded.error());
  if (const Result<> loaded = loop.run(house->keys_->load()); !loaded) return std::unexpected(loaded.error());
  if (const Result<> loaded = loop.run(house->accounts_->load()); !loaded) return std::unexpected(loaded.error());
  if (const Result<> loaded = loop.run(house->logins_->load()); !loaded) return std::unexpected(loaded.error());
  if (const Result<> loaded = loop.run(house->allowance_->load()); !loaded) return std::unexpected(loaded.error());
  return house;
}

// fine-print, "Times": a clock far ahead of what is stored may be wrong, and would expire all mail at a blow.
Result<> House::guard_clock() {
  const Timestamp stored = store_->last_stored_time();
  const Timestamp wall = loop_.wall();
  loop_.start_wall_at_least(stored);
  const Result<std::optional<std::string>> jumped = loop_.run(store_->setting(std::string(store::clock_jump_setting)));
  if (!jumped) return std::unexpected(jumped.error());
  if (!*jumped && (stored == Timestamp{} || wall - stored <= longest_absence)) return {};
  store_->hold_expiry(store::Hold::on);
  if (*jumped) return {};
  const std::string sentence = "The clock says " + format_rfc3339(wall) + "; what was last written is from " +
                               format_rfc3339(stored) + ". No mail expires until someone confirms the clock.";
  if (Result<> told = loop_.run(store_->append_event({0, wall, "clock_jump", std::nullopt, sentence})); !told)
    return told;
  return loop_.run(store_->set_setting(std::string(store::clock_jump_setting), sentence));
}

void House::build(std::unique_ptr<store::sqlite::SqliteStore> store, auth::SecretBox secrets) {
  if (configuration_.host_name.empty()) configuration_.host_name = machine_name();
  store_ = std::move(store);
  secrets_ = std::make_unique<auth::SecretBox>(std::move(secrets));
  ids_ = std::make_unique<IdGenerator>(store_->highest_id());
  keys_ = std::make_unique<auth::ApiKeys>(loop_, *store_, random_);
  accounts_ = std::make_unique<auth::Accounts>(loop_, *store_, *secrets_, random_);
  intake_ = std::make_unique<intake::Intake>(
      loop_, *store_, *ids_, dice_, configuration_.host_name,
      intake::Limits{configuration_.message_bytes, limits::recipients, limits::attachments, configuration_.lanes},
      [this] { return room(); },
      [this](const mail::Address& to, const std::string& lane, const std::vector<std::string>& tags) {
        return engine_->likely_connection({"", to.text(), lane, tags, std::nullopt});
      });
  build_submission();
  delivery::Network network{dialer_, resolver_, tls_,
                            [this](const net::IpAddress& address) { return destinations_.check(address); }};
  engine_ = std::make_unique<delivery::Engine>(
      loop_, *store_, std::move(network), *ids_, dice_,
      [this](const store::ConnectionRecord& connection) -> Result<Secret> {
        if (connection.sealed_password.empty()) return Secret();
        return secrets_->open(connection.sealed_password, auth::connection_context);
      },
      engine_options(configuration_, configuration_.host_name));
  store_->on_connections_changed([this] {
    intake_->connections_changed();
    engine_->settings_changed();
  });
  api::ApiConfig config;
  config.owner_uid = ::geteuid();
  config.metrics = configuration_.metrics_open ? api::MetricsAccess::open : api::MetricsAccess::key_with_read;
  config.lanes = configuration_.lanes;
  config.room = [this] { return room(); };
  config.secure_cookies = configuration_.url.starts_with("https:");
  config.is_stopping = [this] { return stopping_; };
  config.check_host = [this](const std::string& host) -> std::optional<std::string> {
    // Names are checked when they are connected to; an address written as such is refused at once.
    const Result<net::Endpoint> literal =
        net::parse_endpoint((host.find(':') == std::string::npos ? host : "[" + host + "]") + ":25");
    if (!literal) return std::nullopt;
    const Result<> allowed = destinations_.check(literal->address);
    return allowed ? std::nullopt : std::optional(allowed.error().message);
  };
  api_ = std::make_unique<api::Api>(api::Services{loop_, *store_, *intake_, *this, *keys_, *logins_, *accounts_,
                                                  oidc_.get(), *secrets_, metrics_, std::move(config)});
  api_->mount(router_);
  router_.set_fallback([this](http::Request& request, const http::PathParams&) { return site_.answer(request); });
}

void House::build_submission() {
  logins_ = std::make_unique<auth::SubmissionLogins>(loop_, *store_, random_);
  allowance_ = std::make_unique<intake::SubmissionAllowance>(loop_, *store_);
  smtp::ServerOptions options;
  options.host_name = configuration_.host_name;
  options.message_bytes = configuration_.message_bytes;
  submission_ = std::make_unique<intake::SubmissionServer>(
      loop_, tls_, random_, intake::SubmissionDoors{loop_, *intake_, *keys_, *logins_, *allowance_, guesses_},
      std::move(options), configuration_.submission_limits);
}

Result<> House::build_oidc() {
  if (configuration_.oidc_issuer.empty()) return {};
  auth::OidcIssuer issuer;
  issuer.name = configuration_.oidc_name;
  issuer.issuer = configuration_.oidc_issuer;
  issuer.client_id = configuration_.oidc_client_id;
  issuer.redirect_uri = configuration_.url + "/api/v1/session/oidc/callback";
  if (!configuration_.oidc_client_secret_file.empty()) {
    std::ifstream file(configuration_.oidc_client_secret_file);
    std::string secret;
    if (!std::getline(file, secret))
      return fail(ErrorCode::io,
                  "oidc.client_secret_file: " + configuration_.oidc_client_secret_file + " can't be read");
    issuer.client_secret = Secret(std::move(secret));
  }
  client_ = std::make_unique<http::Client>(loop_, dialer_, resolver_, tls_);
  client_->ca_file = configuration_.oidc_ca_file;
  oidc_ = std::make_unique<auth::Oidc>(loop_, random_, std::move(issuer),
                                       [this](auth::OidcCall call) { return fetch(std::move(call)); });
  return {};
}

async::Task<Result<std::string>> House::fetch(auth::OidcCall call) {
  const auto answer = co_await client_->call(
      {std::move(call.method), std::move(call.url), std::move(call.headers), std::move(call.body)});
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return fail(ErrorCode::unavailable, "the issuer refused");
  co_return answer->body;
}

// Below the reserve intake refuses while delivery goes on (fine-print, "Defaults").
std::optional<std::string> House::room() {
  if (loop_.now() < room_known_until_) return room_;
  room_known_until_ = loop_.now() + room_known_for;
  const std::optional<std::string> before = std::exchange(room_, look_for_room());
  if (room_ && !before) report(observe::Level::error, "no room", *room_);
  if (!room_ && before) report(observe::Level::info, "room again", "Mail is accepted again.");
  return room_;
}

std::optional<House::DiskRoom> House::disk_room() const {
  struct statvfs disk{};
  if (::statvfs(configuration_.data_dir.c_str(), &disk) != 0) return std::nullopt;
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::uint64_t whole = static_cast<std::uint64_t>(disk.f_blocks) * disk.f_frsize;
  constexpr std::uint64_t two_gib = 2ULL << 30;
  const std::uint64_t reserve =
      configuration_.reserve_bytes.value_or(std::max(4 * configuration_.message_bytes, std::min(whole / 20, two_gib)));
  return DiskRoom{free, reserve};
}

std::optional<std::string> House::look_for_room() const {
  const std::optional<DiskRoom> room = disk_room();
  if (!room) return "The data directory can't be reached; nothing is accepted until it is back.";
  if (room->free >= room->reserve) return std::nullopt;
  return "The disk is nearly full; nothing is accepted until there is room again. Try again later.";
}

async::Task<api::TestReport> House::test(api::ConnectionTest test) {
  delivery::Network network{dialer_, resolver_, tls_,
                            [this](const net::IpAddress& address) { return destinations_.check(address); }};
  std::string message;
  if (!test.send_to.empty()) {
    mime::ComposedMessage composed;
    const Result<mail::Address> from =
        mail::parse_address(test.connection.send_from.empty() ? test.send_to : test.connection.send_from);
    const Result<mail::Address> to = mail::parse_address(test.send_to);
    if (from && to) {
      composed.from = {test.connection.send_from_name, *from};
      composed.to = {{"", *to}};
      composed.subject = "Postroom test message";
      composed.date = loop_.wall();
      composed.message_id = random_.token(20) + "@" + configuration_.host_name;
      composed.text = "This message was sent by Postroom's connection test. The connection works.";
      message = mime::compose(composed).value_or("");
    }
  }
  const std::vector<delivery::TriedStep> steps =
      co_await delivery::try_connection(loop_, network, std::move(test.connection), std::move(test.password),
                                        configuration_.host_name, test.send_to, std::move(message));
  api::TestReport report;
  report.ok = !steps.empty() && std::ranges::all_of(steps, &delivery::TriedStep::ok);
  for (const delivery::TriedStep& step : steps)
    report.steps.push_back(
        {step.step, step.ok, std::chrono::duration_cast<Milliseconds>(step.took).count(), step.detail, step.advice});
  co_return report;
}

api::ConnectionState House::state(store::ConnectionId id) {
  delivery::ConnectionState state = engine_->state(id);
  return {std::move(state.health), state.used, state.sessions, state.paused};
}

api::RouteAnswer House::explain(const api::RouteQuestion& question) {
  const delivery::RouteExplanation explained =
      engine_->explain({question.from, question.to, question.lane, question.tags, question.pinned_to});
  api::RouteAnswer answer;
  for (const policy::Consideration& considered : explained.connections)
    answer.connections.push_back({considered.connection->id, considered.connection->caption, considered.usable,
                                  considered.chosen, considered.why});
  answer.rule = explained.rule;
  answer.waits_for = explained.reason;
  return answer;
}

void House::report_to(observe::Log& log) {
  log_ = &log;
  room();  // what is wrong with it from the start is said at the start
  engine_->on_event([this](const store::EventRecord& event) {
    const bool good = event.event == "connection.restored";
    if (log_ == nullptr) return;
    log_->write(good ? observe::Level::info : observe::Level::warning, event.event,
                {{"reason", event.detail}, {"connection_id", std::to_string(event.connection_id.value_or(0))}});
  });
  store_->on_trouble([this](const Result<>& written) {
    if (written) return report(observe::Level::info, "store writes again", "Mail is accepted and sent again.");
    report(observe::Level::error, "store can't write", written.error().message);
  });
}

void House::report(observe::Level level, std::string_view event, std::string_view reason) {
  if (log_ != nullptr) log_->write(level, event, {{"reason", reason}});
}

void House::stop() {
  stopping_ = true;
  stop_signal_.notify_all();
  engine_->stop();
}

async::Task<void> House::keep_retention() {
  const auto ago = [this](int days) { return loop_.wall() - std::chrono::hours(24 * days); };
  while (!stopping_) {
    const store::RetentionCut cut{
        .content_before = ago(7), .log_before = ago(90), .audit_before = ago(365), .idempotency_before = ago(2)};
    const Result<std::size_t> removed = co_await store_->remove_old(cut, retention_step);
    if (stopping_) break;
    const bool more = removed && *removed >= retention_step;
    co_await stop_signal_.wait(loop_.now() +
                               (more ? Duration(std::chrono::milliseconds(200)) : Duration(std::chrono::minutes(10))));
  }
}

void House::publish_metrics() {
  const delivery::EngineCounters& counters = engine_->counters();
  const auto set = [this](const char* outcome, std::uint64_t value) {
    metrics_.counter("postroom_delivery_outcomes", "Attempts of this process by outcome.", {{"outcome", outcome}})
        .rise_to(value);
  };
  set("accepted", counters.accepted);
  set("failed", counters.failed);
  set("deferred", counters.deferred);
  set("doubted", counters.doubted);
  set("failed_over", counters.failed_over);
  metrics_.gauge("postroom_smtp_sessions", "Open sessions of SMTP submission.")
      .set(static_cast<double>(submission_->open_sessions()));
  metrics_.counter("postroom_smtp_messages_accepted", "Messages that this process took in over SMTP.")
      .rise_to(submission_->accepted());
  metrics_.gauge("postroom_emails_in_memory", "Due emails that the engine holds.")
      .set(static_cast<double>(engine_->in_memory()));
  if (const std::optional<DiskRoom> room = disk_room()) {
    metrics_.gauge("postroom_disk_free_bytes", "Free where the data directory is.")
        .set(static_cast<double>(room->free));
    metrics_.gauge("postroom_disk_reserve_bytes", "Mail is refused when less than this is free.")
        .set(static_cast<double>(room->reserve));
  }
  const Duration ahead = net::SystemLoop::system_wall() - Milliseconds(loop_.wall().ms);
  metrics_.gauge("postroom_clock_behind_seconds", "How far the system's clock was set ahead of the one mail goes by.")
      .set(std::chrono::duration<double>(ahead).count());
}

}  // namespace postroom::app
