// What Postroom keeps: plain values, the same words as the API and the database. docs/glossary.md explains them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/timestamp.h"
#include "mail/reply.h"

namespace postroom::store {

using ConnectionId = std::int64_t;  // small, given in order of creation
using ApiKeyId = std::int64_t;

// The numbers of what follows are stored, and SQL names rows by them: none is ever given anew, and a new word goes to
// the end.

// The life of an email. Up to `unknown` it stands in the queue; the others are final and never change.
enum class EmailStatus {
  queued = 0,
  scheduled = 1,
  sending = 2,
  deferred = 3,
  held = 4,
  unknown = 5,
  accepted = 6,
  failed = 7,
  expired = 8,
  canceled = 9,
  suppressed = 10
};
constexpr bool is_final(EmailStatus status) {
  return status >= EmailStatus::accepted;
}

enum class AttemptStatus { in_progress = 0, success = 1, fail = 2 };

// Why an email waits or an attempt failed: the ten scopes of policy/classify.h, and what is no reply's doing.
enum class ReasonClass {
  none = 0,
  recipient = 1,
  message = 2,
  sender = 3,
  credential = 4,
  quota = 5,
  throttle = 6,
  outage = 7,
  tls = 8,
  policy = 9,
  protocol = 10,
  unknown = 11,
  connection = 12,
  op = 13,
  expired = 14,
  content = 15
};  // `op` is spelt "operator" outside: the word is taken in C++

enum class OnDoubt { inherit = 0, retry = 1, hold = 2 };
enum class Encryption { none, tls, ssl };  // tls: STARTTLS, required; ssl: TLS from the first byte
enum class AuthMechanism { automatic, plain, login, cram_md5, scram_sha_256, xoauth2 };  // automatic is spelt "auto"
enum class HealthState { up, degraded, down };
enum class OverLimit { wait, spill };  // of mail that its connection's own limits hold up: stay, or take the next one
enum class Otherwise { wait, any };    // of mail whose routing rule names no usable connection
enum class Permanence { transient, permanent };
// Whose habits a connection's replies are read by. automatic ("auto") goes by the host; generic is nobody's.
enum class ProviderProfile {
  automatic,
  generic,
  gmail,
  microsoft365,
  amazon_ses,
  sendgrid,
  mailgun,
  postmark,
  sparkpost,
  brevo,
  mailjet,
  yahoo,
  icloud,
  zoho,
  fastmail,
  gmx,
  ovh,
  ionos,
  yandex,
  mailtrap,
  mandrill,
  smtp2go
};
// Where in the session a reply rule applies; greeting stands for all before AUTH.
enum class ReplyStage { any, greeting, auth, mail, recipient, data, dot };

std::string_view to_word(EmailStatus);
std::string_view to_word(AttemptStatus);
std::string_view to_word(ReasonClass);  // "" for none
std::string_view to_word(OnDoubt);      // "" for inherit
std::string_view to_word(Encryption);
std::string_view to_word(AuthMechanism);
std::string_view to_word(HealthState);
std::string_view to_word(OverLimit);
std::string_view to_word(Otherwise);
std::string_view to_word(Permanence);
std::string_view to_word(ProviderProfile);
std::string_view to_word(ReplyStage);
// The value of a word; nullopt when it is none. `from_word<EmailStatus>("queued")`.
template <class Enum>
std::optional<Enum> from_word(std::string_view word);

// One submission: what its emails share. Its content is a row of its own.
struct MessageRecord {
  MessageId id;
  std::string reverse_path;  // "" is "<>"
  std::string subject;       // decoded, for people
  std::string lane;
  std::vector<std::string> tags;
  std::string metadata;  // a JSON object as text
  std::optional<ConnectionId> pinned_to;
  OnDoubt on_doubt = OnDoubt::inherit;
  std::optional<Timestamp> send_at;
  Timestamp expires_at;
  std::uint64_t size_bytes = 0;
  bool eight_bit = false;
  bool smtputf8 = false;
  std::string submitted_by;  // the credential: "key:3", "user:ann@…", "local:root"
  std::uint32_t email_count = 0;

  Timestamp created_at() const { return id.at(); }
};

// One message for one recipient, in the queue or finished.
struct EmailRecord {
  EmailId id;
  MessageId message_id;
  std::string address;
  EmailStatus status = EmailStatus::queued;
  std::string reason;
  ReasonClass reason_class = ReasonClass::none;
  std::uint32_t attempts = 0;  // that ended by recipient or message scope, success or doubt; drives the backoff
  std::uint32_t tries = 0;     // every row of the log
  std::optional<Timestamp> last_attempt_at;
  std::optional<Timestamp> next_attempt_at;  // of queued, scheduled, deferred
  Timestamp expires_at;
  std::optional<ConnectionId> pinned_to;      // the message's, or the operator's `move`
  std::optional<ConnectionId> in_doubt_with;  // an earlier attempt over it may have been accepted
  std::optional<Timestamp> finished_at;       // final states only

  // Of its message, for lists:
  std::string subject;
  std::string lane;
  std::vector<std::string> tags;
  std::uint64_t size_bytes = 0;

