#include "sim/play.h"

#include <memory>
#include <set>
#include <utility>

#include "async/sim_loop.h"
#include "delivery/engine.h"
#include "sim/network.h"
#include "sim/watcher.h"
#include "sim/world.h"

namespace postroom::sim {
namespace {

using store::memory::CommitFate;
using store::memory::MemoryStore;

constexpr store::ConnectionId connection_count = 3;
constexpr int acts_of_a_play = 60;
constexpr std::uint64_t most_steps = 2'000'000;

delivery::EngineOptions options_of(World& world) {
  using std::chrono::seconds;
  delivery::EngineOptions options;
  options.retry.waits = {seconds(1), seconds(5), seconds(20), seconds(60)};
  options.breaker = {5, seconds(5), seconds(30)};
  options.deadlines = {seconds(3), seconds(3), seconds(5), seconds(5), seconds(5), seconds(5), seconds(10), seconds(2)};
  options.session_idle = seconds(10);
  options.stop_patience = seconds(15);
  options.window = world.below(3) == 0 ? 4 : 200;
  return options;
}

// What a crash takes along. A crashed process is left as it stood, never run again and never taken apart: its
// coroutines can't be ended from outside.
struct Process {
  explicit Process(std::shared_ptr<World> shared)
      : owned(std::move(shared)),
        world(*owned),
        loop(world.now),
        store(loop, world.disk),
        network(loop, world),
        ids(store.highest_id()),
        chance(world.below(UINT64_MAX)),
        engine(
            loop, store, {network, network, network, [](const net::IpAddress&) { return Result<>{}; }}, ids, chance,
            [](const store::ConnectionRecord&) { return Secret(); }, options_of(world)),
        pause(loop) {
    store.on_commit([this](store::memory::Write) { return fate_of(); });
    store.on_connections_changed([this] { engine.settings_changed(); });
  }

  CommitFate fate_of() {
    const bool trouble = !world.quiet && store_trouble_until > loop.now();
    if (trouble || world.happens(world.refusals)) return CommitFate::refused;
    if (world.happens(world.refusals)) return CommitFate::committed_but_reported_lost;
    return CommitFate::committed;
  }

  std::shared_ptr<World> owned;
  World& world;
  async::SimLoop loop;
  MemoryStore store;
  SimNetwork network;
  IdGenerator ids;
  SeededRandom chance;
  delivery::Engine engine;
  async::Timer pause;
  Monotonic store_trouble_until{};
  bool ended = false;
};

std::vector<Process*>& crashed_processes() {
  static auto& kept = *new std::vector<Process*>();
  return kept;
}

class Play {
 public:
  explicit Play(std::uint64_t seed) : owned_(std::make_shared<World>(seed)), world_(*owned_), watcher_(world_) {
    world_.now = async::SimLoop().wall();
  }

  Ending run() {
    begin_process();
    for (store::ConnectionId id = 1; id <= connection_count; ++id) create_connection(id);
    for (int i = 0; i < acts_of_a_play && world_.violations.empty(); ++i) {
      act();
      pass(std::chrono::milliseconds(world_.below(8000)));
    }
    make_peace();
    pass(std::chrono::minutes(40));
    if (world_.violations.empty()) watcher_.check_end();
    end_process();
    return ending();
  }

 private:
  void begin_process() {
    process_ = new Process(owned_);
    world_.tell("the process starts");
    async::start(process_->engine.run(), [process = process_] { process->ended = true; });
  }

  // False once a rule is broken: nothing moves any more, and what was under way stays as it is.
  bool step() {
    if (!world_.violations.empty()) return false;
    if (++steps_ > most_steps) {
      world_.violated("a play ends", "too many steps");
      return false;
    }
    world_.now = process_->loop.wall();
    const bool more = process_->loop.step();
    world_.now = process_->loop.wall();
    watcher_.check();
    return more && world_.violations.empty();
  }

