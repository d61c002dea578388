// The walk of one message out of the house, from a place in line to the record of what became of it.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "delivery/engine.h"
#include "delivery/events.h"
#include "mail/address.h"

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
                      (outcome.fault->code == ErrorCode::closed || outcome.fault->code == ErrorCode::unreachable);
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

}  // namespace

struct Engine::Transaction {
  store::ConnectionRecord connection;  // as it was when the shipment left the line
  std::shared_ptr<SessionPool> pool;
  std::expected<std::unique_ptr<Session>, smtp::Fault> session;
  smtp::Conversation conversation;
  std::string remote, tls;
  std::vector<store::AttemptRecord> attempts;  // one for each email, begun
  Monotonic began{};
};

async::Task<void> Engine::ship(Shipment shipment, ConnectionId over) {
  const Outlet& outlet = outlets_.at(over);
  Transaction transaction{outlet.connection, outlet.pool, nullptr, {}, {}, {}, {}, loop_.now()};
  const Result<store::Content> content = co_await store_.content(shipment.emails.front().email.message_id);
  if (!content) {
    transaction.pool->drop(nullptr);
    co_await shelve(std::move(shipment), content.error());
    co_return;
  }
  transaction.session = co_await transaction.pool->acquire(Freshness::kept_or_new, transaction.conversation);
  const bool begun = co_await begin(shipment, transaction);
  smtp::TransactionResult result;
  if (begun && transaction.session) {
    result = co_await transmit(shipment, transaction, **content);
  } else if (begun) {
    result = never_opened(transaction.session.error(), shipment.emails.size());
  }
  // The session's place goes to the next in line while this one is recorded.
  if (transaction.session && (result.session_usable || !begun)) {
    co_await transaction.pool->release(std::move(*transaction.session));
  } else {
    transaction.pool->drop(transaction.session ? std::move(*transaction.session) : nullptr);
  }
  dispatch();
  if (begun) co_await settle(std::move(shipment), std::move(transaction), std::move(result));
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

// Commits the intent before MAIL. Emails that an operator has taken away meanwhile leave the shipment.
async::Task<bool> Engine::begin(Shipment& shipment, Transaction& transaction) {
  if (transaction.session) {
    transaction.remote = (*transaction.session)->smtp->remote();
    transaction.tls = (*transaction.session)->smtp->tls_version();
  } else {
    transaction.remote = transaction.connection.host + ":" + std::to_string(transaction.connection.port);
  }
  std::vector<store::AttemptStart> starts;
  for (const DueEmail& due : shipment.emails) {
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
    starts.push_back({attempt});
    transaction.attempts.push_back(std::move(attempt));
  }
  const Result<std::vector<bool>> begun = co_await store_.begin_attempts(std::move(starts));
  if (!begun) {  // nothing is known to be written: the store's own rows say what is still due
    let_go(shipment.emails);
    rewind(Timestamp{0});
    store_trouble_until_ = loop_.now() + std::chrono::seconds(1);
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
      held_.erase(shipment.emails[i].email.id);
      rewind(Timestamp{0});
    }
  }
  shipment.emails = std::move(kept);
  transaction.attempts = std::move(attempts);
  co_return !shipment.emails.empty();
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
  if (!transaction.session) co_return never_opened(transaction.session.error(), shipment.emails.size());
  session = transaction.session->get();
  ++session->messages;
  co_return co_await session->smtp->send(envelope, content, transaction.conversation);
}

