#include "sim/process.h"

#include <algorithm>
#include <utility>

namespace postroom::sim {
namespace {

using store::memory::CommitFate;
using store::memory::Write;

delivery::EngineOptions options_of(World& world) {
  using std::chrono::seconds;
  delivery::EngineOptions options;
  options.retry.waits = {seconds(1), seconds(5), seconds(20), seconds(60)};
  options.breaker = {5, first_probe, longest_probe};
  options.deadlines = {seconds(3), seconds(3), seconds(5), seconds(5), seconds(5), seconds(5), seconds(10), seconds(2)};
  options.session_idle = seconds(10);
  options.stop_patience = seconds(15);
  options.window = world.one_in(3) ? smallest_window : usual_window;
  return options;
}

}  // namespace

Process::Process(std::shared_ptr<World> shared)
    : owned(std::move(shared)),
      world(*owned),
      born(world.time),
      loop(world.now),
      store(loop, world.disk),
      network(loop, world),
      ids(store.highest_id()),
      chance(world.below(UINT64_MAX)),
      engine(
          loop, store, {network, network, network, [](const net::IpAddress&) { return Result<>{}; }}, ids, chance,
          [](const store::ConnectionRecord&) { return Secret("sesame"); }, options_of(world)),
      pause(loop) {
  world.born = born;
  for (auto& [id, book] : world.providers) book.sessions = 0;
  store.on_commit([this](Write kind) { return fate_of(kind); });
  store.on_connections_changed([this] { engine.settings_changed(); });
}

bool Process::step() {
  const bool more = loop.step();
  world.now = loop.wall();
  world.latest = std::max(world.latest, world.now);
  world.time = born + (loop.now() - Monotonic{1});
  return more;
}

CommitFate Process::fate_of(Write kind) {
  mail_changed = mail_changed || kind != Write::other;
  settings_changed = settings_changed || kind == Write::other;
  const bool trouble = !world.quiet && store_trouble_until > loop.now();
  const bool refused = trouble || (world.below(100) < world.refusals && !world.quiet);
  const bool lost = !refused && !world.quiet && world.below(100) < world.refusals;
  if (refused || lost) world.trouble = world.time;
  if (refused) return CommitFate::refused;
  return lost ? CommitFate::committed_but_reported_lost : CommitFate::committed;
}

}  // namespace postroom::sim
