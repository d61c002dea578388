#include "store_contract/store_contract.h"

#include <map>

namespace postroom::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

class Delivering : public StoreContract {};

TEST_P(Delivering, GivesDueEmailsInOrderWithAllThatSendingNeeds) {
  NewMessage late = mailroom_.message({"late@example.org"});
  late.emails[0].next_attempt_at = mailroom_.now() - minutes(1);
  late.message.on_doubt = OnDoubt::hold;
  late.message.smtputf8 = true;
  NewMessage later = mailroom_.message({"later@example.org"});
  later.emails[0].next_attempt_at = mailroom_.now() + minutes(1);
  accept_one("now@example.org");
  accept(late);
  accept(later);

  const DuePage page = get(store_->due({"default", mailroom_.now(), std::nullopt, 500}));
  ASSERT_EQ(page.emails.size(), 2u);
  EXPECT_EQ(page.emails[0].email.address, "late@example.org");
  EXPECT_EQ(page.emails[0].reverse_path, "sender@example.org");
  EXPECT_EQ(page.emails[0].on_doubt, OnDoubt::hold);
  EXPECT_TRUE(page.emails[0].smtputf8);
  EXPECT_FALSE(page.emails[0].eight_bit);
  EXPECT_EQ(page.emails[1].email.address, "now@example.org");
  EXPECT_EQ(page.next_due_at, mailroom_.now() + minutes(1));
}

TEST_P(Delivering, GoesOnFromTheLastRowOfAPage) {
  std::vector<std::string> addresses;
  for (int i = 0; i < 25; ++i) addresses.push_back("user" + std::to_string(i) + "@example.org");
  accept(mailroom_.message(addresses));
  std::vector<std::string> seen;
  DueQuery query{"default", mailroom_.now(), std::nullopt, 10};
  for (;;) {
    const DuePage page = get(store_->due(query));
    for (const DueEmail& due : page.emails) seen.push_back(due.email.address);
    if (!page.last) break;
    query.after = page.last;
  }
  EXPECT_EQ(seen, addresses);
}

TEST_P(Delivering, LeavesExpiredEmailsOutButGoesPastThem) {
  const EmailRecord email = accept_one("ann@example.org");
  mailroom_.set_now(email.expires_at);
  const DuePage page = get(store_->due({"default", mailroom_.now(), std::nullopt, 500}));
  EXPECT_TRUE(page.emails.empty());
  EXPECT_EQ(page.last->id, email.id.value);
  EXPECT_FALSE(page.next_due_at);
}

TEST_P(Delivering, BeginsAnAttemptOnce) {
  const EmailRecord email = accept_one("ann@example.org");
  const AttemptRecord first = mailroom_.attempt(email);
  const AttemptRecord second = mailroom_.attempt(email);
  EXPECT_EQ(get(store_->begin_attempts({{first}, {second}})), (std::vector{true, false}));
  const EmailStory story = get(store_->email(email.id));
  EXPECT_EQ(story.email.status, EmailStatus::sending);
  EXPECT_EQ(story.email.last_attempt_at, first.attempted_at());
  ASSERT_EQ(story.attempts.size(), 1u);
  EXPECT_EQ(story.attempts[0].id, first.id);
  EXPECT_EQ(story.attempts[0].status, AttemptStatus::in_progress);
  EXPECT_TRUE(due_emails().empty());
}

TEST_P(Delivering, DoesNotBeginWhatAnOperatorTookAway) {
  for (const QueueAct act : {QueueAct::remove, QueueAct::hold, QueueAct::expire}) {
    const EmailRecord email = accept_one("ann@example.org");
    QueueAction action;
    action.act = act;
    action.ids = {email.id};
    EXPECT_EQ(get(store_->act(action, mailroom_.now())).changed, 1u);
    EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email)}})), std::vector{false});
  }
}

TEST_P(Delivering, DoesNotBeginOverAConnectionThatTheEmailWasMovedFrom) {
  const EmailRecord email = accept_one("ann@example.org");
  QueueAction move;
  move.act = QueueAct::move;
  move.ids = {email.id};
  move.move_to = 2;
  EXPECT_EQ(get(store_->act(move, mailroom_.now())).changed, 1u);
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email, 1)}})), std::vector{false});
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email, 2)}})), std::vector{false});
  EXPECT_EQ(get(store_->begin_attempts({{mailroom_.attempt(email, 2), 2}})), std::vector{true});
}

