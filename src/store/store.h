// Store is the narrow door to durable state. Its one promise: when a writing call returns success, what it wrote is on
// stable storage; when it returns an error, none of it counts (error `unavailable`: try again later; `corrupt`: a
// damaged row). Intake and delivery meet only here.
//
// Backends: sqlite/ in service, memory/ as the double and the reference; tests/store_contract runs one suite over both.
// All calls are made on the loop's thread and complete on it. Concurrent writers share commits.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task.h"
#include "base/result.h"
#include "store/account_records.h"
#include "store/queries.h"
#include "store/records.h"
#include "store/sending_figures.h"

namespace postroom::store {

template <class T = void>
using Answer = async::Task<Result<T>>;

using Content = std::shared_ptr<const std::string>;  // the frozen MIME, CRLF lines

// ── Accepting ──────────────────────────────────────────────────────────────────────────────────────────────────────

// "The same key and the same body get the first answer again." Scoped by credential.
struct IdempotencyClaim {
  std::string credential;
  std::string key;
  std::string body_sha256;  // 32 bytes
};

struct NewMessage {
  MessageRecord message;
  Content content;
  std::vector<EmailRecord> emails;  // ids given, status queued or scheduled
  std::optional<IdempotencyClaim> idempotency;
  std::string answer;  // kept with the claim: what a replay says again
};

struct AcceptRequest {
  std::vector<NewMessage> messages;             // one, or a batch
  std::optional<IdempotencyClaim> idempotency;  // over the whole call
  // The call's answer, from what became of each message; kept with the call's claim. Pure; runs on the writer's thread.
  std::function<std::string(const std::vector<struct AcceptedItem>&)> render;
};

enum class Acceptance { stored, replayed, conflict };  // conflict: the key was used with another body

struct AcceptedItem {
  Acceptance how = Acceptance::stored;
  std::string answer;  // NewMessage::answer, or the first one's when replayed
};

struct AcceptResult {
  Acceptance how = Acceptance::stored;  // of the call
  std::string answer;                   // what render gave, or gave the first time
  std::vector<AcceptedItem> items;      // empty unless `how` is stored
};

// ── Delivering ─────────────────────────────────────────────────────────────────────────────────────────────────────

// A due email with all that routing and sending need, except the content.
struct DueEmail {
  EmailRecord email;
  std::string reverse_path;
  OnDoubt on_doubt = OnDoubt::inherit;  // the message's
  bool eight_bit = false;
  bool smtputf8 = false;

  bool operator==(const DueEmail&) const = default;
};

struct DueQuery {
  std::string lane;
  Timestamp until;                // next_attempt_at ≤ until
  std::optional<Position> after;  // (next_attempt_at, id) of the last one seen
  std::size_t limit = 500;
};

struct DuePage {
  std::vector<DueEmail> emails;
  std::optional<Position> last;          // of the last row read, to go on from
  std::optional<Timestamp> next_due_at;  // of the first row after `until`; nullopt when there is none
};

// An attempt to begin, if the email still is what the engine takes it for.
struct AttemptStart {
  AttemptRecord attempt;  // in_progress
  std::optional<ConnectionId> pinned_to = std::nullopt;
  std::optional<ConnectionId> in_doubt_with = std::nullopt;
};

// What became of an attempt and what its email does next. Recorded in one transaction.
struct AttemptOutcome {
  AttemptRecord attempt;  // success or fail, all fields
  // The conversation, stored once per SMTP transaction: the first outcome of a record() call that names an id brings
  // the text; attempts of the same transaction share the id.
  std::uint64_t conversation_id = 0;  // 0: none
  std::string conversation;
  EmailRecord email;  // with its new status, counts, times and doubt; a final status moves it out of the queue
};

struct HistoryQuery {
  ConnectionId connection_id = 0;
  Timestamp recent_from;        // of `recent`
  std::size_t recent_most = 0;  // its latest ones
  Timestamp quarters_from;
};

struct OpenAttempt {
  AttemptRecord attempt;
  DueEmail email;
};

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

struct EmailStory {
  EmailRecord email;
  std::vector<AttemptRecord> attempts;  // oldest first
  std::vector<EmailEvent> events;
};

struct AttemptDetail {
  AttemptRecord attempt;
  std::string conversation;  // as recorded; other recipients' RCPT lines are hidden by the reader of this (api)
};

struct MessageStory {
  MessageRecord message;
  std::vector<EmailRecord> emails;
};

// What retention may take: finished mail only, by age.
struct RetentionCut {
  Timestamp content_before;  // content of messages whose emails all finished before
  Timestamp log_before;      // attempts, finished emails, messages, rollups
  Timestamp audit_before;    // events too
  Timestamp idempotency_before;
};

// A store's refusal to change a connection is one of these codes in Error::message's place: the API turns them into
// answers. ErrorCode::conflict with message "last_connection", "stale_version", "connection_in_use:<count>" or
// "connection_in_rules:<the first one's number>"; not_found when there is no such connection.
struct ConnectionChange {
  ConnectionRecord connection;
  std::int64_t expected_version = 0;
  AuditRecord audit;
};

// The earliest moment at which something of a lane became due.
class DueTimes : public std::map<std::string, Timestamp> {
 public:
  void note(const EmailRecord& email) {
    if (!email.next_attempt_at) return;
    const auto [entry, is_new] = try_emplace(email.lane, *email.next_attempt_at);
    if (!is_new && *email.next_attempt_at < entry->second) entry->second = *email.next_attempt_at;
  }
};
using DueListener = std::function<void(const std::string& lane, Timestamp earliest)>;
using AcceptedListener = std::function<void(std::vector<DueEmail>)>;

enum class Hold { on, off };

// The setting in which a running server leaves the time now and then, in milliseconds since 1970.
inline constexpr std::string_view last_seen_setting = "last_seen";
// Set while expiry is held because the clock was found far ahead at the start: the two times, as a sentence.
inline constexpr std::string_view clock_jump_setting = "clock_jump";

class Store {
 public:
  virtual ~Store() = default;

