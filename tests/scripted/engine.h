// An engine with a store in memory and a scripted provider, for its tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "async/sim_loop.h"
#include "delivery/engine.h"
#include "scripted/network.h"
#include "store/memory/memory_store.h"

namespace postroom::delivery::testing {

using std::chrono::minutes;
using std::chrono::seconds;
using store::EmailStatus;

inline const Script takes_mail = one_message("250 Ok");
inline Script takes_mail_and_leave() {
  Script script = takes_mail;
  script.insert(script.end(), {"C: QUIT", "S: 221 Bye"});
  return script;
}

class EngineTest : public ::testing::Test {
 protected:
  explicit EngineTest(std::uint32_t faults_to_open = 1) : faults_to_open_(faults_to_open) {}
  ~EngineTest() override {
    engine_.stop();
    loop_.run_until_idle();
    EXPECT_TRUE(ended_);
  }

  void connect(std::uint32_t max_sessions = 1, std::int32_t priority = 0, const store::SendingLimits& limits = {}) {
    store::ConnectionRecord connection;
    connection.caption = "Connection " + std::to_string(store_.disk().connections.size() + 1);
    connection.host = "mx.example.org";
    connection.port = 25;
    connection.encryption = store::Encryption::none;
    connection.max_sessions = max_sessions;
    connection.priority = priority;
    connection.limits = limits;
    connection.max_messages_per_session = messages_per_session_;
    connection.on_doubt = store::OnDoubt::hold;
    ASSERT_TRUE(loop_.run(store_.create_connection(connection, {})));
  }
  void begin() {
    async::start(engine_.run(), [this] { ended_ = true; });
  }

  EmailId submit(std::optional<store::ConnectionId> pinned_to = std::nullopt) {
    store::NewMessage added = message();
    added.message.pinned_to = pinned_to;
    const EmailId id = add_email(added);
    accept(std::move(added));
    return id;
  }
  EmailId submit_eight_bit() {
    store::NewMessage added = message();
    added.message.eight_bit = true;
    const EmailId id = add_email(added);
    accept(std::move(added));
    return id;
  }
  EmailId submit_in(const std::string& lane) {
    store::NewMessage added = message();
    added.message.lane = lane;
    const EmailId id = add_email(added);
    accept(std::move(added));
    return id;
  }
  EmailId submit_content(std::string content) {
    store::NewMessage added = message();
    added.message.size_bytes = content.size();
    added.content = std::make_shared<const std::string>(std::move(content));
    const EmailId id = add_email(added);
    added.emails.back().size_bytes = added.message.size_bytes;
    accept(std::move(added));
    return id;
  }
  store::NewMessage message() {
    store::NewMessage added;
    added.message.id = {ids_.next(loop_.wall(), 0)};
    added.message.reverse_path = "office@example.com";
    added.message.lane = "transactional";
    added.content = std::make_shared<const std::string>("Subject: Hello\r\n\r\nHello\r\n");
    added.message.expires_at = loop_.wall() + std::chrono::hours(72);
    return added;
  }
  EmailId add_email(store::NewMessage& added) {
    store::EmailRecord email;
    email.id = {ids_.next(loop_.wall(), 0)};
    email.message_id = added.message.id;
    email.lane = added.message.lane;
    email.address = "ann@example.org";
    email.next_attempt_at = loop_.wall();
    email.expires_at = added.message.expires_at;
    email.pinned_to = added.message.pinned_to;
    added.emails.push_back(std::move(email));
    return added.emails.back().id;
  }
  void accept(store::NewMessage added) {
    added.message.email_count = static_cast<std::uint32_t>(added.emails.size());
    store::AcceptRequest request;
    request.messages.push_back(std::move(added));
    EXPECT_TRUE(loop_.run(store_.accept(std::move(request))));
  }

  EmailStatus status_of(EmailId id) const {
    const auto queued = store_.disk().queue.find(id);
    return queued != store_.disk().queue.end() ? queued->second.email.status : store_.disk().finished.at(id).status;
  }
  store::HealthState health() { return engine_.state(1).health.state; }

  EngineOptions options() const {
    EngineOptions options;
    options.breaker = {faults_to_open_, seconds(5), seconds(30)};
    options.window = 100;
    return options;
  }

  std::uint32_t faults_to_open_;
  std::uint32_t messages_per_session_ = 1;
  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  ScriptedNetwork provider_{loop_};
  IdGenerator ids_;
  SeededRandom chance_{1};
  bool ended_ = false;
  Engine engine_{loop_,    store_,  provider_.network(),
                 ids_,     chance_, [](const store::ConnectionRecord&) { return Secret(); },
                 options()};
};

}  // namespace postroom::delivery::testing
