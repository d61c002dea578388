// DeliveryStore is what the engine goes by: mail that is due, attempts that begin and end, and what it remembers of its
// connections.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/answer.h"
#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {

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

class DeliveryStore {
 public:
  virtual ~DeliveryStore() = default;

  // Called on the loop's thread after each commit that made emails of a lane due earlier than the engine may know, and
  // after one that failed: its caller is told "not now", but it may be on the disk nevertheless.
  virtual void on_due(DueListener listener) = 0;
  // Called on the loop's thread after each accept that succeeded, with its emails that wait for nothing, as due() would
  // give them: what is delivered at once need not be read. Who listens here hears by on_due of the others only.
  virtual void on_accepted(AcceptedListener listener) = 0;
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
  // Makes queued mail due that waits for a connection, in the order of ids: `limit` of the emails after `after`. What
  // is tied to a connection that is none of `changed` goes on waiting. The last one seen, to go on from; nullopt when
  // there are no more.
  virtual Answer<std::optional<EmailId>> end_waits(std::set<ConnectionId> changed, EmailId after, Timestamp now,
                                                   std::size_t limit) = 0;
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
  // What staff should see.
  virtual Answer<> append_event(EventRecord event) = 0;
};

}  // namespace postroom::store
