#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "async/one_shot.h"
#include "async/signal.h"
#include "async/sim_loop.h"
#include "async/task_group.h"
#include "async/turns.h"

namespace postroom::async {
namespace {

using std::chrono::seconds;

Task<int> seven() {
  co_return 7;
}
Task<int> sum_after_a_pause(SimLoop& loop) {
  co_await sleep_until(loop, loop.now() + seconds(3));
  co_return co_await seven() + co_await seven();
}

TEST(Task, ReturnsThroughAwaitsAndSimulatedTime) {
  SimLoop loop;
  const Timestamp before = loop.wall();
  EXPECT_EQ(loop.run(sum_after_a_pause(loop)), 14);
  EXPECT_EQ(loop.wall() - before, seconds(3));
}

Task<void> wait_and_tell(Signal& signal, Monotonic deadline, std::vector<std::string>& story) {
  story.push_back(co_await signal.wait(deadline) == Woken::by_signal ? "signal" : "deadline");
}

TEST(Signal, WakesByNotifyOrByDeadline) {
  SimLoop loop;
  Signal signal(loop);
  std::vector<std::string> story;
  TaskGroup group(loop);
  group.spawn(wait_and_tell(signal, loop.now() + seconds(1), story));
  group.spawn(wait_and_tell(signal, Monotonic::never(), story));
  loop.run_for(seconds(2));
  EXPECT_EQ(story, (std::vector<std::string>{"deadline"}));
  signal.notify_all();
  loop.run(group.join());
  EXPECT_EQ(story, (std::vector<std::string>{"deadline", "signal"}));
}

Task<void> take_a_turn(SimLoop& loop, Turns& turns, int& taken, int& inside) {
  const Turns::Turn turn = co_await turns.take();
  ++taken;
  EXPECT_EQ(++inside, 1);
  co_await sleep_until(loop, loop.now() + seconds(1));
  --inside;
}

TEST(Turns, AreTakenOneAfterTheOther) {
  SimLoop loop;
  Turns turns(loop);
  TaskGroup group(loop);
  int taken = 0;
  int inside = 0;
  for (int i = 0; i < 7; ++i) group.spawn(take_a_turn(loop, turns, taken, inside));
  loop.run(group.join());
  EXPECT_EQ(taken, 7);
}

Task<int> await_one(OneShot<int>& shot) {
  co_return co_await shot;
}

TEST(OneShot, CarriesAValuePostedFromElsewhere) {
  SimLoop loop;
  OneShot<int> shot;
  loop.post([&shot] { shot.set(5); });
  EXPECT_EQ(loop.run(await_one(shot)), 5);
}

}  // namespace
}  // namespace postroom::async
