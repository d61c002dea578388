#include "store/sqlite/schema.h"

#include <array>
#include <string>

namespace postroom::store::sqlite {
namespace {

constexpr int application_id = 0x506f7374;  // "Post"

// Ids are times (base/id.h): the order of created_at and attempted_at is the order of id, and needs no index.
// Addresses are sought and sorted ignoring ASCII case.
constexpr std::array migrations{
    R"sql(
CREATE TABLE message(
  id INTEGER PRIMARY KEY, last_email_id INTEGER NOT NULL, reverse_path TEXT NOT NULL, subject TEXT NOT NULL,
  lane TEXT NOT NULL, tags TEXT NOT NULL, metadata TEXT NOT NULL, pinned_to INTEGER, on_doubt INTEGER NOT NULL,
  send_at INTEGER, expires_at INTEGER NOT NULL, size_bytes INTEGER NOT NULL, eight_bit INTEGER NOT NULL,
  smtputf8 INTEGER NOT NULL, submitted_by TEXT NOT NULL, email_count INTEGER NOT NULL);
CREATE TABLE content(message_id INTEGER PRIMARY KEY, body BLOB NOT NULL);

CREATE TABLE email(
  id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, address TEXT NOT NULL COLLATE NOCASE, domain TEXT NOT NULL,
  status INTEGER NOT NULL, former_status INTEGER, former_next INTEGER, reason TEXT NOT NULL, reason_class INTEGER NOT NULL,
  attempts INTEGER NOT NULL, tries INTEGER NOT NULL, last_attempt_at INTEGER, next_attempt_at INTEGER,
  expires_at INTEGER NOT NULL, pinned_to INTEGER, in_doubt_with INTEGER, lane TEXT NOT NULL);
CREATE INDEX email_next ON email(next_attempt_at, id);
CREATE INDEX email_last ON email(last_attempt_at, id);
CREATE INDEX email_attempts ON email(attempts, id);
CREATE INDEX email_address ON email(address, id);
CREATE INDEX email_domain ON email(domain, id);
CREATE INDEX email_status ON email(status, id);
CREATE INDEX email_lane ON email(lane, id);
CREATE INDEX email_expires ON email(expires_at);
CREATE INDEX email_pinned ON email(pinned_to, id) WHERE pinned_to IS NOT NULL;
CREATE INDEX email_doubt ON email(in_doubt_with, id) WHERE in_doubt_with IS NOT NULL;

CREATE TABLE finished(
  id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, address TEXT NOT NULL COLLATE NOCASE, status INTEGER NOT NULL,
  reason TEXT NOT NULL, reason_class INTEGER NOT NULL, attempts INTEGER NOT NULL, tries INTEGER NOT NULL,
  last_attempt_at INTEGER, expires_at INTEGER NOT NULL, pinned_to INTEGER, in_doubt_with INTEGER,
  lane TEXT NOT NULL, finished_at INTEGER NOT NULL);

CREATE TABLE attempt(
  id INTEGER PRIMARY KEY, email_id INTEGER NOT NULL, message_id INTEGER NOT NULL, address TEXT NOT NULL COLLATE NOCASE,
  domain TEXT NOT NULL, lane TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL, reason_class INTEGER NOT NULL,
  decided_by TEXT NOT NULL, ordinal INTEGER NOT NULL, connection_id INTEGER NOT NULL, connection_caption TEXT NOT NULL,
  remote_host TEXT NOT NULL, tls TEXT NOT NULL, reply_code INTEGER NOT NULL, enhanced_code TEXT NOT NULL,
  provider_id TEXT NOT NULL, duration_ms INTEGER, conversation_id INTEGER NOT NULL);
CREATE INDEX attempt_email ON attempt(email_id);
CREATE INDEX attempt_address ON attempt(address, id);
CREATE INDEX attempt_domain ON attempt(domain, id);
CREATE INDEX attempt_connection ON attempt(connection_id, id);
CREATE INDEX attempt_lane ON attempt(lane, id);
CREATE INDEX attempt_open ON attempt(id) WHERE status = 0;
CREATE INDEX attempt_failed ON attempt(id) WHERE status = 2;
CREATE TABLE conversation(id INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE email_event(
  email_id INTEGER NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL, detail TEXT NOT NULL, by TEXT NOT NULL);
CREATE INDEX email_event_email ON email_event(email_id);

CREATE TABLE idempotency(
  credential TEXT NOT NULL, key TEXT NOT NULL, body_sha256 BLOB NOT NULL, answer TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY(credential, key)) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency(at);

CREATE TABLE connection(
  id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL, caption TEXT NOT NULL, driver TEXT NOT NULL,
  host TEXT NOT NULL, port INTEGER NOT NULL, username TEXT NOT NULL, sealed_password BLOB NOT NULL,
  send_from TEXT NOT NULL, send_from_name TEXT NOT NULL, encryption INTEGER NOT NULL, enabled INTEGER NOT NULL,
  priority INTEGER NOT NULL, weight INTEGER NOT NULL, per_second INTEGER NOT NULL, per_minute INTEGER NOT NULL,
  per_hour INTEGER NOT NULL, per_day INTEGER NOT NULL, per_month INTEGER NOT NULL, timezone TEXT NOT NULL,
  max_sessions INTEGER NOT NULL, max_messages_per_session INTEGER NOT NULL, auth INTEGER NOT NULL,
  verify_certificate INTEGER NOT NULL, ca_file TEXT NOT NULL, on_doubt INTEGER NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE connection_health(
  id INTEGER PRIMARY KEY, state INTEGER NOT NULL, since INTEGER, reason TEXT NOT NULL, faults INTEGER NOT NULL);
CREATE TABLE api_key(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, prefix TEXT NOT NULL,
  scopes TEXT NOT NULL, created_at INTEGER NOT NULL, last_used_at INTEGER, revoked_at INTEGER);
CREATE TABLE audit(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL, "from" TEXT NOT NULL,
  action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rollup(
  minute INTEGER PRIMARY KEY, submitted INTEGER NOT NULL DEFAULT 0, succeeded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, finished INTEGER NOT NULL DEFAULT 0);
)sql",
    // Lanes are read one by one, each in the order of its time; limits are kept over a restart; routing; events.
    R"sql(
CREATE INDEX email_due ON email(lane, next_attempt_at, id) WHERE next_attempt_at IS NOT NULL;
ALTER TABLE attempt ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
CREATE TABLE usage(
  connection_id INTEGER NOT NULL, quarter INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY(connection_id, quarter)) WITHOUT ROWID;
ALTER TABLE connection ADD COLUMN over_limit INTEGER NOT NULL DEFAULT 0;
CREATE TABLE routing_rule(
  position INTEGER PRIMARY KEY, sender_domain TEXT NOT NULL, recipient_domain TEXT NOT NULL, lane TEXT NOT NULL,
  tag TEXT NOT NULL, connections TEXT NOT NULL, otherwise INTEGER NOT NULL);
CREATE TABLE event(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, event TEXT NOT NULL, connection_id INTEGER,
  detail TEXT NOT NULL);
)sql",
    // What a connection's replies mean: its provider's profile, and the operator's own rules.
    R"sql(
ALTER TABLE connection ADD COLUMN profile INTEGER NOT NULL DEFAULT 0;
CREATE TABLE reply_rule(
  connection_id INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, stage INTEGER NOT NULL,
  code TEXT NOT NULL, enhanced TEXT NOT NULL, text TEXT NOT NULL, scope INTEGER NOT NULL, permanence INTEGER NOT NULL,
  wait_seconds INTEGER NOT NULL, PRIMARY KEY(connection_id, position)) WITHOUT ROWID;
)sql",
    // Scheduled mail that has come due is shown as queued: found by its time.
    R"sql(
CREATE INDEX email_scheduled ON email(next_attempt_at, id) WHERE status = 1;
)sql",
    // The people of the Back Office.
    R"sql(
CREATE TABLE user(
  id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL,
  content INTEGER NOT NULL, enabled INTEGER NOT NULL, password_hash TEXT NOT NULL, sealed_totp BLOB NOT NULL,
  totp_step INTEGER NOT NULL, recovery_hashes TEXT NOT NULL, invitation_hash TEXT NOT NULL,
  invitation_expires_at INTEGER, preferences TEXT NOT NULL, created_at INTEGER NOT NULL, last_sign_in_at INTEGER);
CREATE TABLE session(
  token_hash TEXT PRIMARY KEY, user_id INTEGER NOT NULL, csrf_token TEXT NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, "from" TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE view(
  user_id INTEGER NOT NULL, page TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, columns TEXT NOT NULL,
  PRIMARY KEY(user_id, page, name)) WITHOUT ROWID;
)sql",
    // What became of attempts, and how long mail took, by quarter of an hour and connection (latencies.h).
    R"sql(
CREATE TABLE sending(
  quarter INTEGER NOT NULL, connection_id INTEGER NOT NULL, succeeded INTEGER NOT NULL, failed INTEGER NOT NULL,
  deferred INTEGER NOT NULL, latencies TEXT NOT NULL, PRIMARY KEY(quarter, connection_id)) WITHOUT ROWID;
)sql",
    // Names and passwords of SMTP submission.
    R"sql(
CREATE TABLE submission_login(
  id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE, salt BLOB NOT NULL, stored_key BLOB NOT NULL,
  server_key BLOB NOT NULL, iterations INTEGER NOT NULL, senders TEXT NOT NULL, lane TEXT NOT NULL,
  per_minute INTEGER NOT NULL, per_day INTEGER NOT NULL, enabled INTEGER NOT NULL, created_at INTEGER NOT NULL,
  last_used_at INTEGER);
)sql",
    // The deferred in the order of their times: few of the mail pays for it, and the other rows need not be passed
    // over.
    R"sql(