  void pass(Duration span) {
    bool over = false;
    process_->pause.arm(process_->loop.now() + span, [&over] { over = true; });
    while (!over && step()) {
    }
    process_->pause.disarm();
  }

  // A call to the store from outside the engine, to its end.
  template <class T>
  T call(async::Task<T> task) {
    std::optional<T> result;
    async::start(async::detail::store_result(std::move(task), result), [] {});
    while (!result && step()) {
    }
    return result ? std::move(*result) : T(std::unexpected(Error{ErrorCode::canceled, "the play is over"}));
  }

  void create_connection(store::ConnectionId id) {
    store::ConnectionRecord connection;
    connection.caption = "connection " + std::to_string(id);
    connection.host = "c" + std::to_string(id) + ".example";
    connection.port = 25;
    connection.encryption = id == 2 ? store::Encryption::ssl : store::Encryption::none;
    connection.priority = static_cast<std::int32_t>(world_.below(3));
    connection.max_sessions = static_cast<std::uint32_t>(1 + world_.below(3));
    connection.max_messages_per_session = static_cast<std::uint32_t>(world_.below(4));
    connection.on_doubt = id == 3 ? store::OnDoubt::hold : store::OnDoubt::retry;
    while (world_.violations.empty() && process_->store.disk().connections.size() < static_cast<std::size_t>(id))
      static_cast<void>(call(process_->store.create_connection(connection, {})));
  }

  void act() {
    const std::uint64_t what = world_.below(100);
    if (what < 45) return submit();
    if (what < 60) return operate();
    if (what < 72) return crash();
    if (what < 80) return change_connection();
    if (what < 90) {
      const auto connection = static_cast<store::ConnectionId>(1 + world_.below(connection_count));
      world_.tell("connection " + std::to_string(connection) + " goes down");
      world_.down_until[connection] = world_.now + std::chrono::seconds(world_.below(60));
      return;
    }
    if (what < 95) {
      world_.tell("the store is in trouble");
      process_->store_trouble_until = process_->loop.now() + std::chrono::seconds(world_.below(10));
    }
  }

  void submit() {
    store::NewMessage added;
    const auto bucket = static_cast<unsigned>(world_.below(bucket_count));
    store::MessageRecord& message = added.message;
    message.id = {process_->ids.next(world_.now, bucket)};
    message.reverse_path = "office@example.org";
    if (world_.below(4) == 0) message.send_at = world_.now + std::chrono::seconds(world_.below(120));
    if (world_.below(5) == 0) message.pinned_to = static_cast<store::ConnectionId>(1 + world_.below(connection_count));
    if (world_.below(5) == 0) message.on_doubt = store::OnDoubt::hold;
    const bool short_lived = world_.below(8) == 0;
    message.expires_at = message.send_at.value_or(world_.now) +
                         (short_lived ? Duration(std::chrono::seconds(20)) : Duration(std::chrono::hours(5)));
    std::string body = "Subject: Hello\r\n\r\n";
    for (std::uint64_t lines = world_.below(40); lines > 0; --lines) body += "..A line that needs care.\r\n";
    if (world_.below(20) == 0) body += std::string(900, 'x') + "\r\n";
    added.content = std::make_shared<const std::string>(std::move(body));
    message.email_count = static_cast<std::uint32_t>(1 + world_.below(5));
    for (std::uint32_t i = 0; i < message.email_count; ++i) {
      store::EmailRecord email;
      email.id = {process_->ids.next(world_.now, bucket)};
      email.message_id = message.id;
      email.address = "p" + std::to_string(++recipients_) + "@example.net";
      email.status = message.send_at ? store::EmailStatus::scheduled : store::EmailStatus::queued;
      email.next_attempt_at = message.send_at.value_or(world_.now);
      email.expires_at = message.expires_at;
      email.pinned_to = message.pinned_to;
      added.emails.push_back(std::move(email));
    }
    const std::vector<store::EmailRecord> emails = added.emails;
    store::AcceptRequest request;
    request.messages.push_back(std::move(added));
    const auto accepted = call(process_->store.accept(std::move(request)));
    world_.tell(emails.front().address + " and " + std::to_string(emails.size() - 1) +
                " more: " + (accepted ? "accepted" : accepted.error().message));
    if (accepted)
      for (const store::EmailRecord& email : emails) watcher_.promised(email.id);
  }

