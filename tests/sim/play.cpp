#include "sim/play.h"

#include <memory>
#include <utility>

#include "sim/process.h"
#include "sim/topology.h"
#include "sim/watcher.h"
#include "sim/world.h"

namespace postroom::sim {
namespace {

constexpr int acts_of_a_play = 60;
constexpr std::uint64_t most_steps = 200'000;

std::vector<Process*>& crashed_processes() {
  static auto& kept = *new std::vector<Process*>();
  return kept;
}

class Play {
 public:
  explicit Play(std::uint64_t seed) : owned_(std::make_shared<World>(seed)), world_(*owned_), watcher_(world_) {
    world_.now = world_.latest = random_start(world_);
    clock_is_steady_ = !world_.one_in(3);
    connection_count_ = static_cast<store::ConnectionId>(world_.one_in(4) ? 1 : 2 + world_.below(4));
    busy_ = world_.one_in(3);
  }

  Ending run() {
    begin_process();
    for (store::ConnectionId id = 1; id <= connection_count_; ++id) create_connection(id);
    if (world_.one_in(3)) change_rules();
    for (int i = 0; i < acts_of_a_play && world_.violations.empty(); ++i) {
      act();
      pass(world_.one_in(40) ? Duration(std::chrono::minutes(1 + world_.below(20)))
                             : Duration(std::chrono::milliseconds(world_.below(8000))));
    }
    make_peace();
    pass(std::chrono::minutes(15));
    if (world_.violations.empty()) watcher_.check_end(*process_);
    end_process();
    return ending();
  }

 private:
  void begin_process() {
    process_ = new Process(owned_);
    world_.tell("the process starts");
    watcher_.process_begins();
    async::start(process_->engine.run(), [process = process_] { process->ended = true; });
  }

  // False once a rule is broken: nothing moves any more, and what was under way stays as it is.
  bool step() {
    if (!world_.violations.empty()) return false;
    if (++steps_ > most_steps) {
      world_.violated("a play ends", "too many steps");
      return false;
    }
    const bool more = process_->step();
    watcher_.check(*process_);
    return more && world_.violations.empty();
  }

  void pass(Duration span) {
    bool over = false;
    process_->pause.arm(process_->loop.now() + span, [&over] { over = true; });
    while (!over && step()) {
    }
    process_->pause.disarm();
  }

  // A call to the store from outside the engine, to its end; some error where the play ends before.
  template <class T>
  T call(async::Task<T> task) {
    std::optional<T> result;
    async::start(async::detail::store_result(std::move(task), result), [] {});
    while (!result && step()) {
    }
    return result ? std::move(*result) : T(std::unexpected(typename T::error_type{}));
  }

  store::ConnectionId some_connection() {
    return static_cast<store::ConnectionId>(1 + world_.below(static_cast<std::uint64_t>(connection_count_)));
  }

  void create_connection(store::ConnectionId id) {
    const store::ConnectionRecord connection = random_connection(world_, id);
    world_.tell(describe(connection));
    while (world_.violations.empty() && process_->store.disk().connections.size() < static_cast<std::size_t>(id))
      static_cast<void>(call(process_->store.create_connection(connection, {})));
    if (world_.one_in(2)) new_temper(world_, id);
  }

  void act() {
    const std::uint64_t what = world_.below(100);
    if (what < 40) return submit();
    if (what < 52) return operate();
    if (what < 60) return crash();
    if (what < 68) return change_connection();
    if (what < 73) return take_down(some_connection());
    if (what < 80) return new_temper(world_, some_connection());
    if (what < 85) return pause_or_resume();
    if (what < 88) return change_rules();
    if (what < 91) return jump_the_clock();
    if (what < 93) return wake();
    if (what < 97) {
      world_.tell("the store is in trouble");
      process_->store_trouble_until = process_->loop.now() + std::chrono::seconds(world_.below(10));
    }
  }

  void take_down(store::ConnectionId connection) {
    world_.tell("connection " + std::to_string(connection) + " goes down");
    world_.providers[connection].down_until = world_.time + std::chrono::seconds(world_.below(60));
  }

