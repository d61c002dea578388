#include "store/sqlite/rows.h"

#include "base/text.h"

namespace postroom::store::sqlite {

std::string join_lines(const std::vector<std::string>& parts) {
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += '\n';
    all += part;
  }
  return all;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (const std::string_view part : split(text, '\n')) parts.emplace_back(part);
  return parts;
}

std::string domain_of(const std::string& address) {
  const std::size_t at = address.rfind('@');
  return at == std::string::npos ? std::string() : to_lower(std::string_view(address).substr(at + 1));
}

const char* const email_columns =
    "e.id, e.message_id, e.address, e.status, e.reason, e.reason_class, e.attempts, e.tries, e.last_attempt_at, "
    "e.next_attempt_at, e.expires_at, e.pinned_to, e.in_doubt_with, e.lane, m.subject, m.tags, m.size_bytes, "
    "m.submitted_by";
const char* const email_alone_columns =
    "e.id, e.message_id, e.address, e.status, e.reason, e.reason_class, e.attempts, e.tries, e.last_attempt_at, "
    "e.next_attempt_at, e.expires_at, e.pinned_to, e.in_doubt_with, e.lane, '', '', 0, ''";
const char* const due_columns = "m.reverse_path, m.on_doubt, m.eight_bit, m.smtputf8";

EmailRecord read_email(const Statement& row) {
  EmailRecord email;
  email.id = {static_cast<std::uint64_t>(row.integer(0))};
  email.message_id = {static_cast<std::uint64_t>(row.integer(1))};
  email.address = row.text(2);
  email.status = static_cast<EmailStatus>(row.integer(3));
  email.reason = row.text(4);
  email.reason_class = static_cast<ReasonClass>(row.integer(5));
  email.attempts = static_cast<std::uint32_t>(row.integer(6));
  email.tries = static_cast<std::uint32_t>(row.integer(7));
  email.last_attempt_at = row.maybe_time(8);
  email.next_attempt_at = row.maybe_time(9);
  email.expires_at = {row.integer(10)};
  email.pinned_to = row.maybe_integer(11);
  email.in_doubt_with = row.maybe_integer(12);
  email.lane = row.text(13);
  email.subject = row.text(14);
  email.tags = split_lines(row.text(15));
  email.size_bytes = static_cast<std::uint64_t>(row.integer(16));
  return email;
}

Result<MessagePart> complete(Database& database, EmailRecord& email) {
  Statement select = database.prepare("SELECT subject, tags, size_bytes, submitted_by FROM message WHERE id=?");
  select << email.message_id.value;
  if (!select.step()) {
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return MessagePart{};
  }
  email.subject = select.text(0);
  email.tags = split_lines(select.text(1));
  email.size_bytes = static_cast<std::uint64_t>(select.integer(2));
  return MessagePart{true, select.text(3)};
}

const char* const finished_columns =
    "f.id, f.message_id, f.address, f.status, f.reason, f.reason_class, f.attempts, f.tries, f.last_attempt_at, NULL, "
    "f.expires_at, f.pinned_to, f.in_doubt_with, f.lane, m.subject, m.tags, m.size_bytes, m.submitted_by, "
    "f.finished_at";

EmailRecord read_finished(const Statement& row) {
  EmailRecord email = read_email(row);
  email.finished_at = row.maybe_time(18);
  return email;
}

const char* const attempt_columns =
    "a.id, a.email_id, a.message_id, a.address, m.subject, a.lane, a.status, a.reason, a.reason_class, a.decided_by, "
    "a.ordinal, a.connection_id, a.connection_caption, a.remote_host, a.tls, a.reply_code, a.enhanced_code, "
    "a.provider_id, a.duration_ms, a.conversation_id, a.counted";

const char* const attempt_alone_columns =
    "a.id, a.email_id, a.message_id, a.address, '', a.lane, a.status, a.reason, a.reason_class, a.decided_by, "
    "a.ordinal, a.connection_id, a.connection_caption, a.remote_host, a.tls, a.reply_code, a.enhanced_code, "
    "a.provider_id, a.duration_ms, a.conversation_id, a.counted";

AttemptRecord read_attempt(const Statement& row) {
  AttemptRecord attempt;
  attempt.id = {static_cast<std::uint64_t>(row.integer(0))};
  attempt.email_id = {static_cast<std::uint64_t>(row.integer(1))};
  attempt.message_id = {static_cast<std::uint64_t>(row.integer(2))};
  attempt.address = row.text(3);
  attempt.subject = row.text(4);
  attempt.lane = row.text(5);
  attempt.status = static_cast<AttemptStatus>(row.integer(6));
  attempt.reason = row.text(7);
  attempt.reason_class = static_cast<ReasonClass>(row.integer(8));
  attempt.decided_by = row.text(9);
  attempt.ordinal = static_cast<std::uint32_t>(row.integer(10));
  attempt.connection_id = row.integer(11);
  attempt.connection_caption = row.text(12);
  attempt.remote_host = row.text(13);
  attempt.tls = row.text(14);
  attempt.reply_code = static_cast<int>(row.integer(15));
  attempt.enhanced_code = row.text(16);
  attempt.provider_id = row.text(17);
  if (!row.is_null(18)) attempt.duration_ms = static_cast<std::uint32_t>(row.integer(18));
  attempt.counted = row.integer(20) != 0;
  return attempt;
}