TEST_P(Delivering, FinishesAnAcceptedEmailInOneStep) {
  EmailRecord email = accept_one("ann@example.org");
  AttemptRecord attempt = begin(email);
  attempt.status = AttemptStatus::success;
  attempt.reason = "250 2.0.0 Ok: queued as 4F1";
  attempt.provider_id = "4F1";
  attempt.reply_code = 250;
  attempt.enhanced_code = "2.0.0";
  attempt.remote_host = "mx.example.org [192.0.2.1]:587";
  attempt.tls = "TLSv1.3";
  attempt.duration_ms = 118;
  attempt.decided_by = "dot.2yz";
  email.status = EmailStatus::accepted;
  email.tries = email.attempts = 1;
  email.finished_at = mailroom_.now();
  must(store_->record({{attempt, attempt.id.value, "C: MAIL FROM:<>\r\nS: 250 Ok", email}}));

  const EmailStory story = get(store_->email(email.id));
  EXPECT_EQ(story.email.status, EmailStatus::accepted);
  EXPECT_EQ(story.email.finished_at, mailroom_.now());
  EXPECT_EQ(story.email.tries, 1u);
  const AttemptDetail detail = get(store_->attempt(attempt.id));
  EXPECT_EQ(detail.conversation, "C: MAIL FROM:<>\r\nS: 250 Ok");
  EXPECT_EQ(detail.attempt.status, AttemptStatus::success);
  EXPECT_EQ(detail.attempt.provider_id, "4F1");
  EXPECT_EQ(detail.attempt.reply_code, 250);
  EXPECT_EQ(detail.attempt.remote_host, attempt.remote_host);
  EXPECT_EQ(detail.attempt.tls, "TLSv1.3");
  EXPECT_EQ(detail.attempt.duration_ms, 118u);
  EXPECT_EQ(detail.attempt.decided_by, "dot.2yz");
  EXPECT_EQ(get(store_->queue_depth()).sending, 0u);
  EXPECT_TRUE(get(store_->open_attempts()).empty());
}

// The engine records again what it had no answer for; an operator may have been faster.
TEST_P(Delivering, RecordsAnOutcomeOnce) {
  EmailRecord email = accept_one("ann@example.org");
  AttemptRecord attempt = begin(email);
  attempt.status = AttemptStatus::fail;
  email.status = EmailStatus::deferred;
  email.next_attempt_at = mailroom_.now() + minutes(5);
  const std::vector<AttemptOutcome> outcomes{{attempt, attempt.id.value, "C: MAIL", email}};
  must(store_->record(outcomes));
  QueueAction retry;
  retry.act = QueueAct::retry;
  retry.ids = {email.id};
  EXPECT_EQ(get(store_->act(retry, mailroom_.now())).changed, 1u);
  must(store_->record(outcomes));
  EXPECT_EQ(status_of(email.id), EmailStatus::queued);
  EXPECT_EQ(due_emails().size(), 1u);
  std::uint64_t failed = 0;
  for (const StatsBucket& bucket :
       get(store_->stats(mailroom_.now() - hours(1), mailroom_.now() + hours(1), minutes(1))))
    failed += bucket.failed;
  EXPECT_EQ(failed, 1u);
}

TEST_P(Delivering, DefersAnEmailUntilItsNextAttempt) {
  const EmailRecord email = bring_to(accept_one("ann@example.org"), EmailStatus::deferred);
  EXPECT_EQ(email.status, EmailStatus::deferred);
  EXPECT_EQ(email.attempts, 1u);
  EXPECT_TRUE(due_emails().empty());
  mailroom_.set_now(mailroom_.now() + minutes(5));
  ASSERT_EQ(due_emails().size(), 1u);
  EXPECT_EQ(due_emails()[0].attempts, 1u);
}

