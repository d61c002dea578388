#include "delivery/connection_trial.h"

#include <gtest/gtest.h>

#include "scripted/network.h"

namespace postroom::delivery {
namespace {

using std::chrono::seconds;
using testing::Script;
using testing::ScriptedNetwork;

class ConnectionTrialTest : public ::testing::Test {
 protected:
  ~ConnectionTrialTest() override { loop_.run_until_idle(); }

  std::vector<TriedStep> try_it() {
    store::ConnectionRecord connection;
    connection.host = "mx.example.org";
    connection.encryption = store::Encryption::none;
    connection.send_from = "shop@example.com";
    Network network = provider_.network();
    const Monotonic began = loop_.now();
    std::vector<TriedStep> steps =
        loop_.run(try_connection(loop_, network, connection, Secret(), "localhost", "", "Subject: Hello\r\n\r\n"));
    took_ = loop_.now() - began;
    return steps;
  }

  async::SimLoop loop_;
  ScriptedNetwork provider_{loop_};
  Duration took_{};
};

// Each reply comes within the step's patience, all of them together do not.
TEST_F(ConnectionTrialTest, EndsInTimeWithAServerThatIsAlwaysJustInTime) {
  Script slow;
  for (const std::string& line : testing::one_message("250 Ok")) {
    if (line.starts_with("S: ")) slow.emplace_back("PAUSE 4");
    slow.push_back(line);
    if (line.starts_with("C: RCPT")) {
      slow.insert(slow.end(), {"PAUSE 4", "S: 250 Ok", "C: RSET", "PAUSE 4", "S: 250 Ok", "C: MAIL FROM:*", "PAUSE 4",
                               "S: 250 Ok", "C: RCPT TO:*"});
    }
  }
  provider_.then(slow);
  const std::vector<TriedStep> steps = try_it();
  EXPECT_LE(took_, seconds(30));
  ASSERT_FALSE(steps.empty());
  EXPECT_FALSE(steps.back().ok);
  EXPECT_FALSE(steps.back().detail.empty());
}

TEST_F(ConnectionTrialTest, EndsInTimeWithAServerThatSaysNothing) {
  provider_.then(Script{"PAUSE 6000"});
  const std::vector<TriedStep> steps = try_it();
  EXPECT_LE(took_, seconds(30));
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.back().step, "ehlo");
  EXPECT_FALSE(steps.back().ok);
}

TEST_F(ConnectionTrialTest, AdvisesByWhatTheServerMeans) {
  const auto advice_after = [this](Script script) {
    provider_.then(std::move(script));
    const std::vector<TriedStep> steps = try_it();
    return steps.back().advice;
  };
  Script over_quota = testing::hello;
  over_quota.insert(over_quota.end(), {"C: MAIL FROM:*", "S: 550 5.4.5 Daily user sending limit exceeded", "C: QUIT"});
  EXPECT_NE(advice_after(over_quota).find("quota"), std::string::npos);
  provider_.then(Script{"S: HTTP/1.1 400 Bad Request"});
  EXPECT_NE(try_it().back().detail.find("HTTP/1.1 400 Bad Request"), std::string::npos);
}

}  // namespace
}  // namespace postroom::delivery