  // Intake.
  virtual Answer<AcceptResult> accept(AcceptRequest request) = 0;
  // Called on the loop's thread after each commit that made emails of a lane due earlier than the engine may know, and
  // after one that failed: its caller is told "not now", but it may be on the disk nevertheless.
  virtual void on_due(DueListener listener) = 0;
  // Called on the loop's thread after each accept that succeeded, with its emails that wait for nothing, as due() would
  // give them: what is delivered at once need not be read. Who listens here hears by on_due of the others only.
  virtual void on_accepted(AcceptedListener listener) = 0;
  // Whether a commit can succeed now: used by readyz. Error unavailable with a sentence why not.
  virtual Answer<> probe() = 0;

  // Delivery.
  virtual Answer<DuePage> due(DueQuery query) = 0;
  virtual Answer<std::vector<std::string>> lanes_in_use() = 0;  // those that queued mail bears
  // One entry per start, in order: true when the attempt is recorded and the email `sending`; false when the email is
  // no longer one that may be sent (deleted, held, expired, moved or settled meanwhile). After an error nobody knows
  // whether it is recorded: take_back() settles that.
  virtual Answer<std::vector<bool>> begin_attempts(std::vector<AttemptStart> starts) = 0;
  // Undoes a begin whose answer was lost, before anything was sent: what is still in progress of these attempts is
  // removed, and its email is queued and due. Attempts that are not there are passed over.
  virtual Answer<> take_back(std::vector<AttemptId> attempts) = 0;
  // Outcomes whose attempt no longer counts (MAIL was never sent) give back what its begin took from the limits. One
  // that is recorded already is passed over: its answer was lost, and the email may have gone on since.
  virtual Answer<> record(std::vector<AttemptOutcome> outcomes) = 0;
  // Emails whose wait changes without an attempt (no usable connection, a limit): reason, reason_class,
  // next_attempt_at, status. One entry per email: false when it is being sent or was changed meanwhile, and left alone.
  virtual Answer<std::vector<bool>> postpone(std::vector<EmailRecord> emails) = 0;
  // Makes queued mail due that waits for a connection, in the order of ids: `limit` of the emails after `after`. The
  // last one seen, to go on from; nullopt when there are no more.
  virtual Answer<std::optional<EmailId>> end_waits(EmailId after, Timestamp now, std::size_t limit) = 0;
  virtual Answer<Content> content(MessageId id) = 0;  // not_found when expired by retention
  virtual Answer<std::vector<OpenAttempt>> open_attempts() = 0;
  // Finishes up to `limit` queue rows whose expires_at has passed (never sending, never unknown). How many.
  virtual Answer<std::size_t> expire(Timestamp now, std::size_t limit) = 0;
  // While held, nothing expires, and nobody reads `expired` of what has not (fine-print, "Times"). Mail past its end is
  // not due either: whether it is late is what an operator has to say.
  virtual void hold_expiry(Hold hold) = 0;
  virtual Answer<SendingHistory> sending_history(HistoryQuery query) = 0;
  virtual Answer<> save_health(ConnectionId id, ConnectionHealth health) = 0;
  virtual Answer<std::vector<std::pair<ConnectionId, ConnectionHealth>>> health() = 0;

  // Queue and log.
  virtual Answer<Page<EmailRecord>> list_queue(QueueFilter filter, QueueSort sort, Direction direction,
                                               PageRequest page, Timestamp now) = 0;
  virtual Answer<Page<AttemptRecord>> list_log(LogFilter filter, Direction direction, PageRequest page) = 0;
  virtual Answer<EmailStory> email(EmailId id) = 0;
  virtual Answer<MessageStory> message(MessageId id) = 0;
  virtual Answer<AttemptDetail> attempt(AttemptId id) = 0;
  virtual Answer<ActionCounts> act(QueueAction action, Timestamp now) = 0;
  virtual Answer<std::vector<StatsBucket>> stats(Timestamp from, Timestamp to, Milliseconds step) = 0;
  virtual Answer<SendingFigures> sending_figures(Timestamp from, Timestamp to, Milliseconds step) = 0;
  virtual Answer<QueueDepth> queue_depth() = 0;

