// One session of a provider's SMTP server. It keeps what it takes in World::taken, whatever it says about it.
#pragma once

#include "async/loop.h"
#include "async/task.h"
#include "net/stream.h"
#include "sim/world.h"

namespace postroom::sim {

async::Task<void> serve(async::Loop& loop, World& world, store::ConnectionId connection, net::StreamPtr stream);

}  // namespace postroom::sim
