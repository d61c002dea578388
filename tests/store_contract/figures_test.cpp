// What the dashboard says of connections: what became of attempts, how long mail took; and the audit log's filters.
#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class Figures : public StoreContract {
 protected:
  // Mail that was handed in so long ago, and that a connection takes on now.
  void send(ConnectionId over, Duration ago, std::optional<Duration> send_at_ago = std::nullopt) {
    const Timestamp now = loop_.wall();
    mailroom_.set_now(now - ago);
    NewMessage message = mailroom_.message({"ann@example.org"});
    if (send_at_ago) message.message.send_at = now - *send_at_ago;
    end_over(over, accept(std::move(message)).at(0), AttemptStatus::success, EmailStatus::accepted);
  }
  void end_over(ConnectionId over, EmailRecord email, AttemptStatus how, EmailStatus status) {
    const AttemptRecord attempt = begin(email, over);
    email.status = status;
    end(attempt, how, email);
  }
  SendingFigures figures() {
    const Timestamp now = loop_.wall();
    return get(store_->sending_figures(now - hours(1), now + hours(1), minutes(15)));
  }
};

TEST_P(Figures, CountWhatBecameOfAttemptsOverEachConnection) {
  send(1, seconds(1));
  send(1, seconds(1));
  send(2, seconds(1));
  end_over(1, accept_one("gone@example.org"), AttemptStatus::fail, EmailStatus::failed);
  EmailRecord later = accept_one("later@example.org");
  later.next_attempt_at = mailroom_.now() + hours(1);
  end_over(1, later, AttemptStatus::fail, EmailStatus::deferred);
  const SendingFigures told = figures();
  ASSERT_EQ(told.connections.size(), 2u);
  const ConnectionCounts& one = told.connections.at(1);
  EXPECT_EQ(one.succeeded, 2u);
  EXPECT_EQ(one.failed, 1u);
  EXPECT_EQ(one.deferred, 1u);
  EXPECT_EQ(one.latencies.count(), 2u);
  EXPECT_EQ(told.connections.at(2).succeeded, 1u);
}

TEST_P(Figures, MeasureFromAcceptanceOrFromTheTimeToSend) {
  send(1, minutes(10));
  EXPECT_NEAR(static_cast<double>(figures().connections.at(1).latencies.percentile(50).count()), 600'000, 60'000);
  send(2, hours(20), seconds(30));
  EXPECT_NEAR(static_cast<double>(figures().connections.at(2).latencies.percentile(50).count()), 30'000, 15'000);
}

TEST_P(Figures, StandInTheQuarterInWhichTheyWereRecorded) {
  send(1, seconds(2));
  const SendingFigures told = figures();
  ASSERT_GE(told.buckets.size(), 8u);
  std::uint64_t counted = 0;
  for (const LatencyBucket& bucket : told.buckets) {
    EXPECT_EQ(bucket.at.ms % 900'000, 0);
    if (bucket.latencies.count() > 0) {
      EXPECT_LE(bucket.at, loop_.wall());
      EXPECT_GT(bucket.at, loop_.wall() - minutes(30));
    }
    counted += bucket.latencies.count();
  }
  EXPECT_EQ(counted, 1u);
  EXPECT_TRUE(
      get(store_->sending_figures(loop_.wall() + hours(1), loop_.wall() + hours(2), hours(1))).connections.empty());
}

TEST_P(Figures, AnOutcomeThatIsRecordedTwiceCountsOnce) {
  EmailRecord email = accept_one("ann@example.org");
  AttemptRecord attempt = begin(email);
  attempt.status = AttemptStatus::fail;
  email.status = EmailStatus::failed;
  const std::vector<AttemptOutcome> outcomes{{attempt, 0, "", email}};
  must(store_->record(outcomes));
  must(store_->record(outcomes));
  EXPECT_EQ(figures().connections.at(1).failed, 1u);
}

TEST_P(Figures, GoWithTheLog) {
  send(1, seconds(1));
  const Timestamp later = loop_.wall() + hours(24 * 400);
  get(store_->remove_old({{id_epoch_ms}, {id_epoch_ms}, later, later}, 1000));
  EXPECT_EQ(figures().connections.size(), 1u);
  get(store_->remove_old({later, later, later, later}, 1000));
  EXPECT_TRUE(figures().connections.empty());
}

TEST_P(Figures, AuditIsFoundByWhoWhatWhyAndWhen) {
  const Timestamp now = mailroom_.now();
  const auto note = [this](Timestamp at, std::string by, std::string action, std::string object, std::string reason) {
    must(store_->append_audit(
        {0, at, std::move(by), "127.0.0.1", std::move(action), std::move(object), "", std::move(reason)}));
  };
  note(now, "user:ann@example.org", "queue.hold", "queue:3 emails", "Wrong list");
  note(now + minutes(1), "key:3", "connection.update", "connection:1", "");
  note(now + minutes(2), "user:bo@example.org", "queue.delete", "queue:1 emails", "wrong again");
  const auto found = [this](const AuditFilter& filter) {
    std::vector<std::string> actions;
    for (const AuditRecord& record : get(store_->list_audit(filter, {10, {}})).items) actions.push_back(record.action);
    return actions;
  };
  const auto with = [](std::optional<std::string> AuditFilter::* field, const char* text) {
    AuditFilter filter;
    filter.*field = text;
    return filter;
  };
  AuditFilter at;
  at.at = {now + minutes(1), now + minutes(2)};
  using Actions = std::vector<std::string>;
  EXPECT_EQ(found({}), (Actions{"queue.delete", "connection.update", "queue.hold"}));
  EXPECT_EQ(found(with(&AuditFilter::by, "ANN@")), Actions{"queue.hold"});
  EXPECT_EQ(found(with(&AuditFilter::action, "queue.")), (Actions{"queue.delete", "queue.hold"}));
  EXPECT_EQ(found(with(&AuditFilter::object, "connection:1")), Actions{"connection.update"});
  EXPECT_EQ(found(with(&AuditFilter::reason, "wrong")), (Actions{"queue.delete", "queue.hold"}));
  EXPECT_EQ(found(at), Actions{"connection.update"});
  EXPECT_EQ(found(with(&AuditFilter::by, "nobody")), Actions{});
  const Page<AuditRecord> first = get(store_->list_audit(with(&AuditFilter::action, "queue."), {1, {}}));
  ASSERT_TRUE(first.next);
  EXPECT_EQ(get(store_->list_audit(with(&AuditFilter::action, "queue."), {10, first.next})).items.at(0).action,
            "queue.hold");
}

INSTANTIATE_TEST_SUITE_P(Store, Figures, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
