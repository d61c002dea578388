// Process is one life of the engine: what a crash takes along. A crashed process is left as it stood, never run again
// and never taken apart: its coroutines can't be ended from outside.
#pragma once

#include <memory>

#include "async/sim_loop.h"
#include "delivery/engine.h"
#include "sim/network.h"
#include "sim/world.h"

namespace postroom::sim {

inline constexpr Duration first_probe = std::chrono::seconds(5);
inline constexpr Duration longest_probe = std::chrono::seconds(30);
inline constexpr std::size_t smallest_window = 4;
inline constexpr std::size_t usual_window = 200;

struct Process {
  explicit Process(std::shared_ptr<World> shared);

  // One step, in which the world's clocks move along. False when nothing is left to happen.
  bool step();
  store::memory::CommitFate fate_of(store::memory::Write kind);

  std::shared_ptr<World> owned;
  World& world;
  Monotonic born;  // in true time
  async::SimLoop loop;
  store::memory::MemoryStore store;
  SimNetwork network;
  IdGenerator ids;
  SeededRandom chance;
  delivery::Engine engine;
  async::Timer pause;
  Monotonic store_trouble_until{};
  bool mail_changed = true;      // since somebody looked
  bool settings_changed = true;  // the same
  bool ended = false;
};

}  // namespace postroom::sim
