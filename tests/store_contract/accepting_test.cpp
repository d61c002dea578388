#include <array>

#include "async/task_group.h"
#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

class Accepting : public StoreContract {
 protected:
  AcceptResult accept_with(NewMessage message, const std::string& key, const std::string& body) {
    message.idempotency = IdempotencyClaim{"key:1", key, body};
    return get(store_->accept({{std::move(message)}, std::nullopt, nullptr}));
  }
  std::uint64_t queued() { return get(store_->queue_depth()).queued; }
  // Emails, as the sums by the minute have them.
  std::uint64_t submitted() {
    const Timestamp now = loop_.wall();
    std::uint64_t all = 0;
    for (const StatsBucket& bucket :
         get(store_->stats({now.ms / 60000 * 60000 - 600000}, now + std::chrono::minutes(1), std::chrono::minutes(1))))
      all += bucket.submitted;
    return all;
  }

  const std::string one_body_ = std::string(32, '\1');
  const std::string other_body_ = std::string(32, '\2');
};

TEST_P(Accepting, KeepsMessageContentAndEmails) {
  NewMessage added = mailroom_.message({"ann@example.org", "bob@example.net"}, "Grüße");
  added.message.tags = {"invoice", "may"};
  added.message.metadata = R"({"order":17})";
  added.message.pinned_to = 4;
  added.message.eight_bit = true;
  accept(added);

  const MessageStory story = get(store_->message(added.message.id));
  EXPECT_EQ(story.message.subject, "Grüße");
  EXPECT_EQ(story.message.reverse_path, "sender@example.org");
  EXPECT_EQ(story.message.tags, (std::vector<std::string>{"invoice", "may"}));
  EXPECT_EQ(story.message.metadata, R"({"order":17})");
  EXPECT_EQ(story.message.pinned_to, 4);
  EXPECT_TRUE(story.message.eight_bit);
  EXPECT_FALSE(story.message.smtputf8);
  EXPECT_EQ(story.message.submitted_by, "key:1");
  ASSERT_EQ(story.emails.size(), 2u);
  EXPECT_EQ(story.emails[0].address, "ann@example.org");
  EXPECT_EQ(story.emails[1].address, "bob@example.net");
  EXPECT_EQ(story.emails[0].status, EmailStatus::queued);
  EXPECT_EQ(*get(store_->content(added.message.id)), *added.content);
}

TEST_P(Accepting, KeepsContentByteForByte) {
  NewMessage added = mailroom_.message({"ann@example.org"});
  std::string bytes;
  for (int i = 0; i < 70000; ++i) bytes += static_cast<char>(i % 256);
  added.content = std::make_shared<const std::string>(bytes);
  accept(added);
  EXPECT_EQ(*get(store_->content(added.message.id)), bytes);
}

TEST_P(Accepting, TellsWhenTheEarliestEmailIsDue) {
  std::vector<Timestamp> told;
  store_->on_due([&told](const std::string&, Timestamp at) { told.push_back(at); });
  NewMessage added = mailroom_.message({"ann@example.org", "bob@example.org"});
  added.emails[0].status = EmailStatus::scheduled;
  added.emails[0].next_attempt_at = mailroom_.now() + std::chrono::hours(1);
  accept(added);
  EXPECT_EQ(told, std::vector{mailroom_.now()});
}

TEST_P(Accepting, HandsOnWhatWaitsForNothingAsItWouldBeRead) {
  std::vector<DueEmail> handed;
  std::vector<Timestamp> told;
  store_->on_accepted([&handed](std::vector<DueEmail> emails) { handed = std::move(emails); });
  store_->on_due([&told](const std::string&, Timestamp at) { told.push_back(at); });
  NewMessage added = mailroom_.message({"ann@example.org", "bob@example.org", "cid@example.org"}, "Grüße");
  added.message.tags = {"invoice", "may"};
  added.message.on_doubt = OnDoubt::hold;
  added.message.pinned_to = added.emails[0].pinned_to = 4;
  added.message.eight_bit = added.message.smtputf8 = true;
  added.message.size_bytes = 4096;
  added.emails[2].status = EmailStatus::scheduled;
  added.emails[2].next_attempt_at = mailroom_.now() + std::chrono::hours(1);
  accept(added);
  EXPECT_EQ(handed.size(), 2u);
  EXPECT_EQ(handed, get(store_->due({"default", mailroom_.now(), std::nullopt, 500})).emails);
  EXPECT_EQ(told, std::vector{mailroom_.now() + std::chrono::hours(1)});
}

TEST_P(Accepting, HandsOnNothingThatIsNotNew) {
  accept_with(mailroom_.message({"ann@example.org"}), "order-17", one_body_);
  bool handed = false;
  store_->on_accepted([&handed](const std::vector<DueEmail>&) { handed = true; });
  accept_with(mailroom_.message({"ann@example.org"}), "order-17", one_body_);
  EXPECT_FALSE(handed);
}

// Its caller hears "not now", but it may be on the disk: the engine must look.
TEST_P(Accepting, TellsOfMailWhoseCommitFailedToo) {
  AcceptRequest request;
  request.messages.push_back(mailroom_.message({"ann@example.org"}));
  get(store_->accept(request));
  std::vector<Timestamp> told;
  store_->on_due([&told](const std::string&, Timestamp at) { told.push_back(at); });
  EXPECT_FALSE(run(store_->accept(request))) << "its ids are in use";
  EXPECT_EQ(told, std::vector{mailroom_.now()});
}