  void submit() {
    const std::uint64_t messages = busy_ && world_.one_in(6) ? 5 + world_.below(20) : 1;
    for (std::uint64_t i = 0; i < messages && world_.violations.empty(); ++i) submit_message();
  }

  void submit_message() {
    store::NewMessage added;
    const auto bucket = static_cast<unsigned>(world_.below(bucket_count));
    store::MessageRecord& message = added.message;
    message.id = {process_->ids.next(world_.now, bucket)};
    message.reverse_path = "office@" + std::string(sender_domains[world_.below(sender_domains.size())]);
    message.lane = lanes[world_.below(lanes.size())];
    if (world_.one_in(3)) message.tags.emplace_back(tags[world_.below(tags.size())]);
    if (world_.one_in(4)) message.send_at = world_.now + std::chrono::seconds(world_.below(120));
    if (world_.one_in(5)) message.pinned_to = some_connection();
    if (world_.one_in(5)) message.on_doubt = store::OnDoubt::hold;
    message.eight_bit = needs_eight_bit(recipients_);
    const bool short_lived = world_.one_in(8);
    message.expires_at = message.send_at.value_or(world_.now) +
                         (short_lived ? Duration(std::chrono::seconds(20)) : Duration(std::chrono::hours(72)));
    std::string body = "Subject: Hello\r\n\r\n";
    for (std::uint64_t lines = world_.below(40); lines > 0; --lines) body += "..A line that needs care.\r\n";
    if (world_.one_in(20)) body += std::string(900, 'x') + "\r\n";
    added.content = std::make_shared<const std::string>(std::move(body));
    message.email_count = static_cast<std::uint32_t>(1 + world_.below(5));
    for (std::uint32_t i = 0; i < message.email_count; ++i) {
      store::EmailRecord email;
      email.id = {process_->ids.next(world_.now, bucket)};
      email.message_id = message.id;
      email.lane = message.lane;
      email.address = "p" + std::to_string(++recipients_) + "@" +
                      std::string(recipient_domains[world_.below(recipient_domains.size())]);
      email.status = message.send_at ? store::EmailStatus::scheduled : store::EmailStatus::queued;
      email.next_attempt_at = message.send_at.value_or(world_.now);
      email.expires_at = message.expires_at;
      email.pinned_to = message.pinned_to;
      added.emails.push_back(std::move(email));
    }
    accept(std::move(added));
  }

  void accept(store::NewMessage added) {
    const std::vector<store::EmailRecord> emails = added.emails;
    std::string what =
        emails.front().address + " and " + std::to_string(emails.size() - 1) + " more, lane " + added.message.lane;
    if (added.message.eight_bit) what += ", 8-bit";
    if (added.message.pinned_to) what += ", by connection " + std::to_string(*added.message.pinned_to);
    store::AcceptRequest request;
    request.messages.push_back(std::move(added));
    const auto accepted = call(process_->store.accept(std::move(request)));
    world_.tell(what + ": " + (accepted ? "accepted" : accepted.error().message));
    if (accepted)
      for (const store::EmailRecord& email : emails) watcher_.promised(email.id);
  }

  // Settling is for mail that rests: what an operator says about mail on its way is overtaken by its reply.
  void operate() {
    using store::QueueAct;
    constexpr std::array acts{std::pair(QueueAct::hold, "holds"),     std::pair(QueueAct::release, "releases"),
                              std::pair(QueueAct::retry, "retries"),  std::pair(QueueAct::move, "moves"),
                              std::pair(QueueAct::remove, "removes"), std::pair(QueueAct::settle, "settles")};
    store::QueueAction action;
    const auto& [act, verb] = acts[world_.below(acts.size())];
    action.act = act;
    action.move_to = some_connection();
    std::string whom;
    for (const auto& [id, row] : world_.disk->queue) {
      if (!world_.one_in(3) || (act == QueueAct::settle && row.email.status != store::EmailStatus::unknown)) continue;
      action.ids.push_back(id);
      whom += " " + row.email.address;
    }
    action.settle_sent = world_.one_in(2);
    if (action.act == QueueAct::settle)
      for (const EmailId id : action.ids) watcher_.settled(id);
    world_.tell("an operator " + std::string(verb) + whom +
                (act == QueueAct::move ? " to connection " + std::to_string(action.move_to) : ""));
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
    store::ConnectionChange change;
    change.connection = world_.disk->connections.at(some_connection());
    change.expected_version = change.connection.version;
    change_something(world_, change.connection);
    world_.tell("an operator changes " + describe(change.connection));
    static_cast<void>(call(process_->store.update_connection(std::move(change))));
    process_->engine.settings_changed();  // though the answer was lost
  }

