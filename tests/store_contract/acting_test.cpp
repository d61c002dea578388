#include <algorithm>

#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

using enum EmailStatus;
using std::chrono::hours;

class Acting : public StoreContract {
 protected:
  ActionCounts act(QueueAct act, std::vector<EmailId> ids) {
    QueueAction action;
    action.act = act;
    action.ids = std::move(ids);
    action.audit = {0, {}, "key:1", "192.0.2.7", "", "", "", "asked by Ann"};
    return get(store_->act(action, mailroom_.now()));
  }
  // Mail in each state that stands in the queue, by state.
  EmailRecord one_in(EmailStatus status) {
    if (status != scheduled) return bring_to(accept_one("ann@example.org"), status);
    NewMessage message = mailroom_.message({"ann@example.org"});
    message.emails[0].status = scheduled;
    message.emails[0].next_attempt_at = mailroom_.now() + hours(5);
    return accept(message)[0];
  }
  // The states that the act takes; it must skip all other mail and leave it as it is.
  void expect_taken(QueueAct what, const std::vector<EmailStatus>& taken) {
    for (const EmailStatus status : {queued, scheduled, sending, deferred, held, unknown, accepted}) {
      const bool takes = std::ranges::find(taken, status) != taken.end();
      const EmailRecord email = one_in(status);
      const ActionCounts counts = act(what, {email.id});
      EXPECT_EQ(counts.matched, status == accepted ? 0u : 1u) << to_word(status);
      EXPECT_EQ(counts.changed, takes ? 1u : 0u) << to_word(status);
      EXPECT_EQ(counts.skipped, counts.matched - counts.changed) << to_word(status);
      if (!takes) EXPECT_EQ(status_of(email.id), status);
    }
  }
};

TEST_P(Acting, DeletesAllButWhatIsBeingSent) {
  expect_taken(QueueAct::remove, {queued, scheduled, deferred, held, unknown});
}

TEST_P(Acting, RetriesDeferredUnknownAndQueuedMail) {
  expect_taken(QueueAct::retry, {deferred, unknown, queued});
}

TEST_P(Acting, HoldsWhatWaits) {
  expect_taken(QueueAct::hold, {queued, scheduled, deferred});
}

TEST_P(Acting, ReleasesWhatIsHeld) {
  expect_taken(QueueAct::release, {held});
}

TEST_P(Acting, ExpiresAllButSendingAndUnknown) {
  expect_taken(QueueAct::expire, {queued, scheduled, deferred, held});
}

TEST_P(Acting, SettlesOnlyMailInDoubt) {
  expect_taken(QueueAct::settle, {unknown});
}

TEST_P(Acting, MovesAllButWhatIsBeingSentOrInDoubt) {
  expect_taken(QueueAct::move, {queued, scheduled, deferred, held});
}

TEST_P(Acting, FinishesDeletedMailWithItsStory) {
  const EmailRecord email = accept_one("ann@example.org");
  act(QueueAct::remove, {email.id});
  const EmailStory story = get(store_->email(email.id));
  EXPECT_EQ(story.email.status, canceled);
  EXPECT_EQ(story.email.reason_class, ReasonClass::op);
  EXPECT_EQ(story.email.finished_at, mailroom_.now());
  ASSERT_EQ(story.events.size(), 1u);
  EXPECT_EQ(story.events[0].event, "canceled");
  EXPECT_EQ(story.events[0].by, "key:1");
  EXPECT_EQ(story.events[0].detail, "asked by Ann");
  EXPECT_TRUE(due_emails().empty());
}

TEST_P(Acting, MakesRetriedMailDueAndSaysSo) {
  const EmailRecord email = one_in(deferred);
  std::vector<Timestamp> told;
  store_->on_due([&told](const std::string&, Timestamp at) { told.push_back(at); });
  act(QueueAct::retry, {email.id});
  EXPECT_EQ(told, std::vector{mailroom_.now()});
  ASSERT_EQ(due_emails().size(), 1u);
  EXPECT_EQ(due_emails()[0].status, queued);
}

TEST_P(Acting, KeepsTheDoubtOfRetriedMail) {
  const EmailRecord email = one_in(unknown);
  act(QueueAct::retry, {email.id});
  EXPECT_EQ(status_of(email.id), queued);
  EXPECT_EQ(stored(email.id).in_doubt_with, 1);
}

TEST_P(Acting, ReleasesIntoTheFormerState) {
  for (const EmailStatus status : {queued, scheduled, deferred}) {
    const EmailRecord email = one_in(status);
    act(QueueAct::hold, {email.id});
    EXPECT_EQ(status_of(email.id), held);
    EXPECT_FALSE(stored(email.id).next_attempt_at);
    act(QueueAct::release, {email.id});
    EXPECT_EQ(status_of(email.id), status);
    EXPECT_EQ(stored(email.id).next_attempt_at, email.next_attempt_at);
  }
}