TEST_P(Accepting, AnswersARepeatedKeyWithTheFirstAnswer) {
  const NewMessage first = mailroom_.message({"ann@example.org"});
  EXPECT_EQ(accept_with(first, "order-17", one_body_).items.at(0).how, Acceptance::stored);
  const AcceptResult again = accept_with(mailroom_.message({"ann@example.org"}), "order-17", one_body_);
  EXPECT_EQ(again.items.at(0).how, Acceptance::replayed);
  EXPECT_EQ(again.items.at(0).answer, first.answer);
  EXPECT_EQ(queued(), 1u);
}

TEST_P(Accepting, RefusesAKeyThatCameWithAnotherBody) {
  accept_with(mailroom_.message({"ann@example.org"}), "order-17", one_body_);
  const AcceptResult other = accept_with(mailroom_.message({"bob@example.org"}), "order-17", other_body_);
  EXPECT_EQ(other.items.at(0).how, Acceptance::conflict);
  EXPECT_EQ(queued(), 1u);
}

TEST_P(Accepting, TellsTheSameKeyOfTwoCredentialsApart) {
  NewMessage of_one = mailroom_.message({"ann@example.org"});
  of_one.idempotency = IdempotencyClaim{"key:1", "a", one_body_};
  NewMessage of_other = mailroom_.message({"ann@example.org"});
  of_other.idempotency = IdempotencyClaim{"key:2", "a", other_body_};
  const AcceptResult result = get(store_->accept({{of_one, of_other}, std::nullopt, nullptr}));
  EXPECT_EQ(result.items.at(0).how, Acceptance::stored);
  EXPECT_EQ(result.items.at(1).how, Acceptance::stored);
}

TEST_P(Accepting, SeesARepeatedKeyInsideOneBatch) {
  NewMessage message = mailroom_.message({"ann@example.org"});
  message.idempotency = IdempotencyClaim{"key:1", "a", one_body_};
  NewMessage twin = mailroom_.message({"ann@example.org"});
  twin.idempotency = message.idempotency;
  const AcceptResult result = get(store_->accept({{message, twin}, std::nullopt, nullptr}));
  EXPECT_EQ(result.items.at(0).how, Acceptance::stored);
  EXPECT_EQ(result.items.at(1).how, Acceptance::replayed);
  EXPECT_EQ(result.items.at(1).answer, message.answer);
  EXPECT_EQ(queued(), 1u);
}

TEST_P(Accepting, ReplaysAWholeCall) {
  const IdempotencyClaim claim{"key:1", "batch-1", one_body_};
  const auto render = [](const std::vector<AcceptedItem>& items) { return std::to_string(items.size()) + " taken"; };
  const AcceptResult first = get(
      store_->accept({{mailroom_.message({"a@example.org"}), mailroom_.message({"b@example.org"})}, claim, render}));
  EXPECT_EQ(first.how, Acceptance::stored);
  EXPECT_EQ(first.answer, "2 taken");
  const AcceptResult again = get(store_->accept({{mailroom_.message({"a@example.org"})}, claim, render}));
  EXPECT_EQ(again.how, Acceptance::replayed);
  EXPECT_EQ(again.answer, "2 taken");
  EXPECT_TRUE(again.items.empty());
  IdempotencyClaim changed = claim;
  changed.body_sha256 = other_body_;
  EXPECT_EQ(get(store_->accept({{mailroom_.message({"a@example.org"})}, changed, render})).how, Acceptance::conflict);
  EXPECT_EQ(queued(), 2u);
}

TEST_P(Accepting, StoresAllOfACallOrNothing) {
  NewMessage good = mailroom_.message({"ann@example.org"});
  NewMessage twin = mailroom_.message({"bob@example.org"});
  twin.message.id = good.message.id;
  EXPECT_FALSE(run(store_->accept({{good, twin}, std::nullopt, nullptr})));
  EXPECT_EQ(queued(), 0u);
  EXPECT_EQ(run(store_->content(good.message.id)).error().code, ErrorCode::not_found);
}

async::Task<void> keep_outcome(Answer<AcceptResult> answer, bool* stored) {
  const Result<AcceptResult> result = co_await answer;
  *stored = result.has_value();
}

async::Task<void> join(async::TaskGroup* group) {
  co_await group->join();
}

TEST_P(Accepting, LetsNoRefusedCallTakeItsNeighboursAlong) {
  const NewMessage taken = mailroom_.message({"taken@example.org"});
  accept(taken);
  std::array<bool, 20> stored{};
  async::TaskGroup group(loop_);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    NewMessage message = mailroom_.message({"ann@example.org"});
    if (i % 5 == 4) message.message.id = taken.message.id;
    std::vector<NewMessage> messages;
    messages.push_back(std::move(message));
    group.spawn(keep_outcome(store_->accept({std::move(messages), std::nullopt, nullptr}), &stored[i]));
  }
  run(join(&group));
  for (std::size_t i = 0; i < stored.size(); ++i) EXPECT_EQ(stored[i], i % 5 != 4);
  EXPECT_EQ(queued(), 17u);
  EXPECT_EQ(submitted(), 17u) << "what a commit that was given up had counted counts for nothing";
}

TEST_P(Accepting, CountsWhatWasSubmitted) {
  accept(mailroom_.message({"a@example.org", "b@example.org"}));
  accept_one("c@example.org");
  EXPECT_EQ(submitted(), 3u);
}

TEST_P(Accepting, KnowsNoMailThatItWasNotGiven) {
  EXPECT_EQ(run(store_->email({42})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store_->message({42})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store_->attempt({42})).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store_->content({42})).error().code, ErrorCode::not_found);
}

TEST_P(Accepting, SaysThatACommitCanSucceed) {
  must(store_->probe());
}

INSTANTIATE_TEST_SUITE_P(Store, Accepting, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