CREATE INDEX email_deferred_next ON email(next_attempt_at, id) WHERE status = 3;
CREATE INDEX email_deferred_last ON email(last_attempt_at, id) WHERE status = 3;
)sql",
    // The same for all mail that stays, by its state; the indices of single states go.
    R"sql(
DROP INDEX email_scheduled;
DROP INDEX email_deferred_next;
DROP INDEX email_deferred_last;
CREATE INDEX email_next_staying ON email(status, next_attempt_at)
  WHERE status = 1 OR status = 3 OR status = 4 OR status = 5;
CREATE INDEX email_last_staying ON email(status, last_attempt_at)
  WHERE status = 1 OR status = 3 OR status = 4 OR status = 5;
CREATE INDEX email_attempts_staying ON email(status, attempts)
  WHERE status = 1 OR status = 3 OR status = 4 OR status = 5;
)sql",
    // Mail in doubt never expires, and must not stand before what does. Why mail has failed: what goes well pays
    // nothing.
    R"sql(
DROP INDEX email_expires;
CREATE INDEX email_expires ON email(expires_at) WHERE status <> 5;
CREATE INDEX email_reason_class ON email(reason_class) WHERE reason_class <> 0;
CREATE INDEX attempt_reason_class ON attempt(reason_class) WHERE reason_class <> 0;
CREATE INDEX attempt_reply_code ON attempt(reply_code) WHERE reply_code >= 300;
)sql",
    // Who vouched for a session: our second factor is not asked of whom an issuer has let in.
    R"sql(
ALTER TABLE session ADD COLUMN voucher INTEGER NOT NULL DEFAULT 0;
)sql",
};

}  // namespace

Result<> migrate(Database& database) {
  std::int64_t version = 0;
  {
    Statement current = database.prepare("PRAGMA user_version");
    if (!current.step()) return current.error();
    version = current.integer(0);
  }
  const auto newest = static_cast<std::int64_t>(migrations.size());
  if (version > newest)
    return fail(ErrorCode::conflict, "the data was written by a newer Postroom (schema " + std::to_string(version) +
                                         ", this one knows " + std::to_string(newest) + "); start that version");
  for (; version < newest; ++version) {
    const std::string step = std::string("BEGIN IMMEDIATE;") + migrations[static_cast<std::size_t>(version)] +
                             "PRAGMA application_id=" + std::to_string(application_id) +
                             ";PRAGMA user_version=" + std::to_string(version + 1) + ";COMMIT;";
    if (const Result<> done = database.execute(step); !done) {
      static_cast<void>(database.execute("ROLLBACK"));
      return done;
    }
  }
  return {};
}

}  // namespace postroom::store::sqlite