  // Settling is for mail that rests: what an operator says about mail on its way is overtaken by its reply.
  void operate() {
    using store::QueueAct;
    constexpr QueueAct acts[] = {QueueAct::hold, QueueAct::release, QueueAct::retry,
                                 QueueAct::move, QueueAct::remove,  QueueAct::settle};
    store::QueueAction action;
    action.act = acts[world_.below(std::size(acts))];
    action.move_to = static_cast<store::ConnectionId>(1 + world_.below(connection_count));
    for (const auto& [id, row] : world_.disk->queue)
      if (world_.below(3) == 0 && (action.act != QueueAct::settle || row.email.status == store::EmailStatus::unknown))
        action.ids.push_back(id);
    action.settle_sent = world_.below(2) == 0;
    if (action.act == QueueAct::settle)
      for (const EmailId id : action.ids) watcher_.settled(id);
    world_.tell("an operator acts (" + std::to_string(static_cast<int>(action.act)) + ") on " +
                std::to_string(action.ids.size()) + " emails");
    static_cast<void>(call(process_->store.act(std::move(action), world_.now)));
  }

  // At any step: between a commit and its answer, between the dot and its reply.
  void crash() {
    for (std::uint64_t steps = world_.below(200); steps > 0; --steps)
      if (!step()) return;
    world_.tell("the process crashes");
    crashed_processes().push_back(process_);
    ++crashes_;
    begin_process();
  }

  void change_connection() {
    const auto id = static_cast<store::ConnectionId>(1 + world_.below(connection_count));
    store::ConnectionChange change;
    change.connection = world_.disk->connections.at(id);
    change.expected_version = change.connection.version;
    change.connection.enabled = !change.connection.enabled;
    world_.tell(change.connection.caption + (change.connection.enabled ? " is enabled" : " is disabled"));
    static_cast<void>(call(process_->store.update_connection(std::move(change))));
  }

  void make_peace() {
    world_.tell("the faults are over");
    world_.quiet = true;
    for (const auto& [id, stored] : std::map(world_.disk->connections)) {
      store::ConnectionChange change{stored, stored.version, {}};
      change.connection.enabled = true;
      static_cast<void>(call(process_->store.update_connection(std::move(change))));
    }
    store::QueueAction release;
    release.act = store::QueueAct::release;
    for (const auto& [id, row] : world_.disk->queue) release.ids.push_back(id);
    static_cast<void>(call(process_->store.act(std::move(release), world_.now)));
  }

  void end_process() {
    process_->engine.stop();
    while (!process_->ended && step()) {
    }
    if (!process_->ended) {
      crashed_processes().push_back(process_);
      return;
    }
    process_->loop.run_until_idle();  // the providers see their clients go
    delete process_;
  }

  Ending ending() {
    Ending ending{world_.violations, world_.story, 0, 0, 0, crashes_};
    ending.emails = world_.disk->queue.size() + world_.disk->finished.size();
    for (const auto& [id, email] : world_.disk->finished)
      if (email.status == store::EmailStatus::accepted) ++ending.accepted;
    for (const auto& [id, row] : world_.disk->attempts)
      if (row.attempt.reason_class == store::ReasonClass::unknown) ++ending.doubts;
    return ending;
  }

  std::shared_ptr<World> owned_;  // with the crashed processes, which refer to it for ever
  World& world_;
  Watcher watcher_;
  Process* process_ = nullptr;
  std::uint64_t steps_ = 0, recipients_ = 0, crashes_ = 0;
};

}  // namespace

Ending play(std::uint64_t seed) {
  return Play(seed).run();
}

}  // namespace postroom::sim
