#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.h"
#include "store/filters.h"
#include "store_contract/store_contract.h"

namespace postroom::store {
namespace {

using enum EmailStatus;
using std::chrono::hours;
using std::chrono::minutes;

class Listing : public StoreContract {
 protected:
  // Mail in every state, with equal and absent sort values, so that ties and NULLs lie on page borders.
  void fill() {
    for (int i = 0; i < 24; ++i) {
      const std::string address =
          std::string(i % 2 ? "Ann" : "bob") + std::to_string(i / 4) + "@example." + (i % 3 ? "org" : "net");
      EmailRecord email = accept_one(address, i % 5 ? "News" : "Invoice");
      const EmailStatus states[] = {queued, deferred, held, sending, unknown};
      bring_to(email, states[i % 5]);
      if (i % 4 == 0) mailroom_.set_now(mailroom_.now() + minutes(1));
    }
  }
  Page<EmailRecord> page(QueueFilter filter, PageRequest request = {}, QueueSort sort = QueueSort::created_at,
                         Direction direction = Direction::ascending) {
    return get(store_->list_queue(std::move(filter), sort, direction, std::move(request), mailroom_.now()));
  }
  std::vector<EmailId> walk(QueueSort sort, Direction direction, std::size_t limit) {
    std::vector<EmailId> ids;
    PageRequest request{limit, std::nullopt};
    do {
      const Page<EmailRecord> found = page({}, request, sort, direction);
      EXPECT_LE(found.items.size(), limit);
      for (const EmailRecord& email : found.items) ids.push_back(email.id);
      request.after = found.next;
    } while (request.after);
    return ids;
  }
  std::set<EmailId> ids(const QueueFilter& filter) {
    std::set<EmailId> found;
    for (const EmailRecord& email : page(filter, {500, std::nullopt}).items) found.insert(email.id);
    return found;
  }
  // The filter finds just what the predicate says of the whole list.
  template <class Predicate>
  void expect_found(const QueueFilter& filter, Predicate predicate) {
    std::set<EmailId> expected;
    for (const EmailRecord& email : page({}, {500, std::nullopt}).items)
      if (predicate(email)) expected.insert(email.id);
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(ids(filter), expected);
  }
};

TEST_P(Listing, WalksEachSortInBothDirectionsWithoutGapOrRepeat) {
  fill();
  for (const QueueSort sort : {QueueSort::created_at, QueueSort::next_attempt_at, QueueSort::last_attempt_at,
                               QueueSort::attempts, QueueSort::email}) {
    const std::vector<EmailId> whole = walk(sort, Direction::ascending, 500);
    EXPECT_EQ(whole.size(), 24u);
    for (const std::size_t limit : {1u, 3u, 7u}) EXPECT_EQ(walk(sort, Direction::ascending, limit), whole);
    std::vector<EmailId> backwards = walk(sort, Direction::descending, 5);
    std::ranges::reverse(backwards);
    EXPECT_EQ(backwards, whole);
  }
}

TEST_P(Listing, OrdersBySortValueAndThenById) {
  fill();
  const auto ordered = [this](QueueSort sort, auto key) {
    const std::vector<EmailRecord> items = page({}, {500, std::nullopt}, sort).items;
    EXPECT_TRUE(
        std::ranges::is_sorted(items, {}, [&](const EmailRecord& one) { return std::tuple(key(one), one.id); }));
  };
  ordered(QueueSort::created_at, [](const EmailRecord& one) { return one.created_at(); });
  ordered(QueueSort::next_attempt_at, [](const EmailRecord& one) { return one.next_attempt_at; });
  ordered(QueueSort::last_attempt_at, [](const EmailRecord& one) { return one.last_attempt_at; });
  ordered(QueueSort::attempts, [](const EmailRecord& one) { return one.attempts; });
  ordered(QueueSort::email, [](const EmailRecord& one) { return to_lower(one.address); });
}

TEST_P(Listing, FindsByAddressIgnoringCase) {
  fill();
  using Kind = EmailFilter::Kind;
  QueueFilter filter;
  filter.email = EmailFilter{Kind::exact, "ann0@example.org"};
  expect_found(filter, [](const EmailRecord& one) { return one.address == "Ann0@example.org"; });
  filter.email = EmailFilter{Kind::prefix, "ann"};
  expect_found(filter, [](const EmailRecord& one) { return one.address.starts_with("Ann"); });
  filter.email = EmailFilter{Kind::domain, "example.net"};
  expect_found(filter, [](const EmailRecord& one) { return one.address.ends_with("@example.net"); });
}

TEST_P(Listing, FindsByWhatTheQueueKnows) {
  fill();
  const EmailRecord some = page({}).items.at(6);
  QueueFilter filter;
  filter.statuses = {deferred};
  expect_found(filter, [](const EmailRecord& one) { return one.status == deferred; });
  filter.statuses = {held, unknown};
  expect_found(filter, [](const EmailRecord& one) { return one.status == held || one.status == unknown; });
  filter = {};
  filter.subject = "VOIC";
  expect_found(filter, [](const EmailRecord& one) { return one.subject == "Invoice"; });
  filter = {};
  filter.reason_class = ReasonClass::op;
  expect_found(filter, [](const EmailRecord& one) { return one.status == held; });
  filter = {};
  filter.connection_id = 1;
  expect_found(filter, [](const EmailRecord& one) { return one.in_doubt_with == 1; });
  filter = {};
  filter.message_id = some.message_id;
  expect_found(filter, [&](const EmailRecord& one) { return one.id == some.id; });
  filter = {};
  filter.created_at = {some.created_at(), some.created_at() + minutes(1)};
  expect_found(filter, [&](const EmailRecord& one) { return one.created_at() == some.created_at(); });
  filter = {};
  filter.attempts_from = 1;
  expect_found(filter, [](const EmailRecord& one) { return one.attempts >= 1; });
  filter = {};
  filter.lane = "default";
  expect_found(filter, [](const EmailRecord&) { return true; });
  filter.submitted_by = "key:2";
  EXPECT_TRUE(ids(filter).empty());
}

TEST_P(Listing, FindsByTag) {
  NewMessage message = mailroom_.message({"ann@example.org"});
  message.message.tags = {"may", "invoice"};
  message.emails[0].tags = message.message.tags;
  accept(message);
  accept_one("bob@example.org");
  QueueFilter filter;
  filter.tag = "invoice";
  EXPECT_EQ(ids(filter), std::set{message.emails[0].id});
  filter.tag = "voice";
  EXPECT_TRUE(ids(filter).empty());
}

TEST_P(Listing, ShowsMailAsOfNow) {
  NewMessage message = mailroom_.message({"ann@example.org"});
  message.emails[0].status = scheduled;
  message.emails[0].next_attempt_at = mailroom_.now() + hours(1);
  accept(message);
  QueueFilter filter;
  filter.statuses = {scheduled};
  EXPECT_EQ(ids(filter).size(), 1u);
  mailroom_.set_now(mailroom_.now() + hours(1));
  EXPECT_TRUE(ids(filter).empty());
  filter.statuses = {queued};
  EXPECT_EQ(ids(filter).size(), 1u);
  mailroom_.set_now(message.emails[0].expires_at);
  EXPECT_TRUE(ids(filter).empty());
  filter.statuses = {expired};
  EXPECT_EQ(ids(filter).size(), 1u);
}

TEST_P(Listing, CountsExactlyOnlyWhenItSaysSo) {
  fill();
  const Page<EmailRecord> all = page({}, {5, std::nullopt});
  EXPECT_EQ(all.total, 24u);
  EXPECT_TRUE(all.total_exact);
  QueueFilter filter;
  filter.subject = "invoice";
  const Page<EmailRecord> first = page(filter, {2, std::nullopt});
  EXPECT_LE(first.total, 5u) << "these at least";
  if (first.total_exact) EXPECT_EQ(first.total, 5u);
  const Page<EmailRecord> whole = page(filter, {500, std::nullopt});
  EXPECT_TRUE(whole.total_exact);
  EXPECT_EQ(whole.total, 5u);
}

// More mail than an index's entries are gathered for: the list walks instead, and nobody may notice.
class LongListing : public Listing {
 protected:
  void fill_up() {
    for (int message = 0; message < 4; ++message) {
      std::vector<std::string> addresses;
      for (int i = 0; i < 800; ++i)
        addresses.push_back((i % 2 ? "Ann" : "bob") + std::to_string(i % 50) + "@example.org");
      NewMessage added = mailroom_.message(addresses, "Letter");
      for (std::size_t i = 0; i < added.emails.size(); ++i) {
        EmailRecord& email = added.emails[i];
        email.next_attempt_at = mailroom_.now() + minutes(i % 7);
        email.status = i % 3 ? scheduled : queued;
      }
      accept(std::move(added));
      mailroom_.set_now(mailroom_.now() + minutes(1));
    }
  }
  std::vector<EmailRecord> walk_all(const QueueFilter& filter, QueueSort sort, Direction direction) {
    std::vector<EmailRecord> all;
    PageRequest request{500, std::nullopt};
    do {
      Page<EmailRecord> found = page(filter, request, sort, direction);
      std::ranges::move(found.items, std::back_inserter(all));
      request.after = found.next;
    } while (request.after);
    return all;
  }
  // In the list's order, just what the filter asks for of `whole`.
  void expect_walked(const QueueFilter& filter, QueueSort sort, const std::vector<EmailRecord>& whole) {
    std::vector<EmailRecord> expected;
    std::ranges::copy_if(whole, std::back_inserter(expected),
                         [&](const EmailRecord& email) { return matches(email, "key:1", filter); });
    std::ranges::sort(expected, {}, [sort](const EmailRecord& email) {
      using Key = std::tuple<std::optional<Timestamp>, std::uint32_t, std::string, EmailId>;
      switch (sort) {
        case QueueSort::next_attempt_at:
          return Key{email.next_attempt_at, 0, "", email.id};
        case QueueSort::last_attempt_at:
          return Key{email.last_attempt_at, 0, "", email.id};
        case QueueSort::attempts:
          return Key{std::nullopt, email.attempts, "", email.id};
        case QueueSort::email:
          return Key{std::nullopt, 0, to_lower(email.address), email.id};
        case QueueSort::created_at:
          break;
      }
      return Key{std::nullopt, 0, "", email.id};
    });
    const auto ids_of = [](const std::vector<EmailRecord>& emails) {
      std::vector<EmailId> ids;
      for (const EmailRecord& email : emails) ids.push_back(email.id);
      return ids;
    };
    EXPECT_EQ(ids_of(walk_all(filter, sort, Direction::ascending)), ids_of(expected));
    std::ranges::reverse(expected);
    EXPECT_EQ(ids_of(walk_all(filter, sort, Direction::descending)), ids_of(expected));
  }
};

TEST_P(LongListing, FindsTheSameInEachSortAsInTheWholeList) {
  fill_up();
  const std::vector<EmailRecord> whole = walk_all({}, QueueSort::created_at, Direction::ascending);
  ASSERT_EQ(whole.size(), 3200u);
  QueueFilter filter;
  filter.email = EmailFilter{EmailFilter::Kind::domain, "example.org"};
  filter.subject = "letter";
  for (const QueueSort sort : {QueueSort::created_at, QueueSort::next_attempt_at, QueueSort::last_attempt_at,
                               QueueSort::attempts, QueueSort::email})
    expect_walked(filter, sort, whole);
}

TEST_P(LongListing, FindsWhatEachIndexAnswers) {
  fill_up();
  const std::vector<EmailRecord> whole = walk_all({}, QueueSort::created_at, Direction::ascending);
  std::vector<QueueFilter> filters(8);
  filters[0].statuses = {queued};
  filters[1].statuses = {scheduled, deferred, deferred};
  filters[2].statuses = {queued, scheduled};
  filters[3].lane = "default";
  filters[4].email = EmailFilter{EmailFilter::Kind::prefix, "ann1"};
  filters[5].created_at = {whole[900].created_at(), std::nullopt};
  filters[6].next_attempt_at = {*whole[3].next_attempt_at, *whole[3].next_attempt_at + minutes(2)};
  filters[7].attempts_to = 0;
  for (const QueueFilter& filter : filters)
    for (const QueueSort sort : {QueueSort::created_at, QueueSort::next_attempt_at}) expect_walked(filter, sort, whole);
  mailroom_.set_now(mailroom_.now() + minutes(10));  // all that was scheduled is queued by now
  expect_walked(filters[0], QueueSort::next_attempt_at, walk_all({}, QueueSort::created_at, Direction::ascending));
}

// Among other mail, before it and behind it in every order.
TEST_P(LongListing, FindsDeferredMailInTheOrderOfItsTimes) {
  fill_up();
  std::vector<AttemptStart> starts;
  std::vector<AttemptOutcome> outcomes;
  for (EmailRecord email : walk_all({}, QueueSort::created_at, Direction::ascending)) {
    AttemptOutcome outcome;
    outcome.attempt = mailroom_.attempt(email);
    starts.push_back({outcome.attempt, email.pinned_to, email.in_doubt_with});
    const auto number = static_cast<int>(outcomes.size());
    outcome.attempt.status = AttemptStatus::fail;
    email.status = deferred;
    email.attempts = email.tries = 1;
    email.last_attempt_at = mailroom_.now() - minutes(number % 11);
    email.next_attempt_at = mailroom_.now() + minutes(10 + number % 13);
    outcome.email = std::move(email);
    outcomes.push_back(std::move(outcome));
  }
  get(store_->begin_attempts(std::move(starts)));
  must(store_->record(std::move(outcomes)));
  fill_up();
  const std::vector<EmailRecord> whole = walk_all({}, QueueSort::created_at, Direction::ascending);
  QueueFilter filter;
  filter.statuses = {deferred};
  ASSERT_EQ(walk_all(filter, QueueSort::created_at, Direction::ascending).size(), 3200u);
  // Alone, and merged with other states.
  for (const std::vector<EmailStatus>& statuses : {std::vector{deferred}, {scheduled, deferred}, {held, deferred}}) {
    filter.statuses = statuses;
    for (const QueueSort sort : {QueueSort::next_attempt_at, QueueSort::last_attempt_at, QueueSort::attempts})
      expect_walked(filter, sort, whole);
  }
  filter.statuses = {deferred};
  filter.lane = "default";
  filter.reason_class = ReasonClass::none;
  filter.attempts_from = 1;
  filter.email = EmailFilter{EmailFilter::Kind::domain, "EXAMPLE.org"};
  expect_walked(filter, QueueSort::email, whole);
  filter.next_attempt_at = {mailroom_.now() + minutes(5), std::nullopt};
  filter.last_attempt_at = {mailroom_.now() - minutes(30), std::nullopt};
  for (const QueueSort sort : {QueueSort::next_attempt_at, QueueSort::last_attempt_at})
    expect_walked(filter, sort, whole);
}

TEST_P(LongListing, FindsMailThatWaitsForNoTime) {
  fill_up();
  QueueAction hold;
  hold.act = QueueAct::hold;
  hold.filter = QueueFilter{};
  EXPECT_EQ(get(store_->act(hold, mailroom_.now())).changed, 3200u);
  fill_up();
  QueueFilter filter;
  const std::vector<EmailRecord> whole = walk_all({}, QueueSort::created_at, Direction::ascending);
  for (const std::vector<EmailStatus>& statuses : {std::vector{held}, {held, scheduled}}) {
    filter.statuses = statuses;
    for (const QueueSort sort : {QueueSort::next_attempt_at, QueueSort::last_attempt_at, QueueSort::attempts})
      expect_walked(filter, sort, whole);
  }
}

TEST_P(Listing, KeepsTheDepthOfTheQueueThroughEveryChange) {
  fill();
  NewMessage later = mailroom_.message({"ann@example.org"});
  later.emails[0].status = scheduled;
  later.emails[0].next_attempt_at = mailroom_.now() + hours(1);
  accept(later);
  EmailRecord gone = accept_one("gone@example.org");
  gone.status = accepted;
  end(begin(gone), AttemptStatus::success, gone);
  QueueAction action;
  action.act = QueueAct::remove;
  action.ids = {page({}).items.at(0).id};
  EXPECT_EQ(get(store_->act(action, mailroom_.now())).changed, 1u);
  const QueueDepth depth = get(store_->queue_depth());
  const std::vector<EmailRecord> all = page({}, {500, std::nullopt}).items;
  const auto with = [&all](EmailStatus status) {
    return static_cast<std::uint64_t>(std::ranges::count(all, status, &EmailRecord::status));
  };
  EXPECT_EQ(std::tuple(depth.queued, depth.scheduled, depth.sending), std::tuple(with(queued), 1u, with(sending)));
  EXPECT_EQ(std::tuple(depth.deferred, depth.held, depth.unknown),
            std::tuple(with(deferred), with(held), with(unknown)));
}

TEST_P(Listing, FindsALogRowByItsMessageItsEmailAndItsAddress) {
  std::vector<EmailRecord> emails = accept(mailroom_.message({"ann@example.org", "bo@example.net"}));
  emails.push_back(accept_one("annie@example.org"));
  for (EmailRecord& email : emails) {
    email.status = accepted;
    end(begin(email), AttemptStatus::success, email);
  }
  const auto found_by = [this](LogFilter filter) {
    std::vector<EmailId> ids;
    for (const AttemptRecord& attempt :
         get(store_->list_log(std::move(filter), Direction::descending, {500, std::nullopt})).items)
      ids.push_back(attempt.email_id);
    return ids;
  };
  LogFilter filter;
  filter.message_id = emails[0].message_id;
  EXPECT_EQ(found_by(filter), (std::vector{emails[1].id, emails[0].id}));
  filter = {};
  filter.active_queue_id = emails[1].id;
  EXPECT_EQ(found_by(filter), std::vector{emails[1].id});
  filter = {};
  filter.email = EmailFilter{EmailFilter::Kind::prefix, "ann"};
  EXPECT_EQ(found_by(filter), (std::vector{emails[2].id, emails[0].id}));
  filter.email = EmailFilter{EmailFilter::Kind::domain, "example.net"};
  EXPECT_EQ(found_by(filter), std::vector{emails[1].id});
  filter.statuses = {AttemptStatus::fail, AttemptStatus::in_progress};
  EXPECT_TRUE(found_by(filter).empty());
}

TEST_P(Listing, WalksTheLogByTimeWithItsFilters) {
  std::vector<AttemptId> tried;
  for (int i = 0; i < 9; ++i) {
    EmailRecord email = accept_one("u" + std::to_string(i % 3) + "@example.org");
    AttemptRecord attempt = begin(email, 1 + i % 2);
    tried.push_back(attempt.id);
    attempt.reply_code = i % 3 ? 250 : 550;
    email.status = i % 3 ? accepted : failed;
    end(attempt, i % 3 ? AttemptStatus::success : AttemptStatus::fail, email);
  }
  std::vector<AttemptId> seen;
  PageRequest request{2, std::nullopt};
  do {
    const Page<AttemptRecord> found = get(store_->list_log({}, Direction::descending, request));
    for (const AttemptRecord& attempt : found.items) seen.push_back(attempt.id);
    request.after = found.next;
  } while (request.after);
  std::ranges::reverse(seen);
  EXPECT_EQ(seen, tried);

  const auto found_by = [this](LogFilter filter) {
    return get(store_->list_log(std::move(filter), Direction::ascending, {500, std::nullopt})).items.size();
  };
  LogFilter filter;
  filter.statuses = {AttemptStatus::fail};
  EXPECT_EQ(found_by(filter), 3u);
  filter = {};
  filter.connection_id = 2;
  EXPECT_EQ(found_by(filter), 4u);
  filter = {};
  filter.reply_code = 550;
  EXPECT_EQ(found_by(filter), 3u);
  const Page<AttemptRecord> first = get(store_->list_log(filter, Direction::ascending, {1, std::nullopt}));
  EXPECT_LE(first.total, 3u);
  if (first.total_exact) EXPECT_EQ(first.total, 3u);
  filter = {};
  filter.email = EmailFilter{EmailFilter::Kind::exact, "u1@example.org"};
  EXPECT_EQ(found_by(filter), 3u);
  filter.connection_id = 1;
  EXPECT_EQ(found_by(filter), 1u);
}

INSTANTIATE_TEST_SUITE_P(Store, LongListing, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });
INSTANTIATE_TEST_SUITE_P(Store, Listing, testing::ValuesIn(backends()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace postroom::store
