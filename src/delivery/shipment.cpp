// The walk of one message out of the house, from a place in line to the record of what became of it.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "delivery/engine.h"
#include "delivery/session_reports.h"
#include "mail/address.h"
#include "smtp/dot_transparency.h"

namespace postroom::delivery {
namespace {

using store::ConnectionId;
using store::DueEmail;
using store::EmailRecord;
using store::EmailStatus;
using Kind = smtp::RecipientOutcome::Kind;

mail::Address stored_address(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return {};
  return {text.substr(0, at), text.substr(at + 1)};
}

mail::Envelope envelope_of(const std::vector<DueEmail>& emails) {
  mail::Envelope envelope;
  const DueEmail& first = emails.front();
  envelope.reverse_path = stored_address(first.reverse_path);
  for (const DueEmail& due : emails) envelope.recipients.push_back(stored_address(due.email.address));
  envelope.body = first.eight_bit ? mail::BodyType::eight_bit_mime : mail::BodyType::seven_bit;
  envelope.smtputf8 = first.smtputf8;
  return envelope;
}

// A kept session that the provider closed while it was idle says so at MAIL; nothing was sent, and a new one may do.
bool closed_while_idle(const smtp::TransactionResult& result) {
  return std::ranges::all_of(result.recipients, [](const smtp::RecipientOutcome& outcome) {
    const bool gone = outcome.kind == Kind::broken && outcome.fault &&
                      (outcome.fault->code == ErrorCode::closed || outcome.fault->code == ErrorCode::unreachable ||
                       outcome.fault->code == ErrorCode::tls);
    const bool said_goodbye = outcome.reply && outcome.reply->code == 421;
    return outcome.phase == smtp::Phase::mail && (gone || said_goodbye);
  });
}

smtp::TransactionResult never_opened(const smtp::Fault& fault, std::size_t recipients) {
  smtp::RecipientOutcome outcome;
  outcome.kind = Kind::broken;
  outcome.phase = fault.phase;
  outcome.reply = fault.reply;
  outcome.fault = fault;
  smtp::TransactionResult result;
  result.recipients.assign(recipients, outcome);
  return result;
}

// A damaged message must not be sent, and not be met by the session's own check, which ends the process.
Result<store::Content> sendable(Result<store::Content> content) {
  if (content && !smtp::has_only_crlf_lines(**content))
    return fail(ErrorCode::corrupt, "it is damaged: a line doesn't end in CR LF");
  return content;
}

}  // namespace

struct Engine::Transaction {
  store::ConnectionRecord connection;  // as it was when the shipment left the line
  std::shared_ptr<SessionPool> pool;
  std::expected<std::unique_ptr<Session>, smtp::Fault> session;
  smtp::Conversation conversation;
  std::string remote, tls;
  std::vector<store::AttemptRecord> attempts;  // one for each email, begun
  std::uint64_t settings = 0;                  // under which it left the line
  Monotonic started{};                         // its place in the limits is reserved
  Monotonic begun{};                           // and taken, when there is a session
  Timestamp begun_wall;
  std::optional<LowerLanePlace> lower_place = {};

