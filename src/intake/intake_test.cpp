#include "intake/intake.h"

#include <gtest/gtest.h>

#include "async/sim_loop.h"
#include "base/limits.h"
#include "store/memory/memory_store.h"

namespace postroom::intake {
namespace {

class IntakeTest : public testing::Test {
 protected:
  static ComposedSubmission message_to(const std::string& to) {
    ComposedSubmission submission;
    submission.from = GivenMailbox{"shop@example.org", std::nullopt};
    submission.to = {{to, std::nullopt}};
    submission.subject = "Hello";
    submission.text = "Hello";
    return submission;
  }
  static ComposedSubmission rehearsal_to(const std::string& to) {
    ComposedSubmission submission = message_to(to);
    submission.options.dry_run = true;
    return submission;
  }
  // The answer to a batch under the key "k".
  Answered post(std::vector<ComposedSubmission> messages, const std::string& body_sha256) {
    std::vector<Intake::BatchItem> items;
    for (ComposedSubmission& message : messages) items.push_back({std::move(message), std::nullopt});
    const Outcome outcome = loop_.run(intake_.accept_batch(std::move(items), "key:1", Idempotency{"k", body_sha256}));
    const Refusal* refusal = std::get_if<Refusal>(&outcome);
    EXPECT_EQ(refusal, nullptr) << refusal->detail;
    return refusal == nullptr ? std::get<Answered>(outcome) : Answered{};
  }

  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  SeededRandom chance_{1};
  IdGenerator ids_;
  Intake intake_{loop_,
                 store_,
                 ids_,
                 chance_,
                 "post.example",
                 {limits::message_bytes, limits::recipients, limits::attachments, {"transactional"}},
                 [] { return std::nullopt; },
                 [](const auto&...) { return std::nullopt; }};
};

TEST_F(IntakeTest, WhatHasSentAMessageStandsInTheAuditLogWithTheMessageOnly) {
  store::AuditRecord record;
  record.action = "email.send_again";
  const auto accept = [&](const std::string& to) {
    AnySubmission submission = message_to(to);
    return loop_.run(intake_.accept(std::move(submission), "key:1", std::nullopt, record));
  };
  EXPECT_TRUE(std::holds_alternative<Refusal>(accept("nobody")));
  store_.on_commit([](store::memory::Write) { return store::memory::CommitFate::refused; });
  EXPECT_TRUE(std::holds_alternative<Refusal>(accept("ann@example.net")));
  EXPECT_TRUE(store_.disk().audit.empty());
  store_.on_commit({});
  EXPECT_TRUE(std::holds_alternative<Answered>(accept("ann@example.net")));
  ASSERT_EQ(store_.disk().audit.size(), 1u);
  EXPECT_EQ(store_.disk().audit[0].action, "email.send_again");
}

TEST_F(IntakeTest, ABatchOfDryRunsTakesNoIdempotencyKey) {
  const Answered answered = post({rehearsal_to("ann@example.net"), rehearsal_to("nobody")}, "one");
  EXPECT_NE(answered.json.find("\"status\":200"), std::string::npos) << answered.json;
  EXPECT_NE(answered.json.find("\"status\":422"), std::string::npos) << answered.json;
  EXPECT_TRUE(store_.disk().claims.empty());
  EXPECT_FALSE(post({message_to("ann@example.net")}, "another").replayed);
}

TEST_F(IntakeTest, ABatchThatStoresAMessageBesideDryRunsTakesItsKey) {
  post({rehearsal_to("ann@example.net"), message_to("ann@example.net")}, "one");
  EXPECT_TRUE(post({rehearsal_to("ann@example.net"), message_to("ann@example.net")}, "one").replayed);
  EXPECT_EQ(store_.disk().messages.size(), 1u);
}

}  // namespace
}  // namespace postroom::intake
