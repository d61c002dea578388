#include "store_contract/store_contract.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store {
namespace {

Result<std::unique_ptr<Store>> open_sqlite(async::Loop& loop, const std::string& dir) {
  return sqlite::SqliteStore::open(loop, dir);
}

Result<std::unique_ptr<Store>> open_memory(async::Loop& loop, const std::string&) {
  return std::make_unique<memory::MemoryStore>(loop);
}

}  // namespace

std::vector<Backend> backends() {
  return {{"memory", open_memory}, {"sqlite", open_sqlite}};
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = std::filesystem::temp_directory_path().string() + "/postroom-store-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

NewMessage Mailroom::message(const std::vector<std::string>& addresses, std::string subject) {
  NewMessage added;
  MessageRecord& message = added.message;
  message.id = {next_id()};
  message.reverse_path = "sender@example.org";
  message.subject = std::move(subject);
  message.lane = "default";
  message.metadata = "{}";
  message.expires_at = now_ + std::chrono::hours(72);
  message.submitted_by = "key:1";
  message.email_count = static_cast<std::uint32_t>(addresses.size());
  added.content = std::make_shared<const std::string>("Subject: " + message.subject + "\r\n\r\nText\r\n");
  message.size_bytes = added.content->size();
  for (const std::string& address : addresses) {
    EmailRecord email;
    email.id = {next_id()};
    email.message_id = message.id;
    email.address = address;
    email.next_attempt_at = now_;
    email.expires_at = message.expires_at;
    email.subject = message.subject;
    email.lane = message.lane;
    email.size_bytes = message.size_bytes;
    added.emails.push_back(std::move(email));
  }
  added.answer = "answer " + to_string(message.id);
  return added;
}

AttemptRecord Mailroom::attempt(const EmailRecord& email, ConnectionId connection) {
  AttemptRecord attempt;
  attempt.id = {next_id()};
  attempt.email_id = email.id;
  attempt.message_id = email.message_id;
  attempt.address = email.address;
  attempt.subject = email.subject;
  attempt.lane = email.lane;
  attempt.ordinal = email.tries + 1;
  attempt.connection_id = connection;
  attempt.connection_caption = "Provider";
  return attempt;
}

StoreContract::StoreContract() : mailroom_(loop_.wall()) {
  Result<std::unique_ptr<Store>> store = GetParam().open(loop_, dir_.path());
  if (store) store_ = std::move(*store);
  EXPECT_NE(store_, nullptr) << store.error().message;
}

void StoreContract::must(Answer<> answer) {
  const Result<> result = loop_.run(std::move(answer));
  EXPECT_TRUE(result) << result.error().message;
}

std::vector<EmailRecord> StoreContract::accept(NewMessage message) {
  std::vector<EmailRecord> emails = message.emails;
  const AcceptResult result = get(store_->accept({{std::move(message)}, std::nullopt, nullptr}));
  EXPECT_EQ(result.how, Acceptance::stored);
  return emails;
}

EmailRecord StoreContract::accept_one(const std::string& address, const std::string& subject) {
  return accept(mailroom_.message({address}, subject)).front();
}

EmailRecord StoreContract::stored(EmailId id) {
  return get(store_->email(id)).email;
}

AttemptRecord StoreContract::begin(const EmailRecord& email, ConnectionId connection) {
  AttemptRecord attempt = mailroom_.attempt(email, connection);
  EXPECT_EQ(get(store_->begin_attempts({{attempt}})), std::vector{true});
  return attempt;
}

void StoreContract::end(AttemptRecord attempt, AttemptStatus how, EmailRecord email) {
  attempt.status = how;
  email.tries = attempt.ordinal;
  if (is_final(email.status)) email.finished_at = mailroom_.now();
  must(store_->record({{attempt, attempt.id.value, "C: MAIL", email}}));
}

EmailRecord StoreContract::bring_to(EmailRecord email, EmailStatus status) {
  if (status == EmailStatus::queued || status == EmailStatus::scheduled) return email;
  if (status == EmailStatus::held) {
    QueueAction hold;
    hold.ids = {email.id};
    EXPECT_EQ(get(store_->act(hold, mailroom_.now())).changed, 1u);
    return stored(email.id);
  }
  const AttemptRecord attempt = begin(email);
  if (status == EmailStatus::sending) return stored(email.id);
  email.status = status;
  email.attempts = 1;
  email.last_attempt_at = attempt.attempted_at();
  email.next_attempt_at.reset();
  if (status == EmailStatus::deferred) email.next_attempt_at = mailroom_.now() + std::chrono::minutes(5);
  if (status == EmailStatus::unknown) email.in_doubt_with = 1;
  end(attempt, status == EmailStatus::accepted ? AttemptStatus::success : AttemptStatus::fail, email);
  return stored(email.id);
}

std::vector<EmailRecord> StoreContract::due_emails() {
  std::vector<EmailRecord> emails;
  for (DueEmail& due : get(store_->due({"default", mailroom_.now(), std::nullopt, 500})).emails)
    emails.push_back(due.email);
  return emails;
}

ConnectionRecord StoreContract::connection(const std::string& caption, std::int32_t priority) {
  ConnectionRecord connection;
  connection.caption = caption;
  connection.host = "smtp.example.org";
  connection.priority = priority;
  connection.created_at = connection.updated_at = mailroom_.now();
  return connection;
}

ConnectionRecord StoreContract::created(const std::string& caption, std::int32_t priority) {
  return get(store_->create_connection(connection(caption, priority), {}));
}

}  // namespace postroom::store
