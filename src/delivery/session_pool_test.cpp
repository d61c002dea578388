#include "delivery/session_pool.h"

#include <gtest/gtest.h>

#include "delivery/scripted_network.h"

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
  SessionPool pool_{loop_, network_, options(), 0, std::chrono::seconds(30), std::make_shared<std::uint32_t>(0)};
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

}  // namespace
}  // namespace postroom::delivery