  void change_rules() {
    store::RoutingTable table = world_.disk->routing;
    table.rules = random_rules(world_);
    world_.tell("an operator writes " + std::to_string(table.rules.size()) + " rules");
    for (const store::RoutingRule& rule : table.rules) world_.tell("  " + describe(rule));
    static_cast<void>(call(process_->store.set_routing(std::move(table), {})));
    process_->engine.settings_changed();  // though the answer was lost
  }

  void pause_or_resume() {
    std::string what = store::pause_of_all();
    if (world_.below(3) > 0) what = store::pause_of_lane(lanes[world_.below(lanes.size())]);
    if (world_.one_in(3)) what = store::pause_of_connection(some_connection());
    const bool resumes = world_.disk->settings.contains(what);
    world_.tell(std::string("an operator ") + (resumes ? "ends " : "sets ") + what);
    const std::optional<std::string> reason = resumes ? std::nullopt : std::optional<std::string>("");
    static_cast<void>(call(process_->store.change_setting(what, reason, {})));
    process_->engine.settings_changed();  // though the answer was lost
  }

  void jump_the_clock() {
    if (clock_is_steady_) return;
    constexpr std::array<int, 6> minutes{-60, -5, 5, 60, 24 * 60, 365 * 24 * 60};
    const int by = minutes[world_.below(world_.one_in(10) ? 6 : 5)];
    process_->loop.jump_wall_clock(std::chrono::minutes(by));
    world_.tell("the clock jumps by " + std::to_string(by) + " minutes");
    watcher_.clock_jumps();
  }

  void wake() {
    world_.tell("an operator asks for a look at once");
    watcher_.woken();
    process_->engine.wake();
  }

  void make_peace() {
    world_.quiet = true;
    world_.tell("the faults are over");
    for (const auto& [id, stored] : std::map(world_.disk->connections)) {
      store::ConnectionChange change{stored, stored.version, {}};
      change.connection.enabled = true;
      change.connection.limits = {};
      static_cast<void>(call(process_->store.update_connection(std::move(change))));
    }
    store::RoutingTable table = world_.disk->routing;
    table.rules.clear();
    static_cast<void>(call(process_->store.set_routing(std::move(table), {})));
    for (const auto& [name, reason] : std::map(world_.disk->settings))
      if (name.starts_with(store::pause_prefix))
        static_cast<void>(call(process_->store.change_setting(name, std::nullopt, {})));
    process_->engine.settings_changed();
    for (const store::QueueAct act : {store::QueueAct::release, store::QueueAct::retry}) {
      store::QueueAction action;
      action.act = act;
      for (const auto& [id, row] : world_.disk->queue)
        if (act == store::QueueAct::release || row.email.status != store::EmailStatus::unknown)
          action.ids.push_back(id);
      static_cast<void>(call(process_->store.act(std::move(action), world_.now)));
    }
    watcher_.woken();
    process_->engine.wake();
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
  bool clock_is_steady_ = true;
  bool busy_ = false;  // mail comes in bursts
  store::ConnectionId connection_count_ = 1;
  std::uint64_t steps_ = 0, recipients_ = 0, crashes_ = 0;
};

}  // namespace

Ending play(std::uint64_t seed) {
  return Play(seed).run();
}

}  // namespace postroom::sim
