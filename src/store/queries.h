// What a list may be asked: filters, sorts and pages, the same for the API, the command line and every backend.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/records.h"

namespace postroom::store {

// "ann@example.org" exact, "ann*" prefix, "*@example.org" domain.
struct EmailFilter {
  enum class Kind { exact, prefix, domain };
  Kind kind = Kind::exact;
  std::string value;  // lower case, without the star; the domain without its "@"
};

struct DateRange {
  std::optional<Timestamp> from;  // inclusive
  std::optional<Timestamp> to;    // exclusive
};

struct QueueFilter {
  std::optional<EmailId> id;
  std::vector<EmailStatus> statuses;  // any of them; empty: all
  std::optional<EmailFilter> email;
  std::optional<std::string> subject;  // contains, ignoring ASCII case
  std::optional<std::string> reason;   // contains
  std::optional<ReasonClass> reason_class;
  std::optional<ConnectionId> connection_id;  // pinned to, or in doubt with
  std::optional<std::string> lane;
  std::optional<std::string> tag;
  std::optional<MessageId> message_id;
  DateRange created_at, next_attempt_at, last_attempt_at;
  std::optional<std::uint32_t> attempts_from, attempts_to;  // inclusive
  std::optional<std::string> submitted_by;

  bool empty() const;
};

struct LogFilter {
  std::optional<AttemptId> id;
  std::vector<AttemptStatus> statuses;
  std::optional<EmailFilter> email;
  std::optional<std::string> subject;
  std::optional<std::string> reason;
  std::optional<ReasonClass> reason_class;
  std::optional<ConnectionId> connection_id;
  std::optional<std::string> lane;
  std::optional<EmailId> active_queue_id;
  std::optional<MessageId> message_id;
  std::optional<int> reply_code;
  std::optional<std::string> provider_id;  // under which the provider took it on
  DateRange attempted_at;
};

// Texts are contained, ignoring ASCII case.
struct AuditFilter {
  std::optional<std::string> by, action, object, reason;
  DateRange at;
};

enum class QueueSort { created_at, next_attempt_at, last_attempt_at, attempts, email };
enum class Direction { ascending, descending };

// Where the next page starts: after this row in the list's order (sort value, id). Opaque outside the store.
struct Position {
  std::string value;  // the sort value of the last row seen; empty for NULL, which sorts before all values
  bool has_value = false;
  std::uint64_t id = 0;

  std::optional<std::int64_t> number() const;  // the value of a number; nullopt when it is none
};

struct PageRequest {
  std::size_t limit = 50;
  std::optional<Position> after;
};

template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<Position> next;  // set while more rows may follow; a page may be short or empty and still have it
  std::uint64_t total = 0;
  bool total_exact = true;
};

// Acts of operators on queued mail (fine-print: which status each act takes, all else is skipped).
enum class QueueAct { remove, retry, hold, release, move, expire, settle };

struct QueueAction {
  QueueAct act = QueueAct::hold;
  std::vector<EmailId> ids;  // when empty, the filter selects
  std::optional<QueueFilter> filter;
  ConnectionId move_to = 0;  // of `move`
  bool settle_sent = false;  // of `settle`
  bool dry_run = false;
  AuditRecord audit;  // by, from, reason; the store fills the rest
  // Asked between the transactions of an act on much mail, which ends there.
  std::function<bool()> is_given_up = [] { return false; };
};

struct ActionCounts {
  std::uint64_t matched = 0, changed = 0, skipped = 0;
  bool complete = true;  // it was not given up
};

// Counters by minute for the dashboard; kept as the log is.
struct StatsBucket {
  Timestamp at;                 // the start
  std::uint64_t submitted = 0;  // emails taken in
  std::uint64_t succeeded = 0;  // attempts
  std::uint64_t failed = 0;     // attempts
  std::uint64_t finished = 0;   // emails that reached a final state other than accepted
};

struct QueueDepth {
  std::uint64_t queued = 0, scheduled = 0, sending = 0, deferred = 0, held = 0, unknown = 0;
  std::optional<Timestamp> oldest_created_at;
};

// Rises with every change of what it names: pages that show it look again.
struct ChangeCounts {
  std::uint64_t queue = 0, log = 0, connections = 0, delivery = 0;
  friend bool operator==(const ChangeCounts&, const ChangeCounts&) = default;
};

}  // namespace postroom::store
