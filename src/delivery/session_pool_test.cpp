#include "delivery/session_pool.h"

#include <gtest/gtest.h>

#include "scripted/network.h"

namespace postroom::delivery {
namespace {

using testing::ScriptedNetwork;

class SessionPoolTest : public ::testing::Test {
 protected:
  ~SessionPoolTest() override {
    pool_.retire();
    loop_.run_until_idle();  // the provider sees its clients go
  }

  static smtp::ClientOptions options() {
    smtp::ClientOptions options;
    options.host = "mx.example.org";
    options.security = smtp::Security::none;
    return options;
  }
  // A session on a place of its own.
  std::unique_ptr<Session> acquire(Freshness freshness) {
    pool_.reserve();
    smtp::Conversation conversation;
    auto session = loop_.run(pool_.acquire(freshness, conversation));
    EXPECT_TRUE(session) << session.error().detail;
    return session ? std::move(*session) : nullptr;
  }

  async::SimLoop loop_;
  ScriptedNetwork provider_{loop_};
  Network network_ = provider_.network();
  SessionPool pool_{loop_, network_, options(), 0, std::chrono::seconds(30), std::make_shared<PlacesInUse>()};
};

TEST_F(SessionPoolTest, KeepsASessionForTheNextMessage) {
  pool_.release(acquire(Freshness::kept_or_new));
  pool_.release(acquire(Freshness::kept_or_new));
  EXPECT_EQ(provider_.dials(), 1u);
  EXPECT_EQ(pool_.busy(), 0u);
}

TEST_F(SessionPoolTest, HasRoomForAsManySessionsAsThereArePlaces) {
  EXPECT_TRUE(pool_.has_room(1));
  std::unique_ptr<Session> session = acquire(Freshness::kept_or_new);
  EXPECT_FALSE(pool_.has_room(1));
  EXPECT_TRUE(pool_.has_room(2));
  pool_.drop(std::move(session));
  EXPECT_TRUE(pool_.has_room(1));
}

TEST_F(SessionPoolTest, KeepsNoIdleSessionBesideANewOne) {
  pool_.release(acquire(Freshness::kept_or_new));
  EXPECT_EQ(provider_.sessions(), 1u);
  pool_.release(acquire(Freshness::only_new));
  EXPECT_EQ(provider_.dials(), 2u);
  loop_.run_until_idle();  // the provider sees the old one go
  EXPECT_EQ(provider_.sessions(), 1u);
}

// A host of several addresses, none of which answers.
class DeadHost final : public net::Dialer, public net::Resolver {
 public:
  explicit DeadHost(async::Loop& loop) : loop_(loop) {}
  async::Task<Result<std::vector<net::IpAddress>>> resolve(std::string, Monotonic) override {
    co_return std::vector<net::IpAddress>{{"192.0.2.2"}, {"192.0.2.3"}, {"192.0.2.4"}};
  }
  async::Task<Result<net::StreamPtr>> dial(net::Endpoint, Monotonic deadline) override {
    ++dials;
    co_await async::sleep_until(loop_, deadline);
    co_return fail(ErrorCode::timeout, "no answer");
  }
  std::size_t dials = 0;

 private:
  async::Loop& loop_;
};

TEST(SessionPool, TriesNoFurtherAddressAfterAnAbort) {
  async::SimLoop loop;
  DeadHost host(loop);
  smtp::testing::PretendedTls tls;
  Network network{host, host, tls, [](const net::IpAddress&) { return Result<>{}; }};
  smtp::ClientOptions options;
  options.host = "mx.example.org";
  SessionPool pool(loop, network, options, 0, std::chrono::seconds(30), std::make_shared<PlacesInUse>());
  pool.reserve();
  smtp::Conversation conversation;
  bool ended = false;
  const auto acquire = [](SessionPool& from, smtp::Conversation& into) -> async::Task<void> {
    EXPECT_FALSE(co_await from.acquire(Freshness::kept_or_new, into));
    from.drop(nullptr);
  };
  async::start(acquire(pool, conversation), [&ended] { ended = true; });
  loop.run_for(std::chrono::seconds(1));
  pool.abort();
  loop.run_for(std::chrono::minutes(1));
  EXPECT_TRUE(ended);
  EXPECT_EQ(host.dials, 1u);
  loop.run_until_idle();
}

}  // namespace
}  // namespace postroom::delivery