  // Connections. Rules (fine-print, "Connections"): the only or the last enabled one can't be disabled or deleted, the
  // first can't be created disabled, one with unfinished mail pinned, in doubt or on its way can't be deleted.
  virtual Answer<std::vector<ConnectionRecord>> connections() = 0;  // by priority, then id
  virtual Answer<ConnectionRecord> create_connection(ConnectionRecord connection, AuditRecord audit) = 0;
  virtual Answer<ConnectionRecord> update_connection(ConnectionChange change) = 0;
  virtual Answer<> delete_connection(ConnectionId id, AuditRecord audit) = 0;
  virtual Answer<RoutingTable> routing() = 0;
  // Replaces all rules. Error conflict, "stale_version"; not_found when a rule names no connection.
  virtual Answer<RoutingTable> set_routing(RoutingTable table, AuditRecord audit) = 0;
  // Called on the loop's thread after an operator's change of connections, rules or settings.
  virtual void on_connections_changed(std::function<void()> listener) = 0;

  // API keys and audit.
  virtual Answer<std::vector<ApiKeyRecord>> api_keys() = 0;
  virtual Answer<ApiKeyRecord> create_api_key(ApiKeyRecord key, AuditRecord audit) = 0;
  virtual Answer<> revoke_api_key(ApiKeyId id, Timestamp at, AuditRecord audit) = 0;
  virtual Answer<> touch_api_key(ApiKeyId id, Timestamp at) = 0;
  virtual Answer<> append_audit(AuditRecord record) = 0;
  virtual Answer<Page<AuditRecord>> list_audit(AuditFilter filter,
                                               PageRequest page) = 0;  // newest first; a page may be short

  // Accounts. A user with id 0 is new and gets one; any other is replaced whole. Error conflict, "user_exists", when
  // another has that email; not_found when there is no such user. `audit` is nullopt for what the user does by the way
  // (a sign-in's date, a code used).
  virtual Answer<std::vector<UserRecord>> users() = 0;
  virtual Answer<UserRecord> put_user(UserRecord user, std::optional<AuditRecord> audit) = 0;
  virtual Answer<> delete_user(UserId id, AuditRecord audit) = 0;  // with sessions and views
  virtual Answer<std::vector<SessionRecord>> sessions() = 0;
  // Adds it, or renews the one of that hash; what expired before `now` goes.
  virtual Answer<> put_session(SessionRecord session, Timestamp now) = 0;
  virtual Answer<> end_session(std::string token_hash) = 0;
  virtual Answer<> end_sessions(UserId user, std::string except_hash) = 0;            // "": all of them
  virtual Answer<std::vector<ViewRecord>> views(UserId user) = 0;                     // by page, then name
  virtual Answer<> put_view(ViewRecord view) = 0;                                     // replaces the one of that name
  virtual Answer<> delete_view(UserId user, std::string page, std::string name) = 0;  // not_found

  // Logins of SMTP submission. One with id 0 is new and gets one; any other is replaced whole. Error conflict,
  // "login_exists", when another has that name; not_found when there is no such login.
  virtual Answer<std::vector<SubmissionLoginRecord>> submission_logins() = 0;  // by id
  virtual Answer<SubmissionLoginRecord> put_submission_login(SubmissionLoginRecord login,
                                                             std::optional<AuditRecord> audit) = 0;
  virtual Answer<> delete_submission_login(SubmissionLoginId id, AuditRecord audit) = 0;

  // Of this process.
  virtual ChangeCounts changes() const = 0;

  // What the staff should see.
  virtual Answer<> append_event(EventRecord event) = 0;
  virtual Answer<Page<EventRecord>> list_events(PageRequest page) = 0;  // newest first

  // Housekeeping.
  virtual Answer<std::size_t> remove_old(RetentionCut cut, std::size_t limit) = 0;  // rows removed; < limit: done
  virtual Answer<std::optional<std::string>> setting(std::string name) = 0;
  virtual Answer<> set_setting(std::string name, std::string value) = 0;
  // An operator's change, with its line in the audit log; nullopt removes the setting.
  virtual Answer<> change_setting(std::string name, std::optional<std::string> value, AuditRecord audit) = 0;
  virtual Answer<std::vector<std::pair<std::string, std::string>>> settings(std::string prefix) = 0;  // by name
  virtual Answer<> backup_to(std::string file) = 0;
  // From the moment of opening: the highest id any row bears, and the last time written (clock guard).
  virtual std::uint64_t highest_id() const = 0;
  virtual Timestamp last_stored_time() const = 0;
};

}  // namespace postroom::store
