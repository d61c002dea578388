#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

using enum EmailStatus;
using std::chrono::hours;

class Retention : public StoreContract {
 protected:
  RetentionCut all_before(Timestamp at) { return {at, at, at, at}; }
  std::size_t remove_all(const RetentionCut& cut) {
    std::size_t removed = 0;
    for (;;) {
      const std::size_t step = get(store_->remove_old(cut, 100));
      removed += step;
      if (step < 100) return removed;
    }
  }
  Timestamp later() const { return mailroom_.now() + hours(24 * 400); }
};

TEST_P(Retention, NeverTouchesUnfinishedMail) {
  std::vector<EmailRecord> emails;
  for (const EmailStatus status : {queued, sending, deferred, held, unknown})
    emails.push_back(bring_to(accept_one("ann@example.org"), status));
  remove_all(all_before(later()));
  for (const EmailRecord& email : emails) {
    const EmailStory story = get(store_->email(email.id));
    EXPECT_EQ(story.email.status, email.status);
    EXPECT_TRUE(run(store_->content(email.message_id)));
    const bool tried = email.status == sending || email.status == deferred || email.status == unknown;
    EXPECT_EQ(story.attempts.size(), tried ? 1u : 0u);
    if (email.status == deferred) EXPECT_EQ(get(store_->attempt(story.attempts.at(0).id)).conversation, "C: MAIL");
    EXPECT_EQ(story.events.size(), email.status == held ? 1u : 0u);
  }
}

TEST_P(Retention, KeepsTheContentWhileOneEmailOfTheMessageWaits) {
  const std::vector<EmailRecord> emails = accept(mailroom_.message({"a@example.org", "b@example.org"}));
  bring_to(emails[0], accepted);
  remove_all(all_before(later()));
  EXPECT_TRUE(run(store_->content(emails[0].message_id)));
  EXPECT_EQ(get(store_->message(emails[0].message_id)).emails.back().id, emails[1].id);
}

TEST_P(Retention, TakesContentFirstAndTheLogLater) {
  const EmailRecord email = bring_to(accept_one("ann@example.org"), accepted);
  RetentionCut cut = all_before({id_epoch_ms});
  cut.content_before = later();
  EXPECT_EQ(remove_all(cut), 1u);
  EXPECT_EQ(run(store_->content(email.message_id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(get(store_->email(email.id)).attempts.size(), 1u);
  remove_all(all_before(later()));
  EXPECT_FALSE(run(store_->email(email.id)));
  EXPECT_FALSE(run(store_->message(email.message_id)));
}

TEST_P(Retention, LeavesWhatIsYoungerThanTheCut) {
  const EmailRecord email = bring_to(accept_one("ann@example.org"), accepted);
  EXPECT_EQ(remove_all(all_before(mailroom_.now() - hours(1))), 0u);
  EXPECT_TRUE(run(store_->content(email.message_id)));
  EXPECT_EQ(get(store_->email(email.id)).attempts.size(), 1u);
}

TEST_P(Retention, ForgetsIdempotencyKeysByAge) {
  NewMessage message = mailroom_.message({"ann@example.org"});
  message.idempotency = IdempotencyClaim{"key:1", "a", std::string(32, 'x')};
  accept(message);
  remove_all(all_before(later()));
  NewMessage again = mailroom_.message({"ann@example.org"});
  again.idempotency = message.idempotency;
  accept(again);
}

TEST_P(Retention, RemovesNoMoreThanItsLimitOfEachKindAtOnce) {
  for (int i = 0; i < 5; ++i) bring_to(accept_one("ann@example.org"), accepted);
  RetentionCut cut = all_before({id_epoch_ms});
  cut.content_before = later();
  EXPECT_EQ(get(store_->remove_old(cut, 2)), 2u);
  EXPECT_EQ(get(store_->remove_old(cut, 2)), 2u);
  EXPECT_EQ(get(store_->remove_old(cut, 2)), 1u);
}

TEST_P(Retention, ReachesFinishedMailBehindMuchThatMustStay) {
  AcceptRequest waiting;
  for (int i = 0; i < 4100; ++i) waiting.messages.push_back(mailroom_.message({"later@example.org"}));
  ASSERT_EQ(get(store_->accept(std::move(waiting))).items.size(), 4100u);
  const EmailRecord done = bring_to(accept_one("ann@example.org"), accepted);
  RetentionCut cut = all_before({id_epoch_ms});
  cut.content_before = later();
  EXPECT_EQ(remove_all(cut), 1u);
  EXPECT_FALSE(run(store_->content(done.message_id)));
}

INSTANTIATE_TEST_SUITE_P(Store, Retention, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
