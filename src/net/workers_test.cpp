#include "net/workers.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "async/signal.h"
#include "net/resolver.h"
#include "net/system_loop.h"

namespace postroom::net {
namespace {

using Addresses = Result<std::vector<IpAddress>>;

// A call that ends when it is told to.
struct Gate {
  std::promise<void> opened;
  std::shared_future<void> open = opened.get_future().share();
};

async::Task<std::size_t> resolve(SystemResolver& resolver, std::vector<std::string> hosts, Monotonic deadline) {
  std::size_t found = 0;
  for (std::string& host : hosts) {
    const Addresses answer = co_await resolver.resolve(std::move(host), deadline);
    if (answer) found += answer->size();
  }
  co_return found;
}

async::Task<void> count(async::Task<Addresses> task, std::size_t& answered) {
  const Addresses answer = co_await task;
  if (answer && answer->front().text == "192.0.2.7") ++answered;
}

TEST(Workers, LeaveBehindWhatBlocksWhenTheLoopGoes) {
  const auto gate = std::make_shared<Gate>();
  auto answered = std::make_shared<bool>(false);
  {
    SystemLoop loop;
    std::promise<void> begun;
    loop.offload([&begun, gate, answered]() -> async::Loop::Work {
      begun.set_value();
      gate->open.wait();
      return [answered] { *answered = true; };
    });
    begun.get_future().wait();
  }  // would wait here for ever, were it waited for
  EXPECT_FALSE(*answered);
  gate->opened.set_value();
}

TEST(SystemResolver, AsksOnceForANameThatManyWaitFor) {
  const auto gate = std::make_shared<Gate>();
  const auto asked = std::make_shared<std::atomic<int>>(0);
  SystemLoop loop;
  SystemResolver resolver(loop, [gate, asked](const std::string& host) -> Addresses {
    if (host == "slow.example") {
      ++*asked;
      gate->open.wait();
      return std::vector{IpAddress{"192.0.2.7"}};
    }
    return std::vector{IpAddress{"192.0.2.8"}};
  });
  std::size_t answered = 0;
  async::TaskGroup waiting(loop);
  for (int i = 0; i < 100; ++i) waiting.spawn(count(resolver.resolve("slow.example", Monotonic::never()), answered));
  // Another name is looked up meanwhile.
  EXPECT_EQ(loop.run(resolve(resolver, {"mx.example"}, Monotonic::never())), 1u);
  gate->opened.set_value();
  loop.run(waiting.join());
  EXPECT_EQ(answered, 100u);
  EXPECT_EQ(*asked, 1);
  EXPECT_EQ(loop.run(resolve(resolver, {"slow.example"}, Monotonic::never())), 1u);
  EXPECT_EQ(*asked, 2) << "an answer is not kept: names move";
}

}  // namespace
}  // namespace postroom::net