  // With whom it speaks, for the log: by what the session says, or by what was to be reached.
  void note_peer() {
    remote = session ? (*session)->smtp->remote() : connection.host + ":" + std::to_string(connection.port);
    tls = session ? (*session)->smtp->tls_version() : "";
  }
};

async::Task<void> Engine::ship(Shipment shipment, ConnectionId over) {
  const Outlet& from = outlets_.at(over);
  Transaction transaction{from.connection, from.pool, nullptr, {}, {}, {}, {}, outlets_.version(), loop_.now(), {}, {}};
  std::swap(transaction.lower_place, shipment.lower_place);
  const Result<store::Content> content = sendable(co_await store_.content(shipment.emails.front().email.message_id));
  if (!content) {
    transaction.pool->drop(nullptr);
    release_places(transaction, shipment.emails.size());
    co_await shelve(std::move(shipment), content.error());
    co_return;
  }
  transaction.session = co_await transaction.pool->acquire(Freshness::kept_or_new, transaction.conversation);
  if (stopping_) {  // nothing of it has begun: it stays in the store as it is
    release_places(transaction, shipment.emails.size());
    co_return finish_with(transaction, Afterwards::keep_session);
  }
  const bool begun = co_await begin(shipment, transaction);
  smtp::TransactionResult result;
  if (begun && transaction.session) {
    result = co_await transmit(shipment, transaction, **content);
  } else if (begun) {
    result = never_opened(transaction.session.error(), shipment.emails.size());
  }
  // What the reply says of the connection counts before the next in line starts.
  if (begun) judge_connection(transaction, result);
  const bool usable = result.session_usable || !begun;
  finish_with(transaction, usable ? Afterwards::keep_session : Afterwards::drop_session);
  if (begun) co_await settle(std::move(shipment), std::move(transaction), std::move(result));
}

// The session's place goes to the next in line while this one is recorded.
void Engine::finish_with(Transaction& transaction, Afterwards what) {
  const ConnectionId over = transaction.connection.id;
  if (!transaction.session || what == Afterwards::drop_session) {
    transaction.pool->drop(transaction.session ? std::move(*transaction.session) : nullptr);
  } else if (std::unique_ptr<Session> worn = transaction.pool->release(std::move(*transaction.session))) {
    under_way_.spawn(dismiss(transaction.pool, std::move(worn), over));
  }
  transaction.lower_place.reset();
  start(over);
}

async::Task<void> Engine::dismiss(std::shared_ptr<SessionPool> pool, std::unique_ptr<Session> session,
                                  ConnectionId over) {
  co_await pool->dismiss(std::move(session));
  start(over);
}

// A message that can't be read: put by for an operator when it is damaged or gone, tried again when the store is busy.
async::Task<void> Engine::shelve(Shipment shipment, Error why) {
  const bool for_good = why.code == ErrorCode::not_found || why.code == ErrorCode::corrupt;
  std::vector<EmailRecord> emails;
  for (DueEmail& due : shipment.emails) {
    if (for_good) {
      due.email.status = EmailStatus::held;
      due.email.reason = "The stored message can't be read: " + why.message;
      due.email.reason_class = store::ReasonClass::content;
      due.email.next_attempt_at.reset();
    } else {
      due.email.next_attempt_at = loop_.wall() + std::chrono::seconds(1);
    }
    emails.push_back(std::move(due.email));
  }
  co_await put_off(std::move(emails));
  look();
}

// Commits the intent before MAIL. Emails that an operator has taken away meanwhile leave the shipment; when
// connections, rules or pauses are others by now, all of it chooses anew.
async::Task<bool> Engine::begin(Shipment& shipment, Transaction& transaction) {
  const ConnectionId over = transaction.connection.id;
  while (outlets_.is_reading_history(over)) co_await outlets_.history_read();
  if (transaction.settings != outlets_.version()) {
    release_places(transaction, shipment.emails.size());
    assign_anew(std::move(shipment));
    look();
    co_return false;
  }
  transaction.note_peer();
  std::vector<store::AttemptStart> starts;
  for (const DueEmail& due : shipment.emails) {
    transaction.attempts.push_back(attempt_of(due, transaction));
    starts.push_back({transaction.attempts.back(), due.email.pinned_to, due.email.in_doubt_with});
  }
  outlets_.begins(over);
  const Result<std::vector<bool>> begun = co_await store_.begin_attempts(std::move(starts));
  if (!begun) {
    std::vector<AttemptId> unsure;
    for (const store::AttemptRecord& attempt : transaction.attempts) unsure.push_back(attempt.id);
    under_way_.spawn(take_back(over, std::move(unsure), std::move(shipment.emails)));
    co_return false;
  }
  std::vector<DueEmail> kept;
  std::vector<store::AttemptRecord> attempts;
  for (std::size_t i = 0; i < shipment.emails.size(); ++i) {
    if ((*begun)[i]) {
      kept.push_back(std::move(shipment.emails[i]));
      attempts.push_back(std::move(transaction.attempts[i]));
    } else {
      // Its row was changed meanwhile and may be due as it stands now: the scan has passed it by while it was held.
      backlog_.let_go(shipment.emails[i].email);
      backlog_.look_again(shipment.emails[i].email);
    }
  }
  release_places(transaction, shipment.emails.size() - kept.size());
  take_places(transaction, kept.size());
  outlets_.begin_is_answered(over);
  shipment.emails = std::move(kept);
  transaction.attempts = std::move(attempts);
  co_return !shipment.emails.empty();
}

store::AttemptRecord Engine::attempt_of(const DueEmail& due, const Transaction& transaction) {
  store::AttemptRecord attempt;
  attempt.id = AttemptId{ids_.next(loop_.wall(), due.email.id.bucket())};
  attempt.email_id = due.email.id;
  attempt.message_id = due.email.message_id;
  attempt.address = due.email.address;
  attempt.subject = due.email.subject;
  attempt.lane = due.email.lane;
  attempt.ordinal = due.email.tries + 1;
  attempt.connection_id = transaction.connection.id;
  attempt.connection_caption = transaction.connection.caption;
  attempt.remote_host = transaction.remote;
  attempt.tls = transaction.tls;
  attempt.counted = transaction.session.has_value();
  return attempt;
}

// What was reserved in the connection's limits is let go: nothing is sent.
void Engine::release_places(const Transaction& transaction, std::size_t emails) {
  if (Outlet* over = outlets_.find(transaction.connection.id)) over->meter.release(emails);
}

// Once the attempt is on the disk, what was reserved is taken, or let go when there is no session to send over.
void Engine::take_places(Transaction& transaction, std::size_t emails) {
  transaction.begun = loop_.now();
  transaction.begun_wall = loop_.wall();
  Outlet* over = outlets_.find(transaction.connection.id);
  if (over == nullptr) return;
  if (!transaction.session || emails == 0) return over->meter.release(emails);
  over->meter.begin(emails, transaction.begun, transaction.begun_wall);
  if (std::optional<std::string> warning = over->meter.take_warning())
    notices_.tell("quota.near", transaction.connection.id, std::move(*warning));
}

// fine-print, "Connections": given back only if MAIL was never sent.
void Engine::give_back(const Transaction& transaction, std::size_t emails) {
  Outlet* over = outlets_.find(transaction.connection.id);
  // The session it was counted with may have been closed, and no new one opened.
  const bool counted = !transaction.attempts.empty() && transaction.attempts.front().counted;
  if (over != nullptr && counted) over->meter.give_back(emails, transaction.begun, transaction.begun_wall);
}

// Nothing was sent, and nobody knows whether the begin is recorded: it is undone before anything else may happen to
// these emails. At shutdown the next start takes what is left for a doubt.
async::Task<void> Engine::take_back(ConnectionId over, std::vector<AttemptId> attempts, std::vector<DueEmail> emails) {
  for (;;) {
    store_trouble_until_ = loop_.now() + std::chrono::seconds(1);
    const Result<> undone = co_await store_.take_back(attempts);
    if (undone) break;
    if (stopping_) break;
    co_await async::sleep_until(loop_, loop_.now() + std::chrono::seconds(1));
  }
  if (Outlet* still = outlets_.find(over)) still->meter.release(emails.size());
  outlets_.begin_is_answered(over);
  for (const DueEmail& due : emails) {
    backlog_.let_go(due.email);
    backlog_.look_again(due.email);
  }
  look();
}

async::Task<smtp::TransactionResult> Engine::transmit(Shipment& shipment, Transaction& transaction,
                                                      const std::string& content) {
  const mail::Envelope envelope = envelope_of(shipment.emails);
  Session* session = transaction.session->get();
  const bool kept = session->messages > 0;
  ++session->messages;
  smtp::TransactionResult result = co_await session->smtp->send(envelope, content, transaction.conversation);
  if (!kept || result.session_usable || !closed_while_idle(result)) co_return result;

  transaction.conversation.note("the provider had closed the kept session; opening a new one");
  transaction.pool->drop(std::move(*transaction.session));
  transaction.pool->reserve();
  transaction.session = co_await transaction.pool->acquire(Freshness::only_new, transaction.conversation);
  transaction.note_peer();
  if (!transaction.session) co_return never_opened(transaction.session.error(), shipment.emails.size());
  session = transaction.session->get();
  ++session->messages;
  co_return co_await session->smtp->send(envelope, content, transaction.conversation);
}

// Asks policy what each reply means and records attempts and emails in one transaction.
async::Task<void> Engine::settle(Shipment shipment, Transaction transaction, smtp::TransactionResult result) {
  POSTROOM_ASSERT(result.recipients.size() == shipment.emails.size());
  shipment.tried.insert(transaction.connection.id);
  if (!result.mail_sent) {
    give_back(transaction, shipment.emails.size());
    for (store::AttemptRecord& attempt : transaction.attempts) attempt.counted = false;
  }
  std::vector<store::AttemptOutcome> outcomes;
  for (std::size_t i = 0; i < shipment.emails.size(); ++i)
    outcomes.push_back(conclude(shipment, i, transaction, result));
  outcomes.front().conversation = transaction.conversation.text();

  co_await record_until_stored(outcomes);
  if (Outlet* over = outlets_.find(transaction.connection.id)) over->left(shipment.emails.size());
  std::vector<DueEmail> moving_on;
  for (std::size_t i = 0; i < shipment.emails.size(); ++i) {
    EmailRecord& email = outcomes[i].email;
    count(email);
    const bool at_once = email.status == EmailStatus::queued && *email.next_attempt_at <= loop_.wall();
    if (at_once && !stopping_) {
      shipment.emails[i].email = std::move(email);
      moving_on.push_back(std::move(shipment.emails[i]));
      continue;
    }
    backlog_.let_go(email);
    backlog_.due_at(email);
  }
  if (!moving_on.empty()) fail_over({std::move(moving_on), std::move(shipment.tried)}, transaction, outcomes.front());
  start(transaction.connection.id);
  look();
}

// Mail moves on at once. Staff see the first of a row of failovers; the log has each.
void Engine::fail_over(Shipment shipment, const Transaction& transaction, const store::AttemptOutcome& why) {
  counters_.failed_over += shipment.emails.size();
  Outlet* from = outlets_.find(transaction.connection.id);
  if (from != nullptr && !std::exchange(from->failing_over, true))
    notices_.tell(
        "connection.failover", transaction.connection.id,
        "Mail of \"" + transaction.connection.caption + "\" moves on to other connections: " + why.attempt.reason);
  assign(std::move(shipment));
}

// One transaction says one thing about its connection, however many recipients it had, and nothing about one that was
// changed meanwhile.
void Engine::judge_connection(const Transaction& transaction, const smtp::TransactionResult& result) {
  const Outlet* judged = outlets_.find(transaction.connection.id);
  if (judged == nullptr || judged->pool != transaction.pool) return;
  bool well = false;
  for (const smtp::RecipientOutcome& outcome : result.recipients) {
    if (outcome.kind == Kind::doubt) continue;  // one lost reply says nothing (api.md)
    const policy::Verdict verdict = classify_outcome(outcome, company_in(result), transaction.connection);
    // Whatever a server says against a session before there is any mail, it says of the connection.
    const bool no_mail_yet = outcome.phase < smtp::Phase::mail;
    if (outcome.kind != Kind::accepted && (no_mail_yet || policy::is_connection_fault(verdict.scope)))
      return health_.fault(transaction.connection.id, verdict, describe(outcome));
    well = well || outcome.kind == Kind::accepted || outcome.kind == Kind::refused;
  }
  if (well) is_well(transaction.connection.id, policy::Proof::delivery);
}

store::AttemptOutcome Engine::conclude(const Shipment& shipment, std::size_t index, const Transaction& transaction,
                                       const smtp::TransactionResult& result) {
  const DueEmail& due = shipment.emails[index];
  const smtp::RecipientOutcome& outcome = result.recipients[index];
  const policy::Verdict verdict = classify_outcome(outcome, company_in(result), transaction.connection);
  policy::Ending ending;
  ending.verdict = verdict;
  ending.over = transaction.connection.id;
  if (outcome.kind == Kind::accepted) ending.kind = policy::Ending::Kind::accepted;
  if (outcome.kind == Kind::doubt) ending.kind = policy::Ending::Kind::doubt;
  if (outcome.kind != Kind::accepted) ending.reason = describe(outcome);

  store::AttemptOutcome concluded;
  concluded.attempt = transaction.attempts[index];
  store::AttemptRecord& attempt = concluded.attempt;
  attempt.status = outcome.kind == Kind::accepted ? store::AttemptStatus::success : store::AttemptStatus::fail;
  attempt.reason = ending.reason;
  attempt.remote_host = transaction.remote;
  attempt.tls = transaction.tls;
  if (outcome.kind != Kind::accepted) {
    attempt.reason_class = verdict.scope;
    attempt.decided_by = verdict.rule;
  }
  if (outcome.reply) {
    attempt.reply_code = outcome.reply->code;
    if (outcome.reply->enhanced) attempt.enhanced_code = mail::to_string(*outcome.reply->enhanced);
    if (outcome.kind == Kind::accepted) attempt.provider_id = provider_id_of(*outcome.reply);
  }
  attempt.duration_ms =
      static_cast<std::uint32_t>(std::chrono::duration_cast<Milliseconds>(loop_.now() - transaction.started).count());
  concluded.conversation_id = transaction.attempts.front().id.value;
  const bool may_move = ending.kind == policy::Ending::Kind::refused &&
                        (verdict.elsewhere != policy::Elsewhere::useless || policy::is_connection_fault(verdict.scope));
  const policy::Route next = may_move ? outlets_.route(due, shipment.tried) : policy::Route{};
  concluded.email = policy::fate(due.email, ending, next, {options_.retry, on_doubt(due, transaction.connection)},
                                 loop_.wall(), loop_.now(), random_);
  concluded.email.last_attempt_at = attempt.attempted_at();
  return concluded;
}

// What was sent must be recorded: sending pauses until the store takes it. At shutdown patience ends; the row left in
// progress is settled as doubt by the next start.
async::Task<void> Engine::record_until_stored(std::vector<store::AttemptOutcome> outcomes) {
  for (;;) {
    const Result<> recorded = co_await store_.record(outcomes);
    if (recorded || (stopping_ && loop_.now() >= stop_by_)) co_return;
    if (recorded.error().code == ErrorCode::corrupt) {
      // One damaged row must not hold up all mail. What can't be recorded stays `sending`, and the next start asks.
      if (outcomes.size() == 1) co_return;
      for (store::AttemptOutcome& outcome : outcomes) co_await record_until_stored({std::move(outcome)});
      co_return;
    }
    store_trouble_until_ = loop_.now() + std::chrono::seconds(2);
    co_await async::sleep_until(loop_, loop_.now() + std::chrono::seconds(1));
  }
}

void Engine::count(const EmailRecord& email) {
  if (email.status == EmailStatus::accepted) ++counters_.accepted;
  if (email.status == EmailStatus::failed) ++counters_.failed;
  if (email.status == EmailStatus::deferred) ++counters_.deferred;
  if (email.in_doubt_with) ++counters_.doubted;
}

void Engine::is_well(ConnectionId id, policy::Proof proof) {
  const HealthWatch::Change change = health_.success(id, proof);
  if (change == HealthWatch::Change::none) return;
  if (change == HealthWatch::Change::restored) nobody_until_ = loop_.now();
  look();
}

// The message's word, else the lane's, else the connection's (fine-print, "Connections").
store::OnDoubt Engine::on_doubt(const DueEmail& due, const store::ConnectionRecord& connection) const {
  if (due.on_doubt != store::OnDoubt::inherit) return due.on_doubt;
  const auto lane = options_.lane_on_doubt.find(due.email.lane);
  if (lane != options_.lane_on_doubt.end() && lane->second != store::OnDoubt::inherit) return lane->second;
  return connection.on_doubt;
}

}  // namespace postroom::delivery