  Timestamp created_at() const { return id.at(); }
  bool operator==(const EmailRecord&) const = default;
};

// One try to send one email over one connection: a row of the mailing log.
struct AttemptRecord {
  AttemptId id;
  EmailId email_id;  // the log's active_queue_id
  MessageId message_id;
  std::string address;
  std::string subject;
  std::string lane;
  AttemptStatus status = AttemptStatus::in_progress;
  std::string reason;
  ReasonClass reason_class = ReasonClass::none;
  std::string decided_by;     // the classifier's rule that made the decision
  std::uint32_t ordinal = 0;  // the log's `attempt`: 1 for the email's first try
  ConnectionId connection_id = 0;
  std::string connection_caption;  // as it was then
  std::string remote_host;         // "mx.example.org [192.0.2.1]:587"
  std::string tls;                 // "TLSv1.3"; "" without
  int reply_code = 0;              // 0: none
  std::string enhanced_code;
  std::string provider_id;  // the provider's own queue id, from its reply
  std::optional<std::uint32_t> duration_ms;
  bool counted = false;  // against its connection's limits: MAIL was sent, or may have been

  Timestamp attempted_at() const { return id.at(); }
};

// Something that happened to an email beside its attempts: an operator's act, a doubt settled.
struct EmailEvent {
  Timestamp at;
  std::string event;   // "held", "released", "retried", "moved", "settled", "canceled", "expired" …
  std::string detail;  // a sentence; may be empty
  std::string by;      // principal; "" for Postroom itself
};

// 0: no limit. Windows slide; day and month are of the connection's calendar.
struct SendingLimits {
  std::uint32_t per_second = 0, per_minute = 0, per_hour = 0, per_day = 0, per_month = 0;
  friend bool operator==(const SendingLimits&, const SendingLimits&) = default;
};

// What a connection has sent, for its limits: each counted attempt's time, oldest first, and sums by quarter of an hour
// (every time zone's day begins with one).
struct SendingHistory {
  struct Quarter {
    Timestamp at;  // its start
    std::uint64_t count = 0;
  };
  std::vector<Timestamp> recent;
  std::vector<Quarter> quarters;
};
inline constexpr Duration quarter_of_an_hour = std::chrono::minutes(15);

struct ConnectionHealth {
  HealthState state = HealthState::up;
  std::optional<Timestamp> since;
  std::string reason;
  std::uint32_t faults_in_a_row = 0;
};

// An operator's word on what a reply of this provider means. All that it names must fit (mail/reply_pattern.h).
struct ReplyRule {
  std::string name;  // for people, may be empty
  ReplyStage stage = ReplyStage::any;
  std::string code;      // "550", "5xx"; "" fits all
  std::string enhanced;  // "5.7.*"; "" fits all
  std::string text;      // within the reply's text, ignoring case; "" fits all
  ReasonClass scope = ReasonClass::none;
  Permanence permanence = Permanence::transient;
  std::uint32_t wait_seconds = 0;  // 0: as if the rule were not there
  friend bool operator==(const ReplyRule&, const ReplyRule&) = default;
};

// A configured SMTP provider. The password is the secret box's ciphertext, never plain.
struct ConnectionRecord {
  ConnectionId id = 0;
  std::int64_t version = 0;  // rises with every change
  std::string caption;
  std::string driver = "smtp";
  std::string host;
  std::uint16_t port = 587;
  std::string username;
  std::string sealed_password;  // "" when there is none
  std::string send_from;
  std::string send_from_name;
  Encryption encryption = Encryption::tls;
  bool enabled = true;
  std::int32_t priority = 100;  // low first
  std::uint32_t weight = 1;
  SendingLimits limits;
  OverLimit over_limit = OverLimit::wait;
  std::string timezone = "UTC";
  std::uint32_t max_sessions = 10;
  std::uint32_t max_messages_per_session = 100;  // 0: no limit
  AuthMechanism auth = AuthMechanism::automatic;
  bool verify_certificate = true;
  std::string ca_file;
  OnDoubt on_doubt = OnDoubt::retry;
  ProviderProfile profile = ProviderProfile::automatic;
  std::vector<ReplyRule> reply_rules;  // asked in order, before the profile
  Timestamp created_at;
  Timestamp updated_at;
  friend bool operator==(const ConnectionRecord&, const ConnectionRecord&) = default;
};

// Narrows the choice of connections for the mail that fits it. Rules are asked in order; the first that fits decides.
struct RoutingRule {
  std::string sender_domain, recipient_domain, lane, tag;  // "" fits all mail; domains in lower case
  std::vector<ConnectionId> connections;
  Otherwise otherwise = Otherwise::wait;
  friend bool operator==(const RoutingRule&, const RoutingRule&) = default;
};

struct RoutingTable {
  std::int64_t version = 0;  // rises with every change
  std::vector<RoutingRule> rules;
};

// Something that the staff should see: "connection.down", "connection.restored", "connection.failover", "quota.near",
// "clock_jump".
struct EventRecord {
  std::int64_t id = 0;
  Timestamp at;
  std::string event;
  std::optional<ConnectionId> connection_id;
  std::string detail;  // a sentence
};

struct ApiKeyRecord {
  ApiKeyId id = 0;
  std::string name;
  std::string hash;    // SHA-256 of the key, hex
  std::string prefix;  // its first characters, to recognise it by
  std::vector<std::string> scopes;
  Timestamp created_at;
  std::optional<Timestamp> last_used_at;
  std::optional<Timestamp> revoked_at;
};

// Who did what, when, from where, why.
struct AuditRecord {
  std::int64_t id = 0;
  Timestamp at;
  std::string by;      // "key:3", "socket:root", "cli"
  std::string from;    // address, or "local"
  std::string action;  // "connection.create", "queue.delete" …
  std::string object;  // "connection:2", "queue:17 emails"
  std::string detail;
  std::string reason;
};

}  // namespace postroom::store
