// Two connected Streams in memory, on any loop: what one writes the other reads. For tests of everything that speaks
// over a Stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "async/loop.h"
#include "net/stream.h"

namespace postroom::net {

struct StreamPairOptions {
  std::size_t bytes_per_read = SIZE_MAX;  // what one read_some() gives at most
  std::size_t capacity = SIZE_MAX;        // unread bytes at which a writer waits
  Endpoint first = {{"192.0.2.1"}, 40000};
  Endpoint second = {{"192.0.2.2"}, 25};
};

std::pair<StreamPtr, StreamPtr> stream_pair(async::Loop& loop, const StreamPairOptions& options = {});

}  // namespace postroom::net