Result<MessagePart> complete(Database& database, AttemptRecord& attempt) {
  Statement select = database.prepare("SELECT subject FROM message WHERE id=?");
  select << attempt.message_id.value;
  if (!select.step()) {
    if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
    return MessagePart{};
  }
  attempt.subject = select.text(0);
  return MessagePart{true, {}};
}

Result<> insert_attempt(Database& database, const AttemptRecord& attempt) {
  const std::string domain = domain_of(attempt.address);
  Statement insert = database.prepare("INSERT INTO attempt VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,0,?)");
  insert << attempt.id.value << attempt.email_id.value << attempt.message_id.value << attempt.address << domain
         << attempt.lane << static_cast<int>(attempt.status) << attempt.reason << static_cast<int>(attempt.reason_class)
         << attempt.decided_by << attempt.ordinal << attempt.connection_id << attempt.connection_caption
         << attempt.remote_host << attempt.tls << attempt.reply_code << attempt.enhanced_code << attempt.provider_id
         << attempt.duration_ms << (attempt.counted ? 1 : 0);
  return insert.run();
}

const char* const message_columns =
    "m.id, m.reverse_path, m.subject, m.lane, m.tags, m.metadata, m.pinned_to, m.on_doubt, m.send_at, m.expires_at, "
    "m.size_bytes, m.eight_bit, m.smtputf8, m.submitted_by, m.email_count";

MessageRecord read_message(const Statement& row) {
  MessageRecord message;
  message.id = {static_cast<std::uint64_t>(row.integer(0))};
  message.reverse_path = row.text(1);
  message.subject = row.text(2);
  message.lane = row.text(3);
  message.tags = split_lines(row.text(4));
  message.metadata = row.text(5);
  message.pinned_to = row.maybe_integer(6);
  message.on_doubt = static_cast<OnDoubt>(row.integer(7));
  message.send_at = row.maybe_time(8);
  message.expires_at = {row.integer(9)};
  message.size_bytes = static_cast<std::uint64_t>(row.integer(10));
  message.eight_bit = row.integer(11) != 0;
  message.smtputf8 = row.integer(12) != 0;
  message.submitted_by = row.text(13);
  message.email_count = static_cast<std::uint32_t>(row.integer(14));
  return message;
}

Result<> store_email(Database& database, const EmailRecord& email) {
  if (!is_final(email.status)) {
    Statement update = database.prepare(
        "UPDATE email SET status=?, reason=?, reason_class=?, attempts=?, tries=?, last_attempt_at=?, "
        "next_attempt_at=?, "
        "pinned_to=?, in_doubt_with=? WHERE id=?");
    update << static_cast<int>(email.status) << email.reason << static_cast<int>(email.reason_class) << email.attempts
           << email.tries << email.last_attempt_at << email.next_attempt_at << email.pinned_to << email.in_doubt_with
           << email.id.value;
    return update.run();
  }
  {
    Statement remove = database.prepare("DELETE FROM email WHERE id=?");
    remove << email.id.value;
    if (Result<> removed = remove.run(); !removed) return removed;
  }
  Statement insert = database.prepare("INSERT OR REPLACE INTO finished VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  insert << email.id.value << email.message_id.value << email.address << static_cast<int>(email.status) << email.reason
         << static_cast<int>(email.reason_class) << email.attempts << email.tries << email.last_attempt_at
         << email.expires_at << email.pinned_to << email.in_doubt_with << email.lane
         << email.finished_at.value_or(Timestamp{});
  return insert.run();
}

Result<std::int64_t> last_row(Database& database) {
  Statement select = database.prepare("SELECT last_insert_rowid()");
  if (!select.step()) return fail(ErrorCode::unavailable, "the new row's id can't be read");
  return select.integer(0);
}

Result<> insert_event(Database& database, EmailId email, const EmailEvent& event) {
  Statement insert = database.prepare("INSERT INTO email_event VALUES(?,?,?,?,?)");
  insert << email.value << event.at << event.event << event.detail << event.by;
  return insert.run();
}

Result<> insert_audit(Database& database, const AuditRecord& audit) {
  Statement insert = database.prepare("INSERT INTO audit VALUES(NULL,?,?,?,?,?,?,?)");
  insert << audit.at << audit.by << audit.from << audit.action << audit.object << audit.detail << audit.reason;
  return insert.run();
}

}  // namespace postroom::store::sqlite