// Asks policy what each reply means and records attempts and emails in one transaction.
async::Task<void> Engine::settle(Shipment shipment, Transaction transaction, smtp::TransactionResult result) {
  POSTROOM_ASSERT(result.recipients.size() == shipment.emails.size());
  shipment.tried.insert(transaction.connection.id);
  std::vector<store::AttemptOutcome> outcomes;
  for (std::size_t i = 0; i < shipment.emails.size(); ++i)
    outcomes.push_back(conclude(shipment, i, transaction, result.recipients[i]));
  outcomes.front().conversation = transaction.conversation.text();

  // One transaction says one thing about its connection, however many recipients it had.
  const smtp::RecipientOutcome& sign = result.recipients.front();
  const policy::Verdict verdict = classify_outcome(sign, transaction.connection.host);
  const bool well =
      sign.kind == Kind::accepted || (sign.kind == Kind::refused && !policy::is_connection_fault(verdict.scope));
  if (well) recovered(transaction.connection.id);
  if (!well && sign.kind != Kind::doubt && policy::is_connection_fault(verdict.scope))
    feel(transaction.connection.id, verdict, describe(sign));

  co_await record_until_stored(outcomes);
  std::vector<DueEmail> moving_on;
  for (std::size_t i = 0; i < shipment.emails.size(); ++i) {
    EmailRecord& email = outcomes[i].email;
    count(email);
    const bool at_once = email.status == EmailStatus::queued && *email.next_attempt_at <= loop_.wall();
    if (at_once && !stopping_) {
      shipment.emails[i].email = std::move(email);
      moving_on.push_back(std::move(shipment.emails[i]));
      ++counters_.failed_over;
      continue;
    }
    held_.erase(email.id);
    if (email.next_attempt_at && (!next_due_at_ || *email.next_attempt_at < *next_due_at_))
      next_due_at_ = email.next_attempt_at;
  }
  if (!moving_on.empty()) assign({std::move(moving_on), std::move(shipment.tried)});
  dispatch();
  look();
}

store::AttemptOutcome Engine::conclude(const Shipment& shipment, std::size_t index, const Transaction& transaction,
                                       const smtp::RecipientOutcome& outcome) {
  const DueEmail& due = shipment.emails[index];
  const policy::Verdict verdict = classify_outcome(outcome, transaction.connection.host);
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
      static_cast<std::uint32_t>(std::chrono::duration_cast<Milliseconds>(loop_.now() - transaction.began).count());
  concluded.conversation_id = transaction.attempts.front().id.value;
  const policy::Route next = route(due.email, shipment.tried);
  concluded.email = policy::fate(due.email, ending, next, {options_.retry, on_doubt(due, transaction.connection)},
                                 loop_.wall(), loop_.now(), random_);
  return concluded;
}

// What was sent must be recorded: sending pauses until the store takes it. At shutdown patience ends; the row left in
// progress is settled as doubt by the next start.
async::Task<void> Engine::record_until_stored(std::vector<store::AttemptOutcome> outcomes) {
  const Monotonic patience = loop_.now() + options_.stop_patience;
  for (;;) {
    const Result<> recorded = co_await store_.record(outcomes);
    if (recorded || (stopping_ && loop_.now() >= patience)) co_return;
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

void Engine::feel(ConnectionId id, const policy::Verdict& verdict, const std::string& reason) {
  Outlet* sick = outlet(id);
  if (sick == nullptr) return;
  sick->breaker.fault(verdict, reason, loop_.now(), loop_.wall(), random_);
  under_way_.spawn(save_health(id, sick->breaker.health()));
}

void Engine::recovered(ConnectionId id) {
  Outlet* well = outlet(id);
  if (well == nullptr || !well->breaker.success()) return;
  under_way_.spawn(save_health(id, well->breaker.health()));
  look();
}

async::Task<void> Engine::save_health(ConnectionId id, store::ConnectionHealth health) {
  const Result<> saved = co_await store_.save_health(id, std::move(health));
  static_cast<void>(saved);  // a health not saved is found out again
}

// The message's word, else the lane's, else the connection's (fine-print, "Connections").
store::OnDoubt Engine::on_doubt(const DueEmail& due, const store::ConnectionRecord& connection) const {
  if (due.on_doubt != store::OnDoubt::inherit) return due.on_doubt;
  const auto lane = options_.lane_on_doubt.find(due.email.lane);
  if (lane != options_.lane_on_doubt.end() && lane->second != store::OnDoubt::inherit) return lane->second;
  return connection.on_doubt;
}

}  // namespace postroom::delivery