TEST_P(Acting, ReleasesAtOnceWhatCameDueWhileHeld) {
  const EmailRecord email = one_in(deferred);
  act(QueueAct::hold, {email.id});
  mailroom_.set_now(mailroom_.now() + hours(1));
  act(QueueAct::release, {email.id});
  EXPECT_EQ(stored(email.id).next_attempt_at, mailroom_.now());
}

TEST_P(Acting, PinsMovedMailToItsNewConnection) {
  const EmailRecord email = accept_one("ann@example.org");
  QueueAction move;
  move.act = QueueAct::move;
  move.ids = {email.id};
  move.move_to = 9;
  EXPECT_EQ(get(store_->act(move, mailroom_.now())).changed, 1u);
  EXPECT_EQ(stored(email.id).pinned_to, 9);
}

TEST_P(Acting, SettlesDoubtBothWays) {
  const EmailRecord sent = one_in(unknown);
  const EmailRecord not_sent = one_in(unknown);
  QueueAction settle;
  settle.act = QueueAct::settle;
  settle.ids = {sent.id};
  settle.settle_sent = true;
  get(store_->act(settle, mailroom_.now()));
  act(QueueAct::settle, {not_sent.id});
  EXPECT_EQ(status_of(sent.id), accepted);
  EXPECT_EQ(status_of(not_sent.id), queued);
  EXPECT_FALSE(stored(not_sent.id).in_doubt_with);
  EXPECT_EQ(get(store_->email(sent.id)).attempts.at(0).status, AttemptStatus::fail);  // settling rewrites no log
}

TEST_P(Acting, SettlesHeldMailInDoubtAndKeepsItHeld) {
  EmailRecord email = accept_one("ann@example.org");
  const AttemptRecord attempt = begin(email);
  email.status = deferred;
  email.in_doubt_with = 1;
  email.next_attempt_at = mailroom_.now() + hours(1);
  end(attempt, AttemptStatus::fail, email);
  act(QueueAct::hold, {email.id});
  EXPECT_EQ(act(QueueAct::settle, {email.id}).changed, 1u);
  EXPECT_EQ(status_of(email.id), held);
  EXPECT_FALSE(stored(email.id).in_doubt_with);
}

TEST_P(Acting, SkipsMailThatIsExpiredAlready) {
  const EmailRecord email = accept_one("ann@example.org");
  mailroom_.set_now(email.expires_at);
  const ActionCounts counts = act(QueueAct::hold, {email.id});
  EXPECT_EQ(counts.skipped, 1u);
}

TEST_P(Acting, ActsOnAllThatAFilterSelects) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 30; ++i) addresses.push_back("u" + std::to_string(i) + (i % 3 ? "@example.org" : "@example.net"));
  accept(mailroom_.message(addresses));
  QueueAction hold;
  hold.filter = QueueFilter{};
  hold.filter->email = EmailFilter{EmailFilter::Kind::domain, "example.net"};
  hold.dry_run = true;
  const ActionCounts tried = get(store_->act(hold, mailroom_.now()));
  EXPECT_EQ(tried.matched, 10u);
  EXPECT_EQ(get(store_->queue_depth()).held, 0u);
  hold.dry_run = false;
  EXPECT_EQ(get(store_->act(hold, mailroom_.now())).changed, 10u);
  EXPECT_EQ(get(store_->queue_depth()).held, 10u);
  EXPECT_EQ(get(store_->queue_depth()).queued, 20u);
}

TEST_P(Acting, CountsTheMailThatItEnds) {
  act(QueueAct::remove, {accept_one("a@example.org").id});
  act(QueueAct::expire, {accept_one("b@example.org").id});
  act(QueueAct::hold, {accept_one("c@example.org").id});
  std::uint64_t finished = 0;
  const Timestamp from{mailroom_.now().ms / 60000 * 60000};
  for (const StatsBucket& bucket : get(store_->stats(from, from + hours(1), std::chrono::minutes(1))))
    finished += bucket.finished;
  EXPECT_EQ(finished, 2u);
}

TEST_P(Acting, WritesTheActIntoTheAudit) {
  act(QueueAct::remove, {accept_one("a@example.org").id, accept_one("b@example.org").id});
  const Page<AuditRecord> audit = get(store_->list_audit({}, {}));
  ASSERT_EQ(audit.items.size(), 1u);
  EXPECT_EQ(audit.items[0].action, "queue.delete");
  EXPECT_EQ(audit.items[0].object, "queue:2 emails");
  EXPECT_EQ(audit.items[0].by, "key:1");
  EXPECT_EQ(audit.items[0].from, "192.0.2.7");
  EXPECT_EQ(audit.items[0].reason, "asked by Ann");
  EXPECT_EQ(audit.items[0].at, mailroom_.now());
}

INSTANTIATE_TEST_SUITE_P(Store, Acting, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