TEST_P(Delivering, StoresAConversationOnceForAllAttemptsOfATransaction) {
  const std::vector<EmailRecord> emails = accept(mailroom_.message({"a@example.org", "b@example.org"}));
  std::vector<AttemptOutcome> outcomes;
  for (EmailRecord email : emails) {
    AttemptRecord attempt = begin(email);
    attempt.status = AttemptStatus::success;
    email.status = EmailStatus::accepted;
    email.finished_at = mailroom_.now();
    outcomes.push_back({attempt, outcomes.empty() ? attempt.id.value : outcomes[0].conversation_id, "", email});
  }
  outcomes[0].conversation = "the talk";
  must(store_->record(outcomes));
  for (const AttemptOutcome& outcome : outcomes)
    EXPECT_EQ(get(store_->attempt(outcome.attempt.id)).conversation, "the talk");
}

TEST_P(Delivering, EndsTheWaitOfQueuedMailOnlyAndSaysHowFarItCame) {
  EmailRecord waiting = accept_one("waiting@example.org");
  EmailRecord greylisted = accept_one("greylisted@example.org");
  EmailRecord waiting_too = accept_one("waiting.too@example.org");
  greylisted.status = EmailStatus::deferred;
  for (EmailRecord* email : {&waiting, &greylisted, &waiting_too}) {
    email->reason = "over the limit";
    email->reason_class = ReasonClass::quota;
    email->next_attempt_at = mailroom_.now() + hours(5);
  }
  get(store_->postpone({waiting, greylisted, waiting_too}));
  NewMessage pinned = mailroom_.message({"tied@example.org"});
  pinned.message.pinned_to = pinned.emails.front().pinned_to = 7;
  EmailRecord tied = accept(std::move(pinned)).front();
  tied.next_attempt_at = mailroom_.now() + hours(5);
  get(store_->postpone({tied}));
  std::vector<Timestamp> told;
  store_->on_due([&told](const std::string&, Timestamp earliest) { told.push_back(earliest); });

  EXPECT_EQ(get(store_->end_waits({}, EmailId{}, mailroom_.now(), 1)), waiting.id);
  EXPECT_EQ(get(store_->end_waits({}, waiting.id, mailroom_.now(), 10)), tied.id);
  EXPECT_EQ(get(store_->end_waits({}, tied.id, mailroom_.now(), 10)), std::nullopt);
  EXPECT_EQ(told, (std::vector{mailroom_.now(), mailroom_.now()}));
  const DuePage page = get(store_->due({"default", mailroom_.now(), std::nullopt, 500}));
  ASSERT_EQ(page.emails.size(), 2u);
  EXPECT_EQ(page.emails[0].email.id, waiting.id);
  EXPECT_EQ(page.emails[0].email.reason, "over the limit") << "until it is on its way, this is what was";
  EXPECT_EQ(stored(tied.id).next_attempt_at, tied.next_attempt_at) << "it has another connection to wait for";
  EXPECT_EQ(get(store_->end_waits({7}, waiting_too.id, mailroom_.now(), 10)), tied.id);
  EXPECT_EQ(stored(tied.id).next_attempt_at, mailroom_.now());
  EXPECT_EQ(page.emails[1].email.id, waiting_too.id);
}

TEST_P(Delivering, PostponesOnlyWhatStillWaitsAsItWas) {
  std::vector<EmailRecord> emails = accept(mailroom_.message({"a@example.org", "b@example.org", "c@example.org"}));
  begin(emails[1]);
  QueueAction move;
  move.act = QueueAct::move;
  move.ids = {emails[2].id};
  move.move_to = 7;
  EXPECT_EQ(get(store_->act(move, mailroom_.now())).changed, 1u);
  const Timestamp later = mailroom_.now() + minutes(3);
  for (EmailRecord& email : emails) {
    email.reason = "No connection is usable";
    email.reason_class = ReasonClass::outage;
    email.next_attempt_at = later;
  }
  EXPECT_EQ(get(store_->postpone(emails)), (std::vector{true, false, false}));
  EXPECT_EQ(stored(emails[0].id).next_attempt_at, later);
  EXPECT_EQ(stored(emails[0].id).reason_class, ReasonClass::outage);
  EXPECT_EQ(stored(emails[0].id).reason, "No connection is usable");
  EXPECT_EQ(status_of(emails[1].id), EmailStatus::sending);
  EXPECT_FALSE(stored(emails[1].id).next_attempt_at);
  EXPECT_EQ(stored(emails[2].id).next_attempt_at, mailroom_.now());
}

TEST_P(Delivering, FindsOpenAttemptsWithTheirEmails) {
  const EmailRecord email = accept_one("ann@example.org");
  bring_to(accept_one("bob@example.org"), EmailStatus::deferred);
  const AttemptRecord attempt = begin(email);
  const std::vector<OpenAttempt> open = get(store_->open_attempts());
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].attempt.id, attempt.id);
  EXPECT_EQ(open[0].email.email.id, email.id);
  EXPECT_EQ(open[0].email.reverse_path, "sender@example.org");
}

TEST_P(Delivering, ExpiresWhatWaitsAndNothingElse) {
  std::vector<EmailId> expected;
  for (const EmailStatus status : {EmailStatus::queued, EmailStatus::deferred, EmailStatus::held})
    expected.push_back(bring_to(accept_one("ann@example.org"), status).id);
  const EmailId sending = bring_to(accept_one("bob@example.org"), EmailStatus::sending).id;
  const EmailId unknown = bring_to(accept_one("cleo@example.org"), EmailStatus::unknown).id;
  const Timestamp end = mailroom_.now() + hours(72);

  EXPECT_EQ(get(store_->expire(end - minutes(1), 100)), 0u);
  EXPECT_EQ(get(store_->expire(end, 2)), 2u);
  EXPECT_EQ(get(store_->expire(end, 100)), 1u);
  EXPECT_EQ(get(store_->expire(end, 100)), 0u);
  for (const EmailId id : expected) {
    const EmailStory story = get(store_->email(id));
    EXPECT_EQ(story.email.status, EmailStatus::expired);
    EXPECT_EQ(story.email.reason_class, ReasonClass::expired);
    EXPECT_EQ(story.email.finished_at, end);
    ASSERT_FALSE(story.events.empty());
    EXPECT_EQ(story.events.back().event, "expired");
  }
  std::map<EmailId, EmailStatus> left;
  for (const EmailRecord& email :
       get(store_->list_queue({}, QueueSort::created_at, Direction::ascending, {}, end + minutes(1))).items)
    left[email.id] = email.status;
  EXPECT_EQ(left, (std::map<EmailId, EmailStatus>{{sending, EmailStatus::sending}, {unknown, EmailStatus::unknown}}));
}

TEST_P(Delivering, SaysThatAnEmailInDoubtMayHaveBeenSentWhenItExpires) {
  EmailRecord email = accept_one("ann@example.org");
  const AttemptRecord attempt = begin(email);
  email.status = EmailStatus::deferred;
  email.in_doubt_with = 1;
  email.next_attempt_at = mailroom_.now() + hours(1);
  end(attempt, AttemptStatus::fail, email);
  EXPECT_EQ(get(store_->expire(email.expires_at, 10)), 1u);
  EXPECT_NE(stored(email.id).reason.find("may have been sent"), std::string::npos);
}

TEST_P(Delivering, RemembersTheHealthOfConnections) {
  must(store_->save_health(3, {HealthState::degraded, mailroom_.now(), "timeout", 2}));
  must(store_->save_health(3, {HealthState::down, mailroom_.now(), "refused", 5}));
  const auto health = get(store_->health());
  ASSERT_EQ(health.size(), 1u);
  EXPECT_EQ(health[0].first, 3);
  EXPECT_EQ(health[0].second.state, HealthState::down);
  EXPECT_EQ(health[0].second.since, mailroom_.now());
  EXPECT_EQ(health[0].second.reason, "refused");
  EXPECT_EQ(health[0].second.faults_in_a_row, 5u);
}

TEST_P(Delivering, CountsAttemptsAndEndings) {
  bring_to(accept_one("a@example.org"), EmailStatus::accepted);
  bring_to(accept_one("b@example.org"), EmailStatus::failed);
  bring_to(accept_one("c@example.org"), EmailStatus::deferred);
  StatsBucket sum;
  const Timestamp now = loop_.wall();
  for (const StatsBucket& bucket :
       get(store_->stats({now.ms / 60000 * 60000 - 600000}, now + minutes(1), minutes(1)))) {
    sum.succeeded += bucket.succeeded;
    sum.failed += bucket.failed;
    sum.finished += bucket.finished;
  }
  EXPECT_EQ(sum.succeeded, 1u);
  EXPECT_EQ(sum.failed, 2u);
  EXPECT_EQ(sum.finished, 1u);
}

INSTANTIATE_TEST_SUITE_P(Store, Delivering, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
