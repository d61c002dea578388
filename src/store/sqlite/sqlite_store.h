// SqliteStore keeps everything in DIR/postroom.db: write-ahead log, synchronous=FULL, one writing thread whose commits
// are shared, read-only readers. DIR/lock keeps a second process out.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "async/one_shot.h"
#include "store/as_of.h"
#include "store/news.h"
#include "store/sqlite/recent_content.h"
#include "store/sqlite/threads.h"
#include "store/store.h"

namespace postroom::store::sqlite {

// A directory held against other processes. The lock dies with the process, however that ends.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const std::string& dir);  // makes it (0700) when it is not there
  DirectoryLock(DirectoryLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int file) : file_(file) {}
  int file_;
};

class SqliteStore final : public Store {
 public:
  // Makes DIR (0700) and the database when they are not there. Errors: conflict (in use by another process, or written
  // by a newer version), io, corrupt, unavailable.
  static Result<std::unique_ptr<SqliteStore>> open(async::Loop& loop, const std::string& dir);

  // Called on the loop's thread when commits begin to fail, with the reason, and when they succeed again.
  void on_trouble(std::function<void(const Result<>&)> listener) { trouble_listener_ = std::move(listener); }

  // accepting.cpp
  Answer<AcceptResult> accept(AcceptRequest request) override;
  void on_due(DueListener listener) override { news_.on_due(std::move(listener)); }
  void on_accepted(AcceptedListener listener) override { news_.on_accepted(std::move(listener)); }
  Answer<> probe() override;

  // delivering.cpp
  Answer<DuePage> due(DueQuery query) override;
  Answer<std::vector<bool>> begin_attempts(std::vector<AttemptStart> starts) override;
  Answer<> record(std::vector<AttemptOutcome> outcomes) override;
  Answer<std::vector<std::string>> lanes_in_use() override;
  Answer<> take_back(std::vector<AttemptId> attempts) override;
  Answer<std::vector<bool>> postpone(std::vector<EmailRecord> emails) override;
  Answer<std::optional<EmailId>> end_waits(std::set<ConnectionId> changed, EmailId after, Timestamp now,
                                           std::size_t limit) override;
  Answer<Content> content(MessageId id) override;
  Answer<std::vector<OpenAttempt>> open_attempts() override;
  Answer<std::size_t> expire(Timestamp now, std::size_t limit) override;
  void hold_expiry(Hold hold) override { expiry_held_ = hold == Hold::on; }
  Answer<SendingHistory> sending_history(HistoryQuery query) override;
  Answer<> save_health(ConnectionId id, ConnectionHealth health) override;
  Answer<std::vector<std::pair<ConnectionId, ConnectionHealth>>> health() override;

  // queue_listing.cpp, log_listing.cpp, telling.cpp
  Answer<Page<EmailRecord>> list_queue(QueueFilter filter, QueueSort sort, Direction direction, PageRequest page,
                                       Timestamp now) override;
  Answer<Page<AttemptRecord>> list_log(LogFilter filter, Direction direction, PageRequest page) override;
  Answer<EmailStory> email(EmailId id) override;
  Answer<MessageStory> message(MessageId id) override;
  Answer<AttemptDetail> attempt(AttemptId id) override;
  Answer<std::vector<StatsBucket>> stats(Timestamp from, Timestamp to, Milliseconds step) override;
  Answer<SendingFigures> sending_figures(Timestamp from, Timestamp to, Milliseconds step) override;
  Answer<QueueDepth> queue_depth() override;

  // acting.cpp
  Answer<ActionCounts> act(QueueAction action, Timestamp now) override;

  // accounts.cpp
  Answer<std::vector<UserRecord>> users() override;
  Answer<UserRecord> put_user(UserRecord user, std::optional<AuditRecord> audit) override;
  Answer<> delete_user(UserId id, AuditRecord audit) override;
  Answer<std::vector<SessionRecord>> sessions() override;
  Answer<> put_session(SessionRecord session, Timestamp now) override;
  Answer<> end_session(std::string token_hash) override;
  Answer<> end_sessions(UserId user, std::string except_hash) override;
  Answer<std::vector<SubmissionLoginRecord>> submission_logins() override;
  Answer<SubmissionLoginRecord> put_submission_login(SubmissionLoginRecord login,
                                                     std::optional<AuditRecord> audit) override;
  Answer<> delete_submission_login(SubmissionLoginId id, AuditRecord audit) override;
  Answer<std::vector<ViewRecord>> views(UserId user) override;
  Answer<> put_view(ViewRecord view) override;
  Answer<> delete_view(UserId user, std::string page, std::string name) override;

  // configuring.cpp
  Answer<std::vector<ConnectionRecord>> connections() override;
  ConnectionAnswer<ConnectionRecord> create_connection(ConnectionRecord connection, AuditRecord audit) override;
  ConnectionAnswer<ConnectionRecord> update_connection(ConnectionChange change) override;
  ConnectionAnswer<> delete_connection(ConnectionId id, AuditRecord audit) override;
  // routing.cpp
  Answer<RoutingTable> routing() override;
  Answer<RoutingTable> set_routing(RoutingTable table, AuditRecord audit) override;
  Answer<> append_event(EventRecord event) override;
  Answer<Page<EventRecord>> list_events(PageRequest page) override;
  // configuring.cpp
  void on_connections_changed(std::function<void()> listener) override { connections_listener_ = std::move(listener); }
  Answer<std::vector<ApiKeyRecord>> api_keys() override;
  Answer<ApiKeyRecord> create_api_key(ApiKeyRecord key, AuditRecord audit) override;
  Answer<> revoke_api_key(ApiKeyId id, Timestamp at, AuditRecord audit) override;
  Answer<> touch_api_key(ApiKeyId id, Timestamp at) override;
  Answer<> append_audit(AuditRecord record) override;
  Answer<Page<AuditRecord>> list_audit(AuditFilter filter, PageRequest page) override;
  Answer<std::size_t> remove_old(RetentionCut cut, std::size_t limit) override;
  Answer<std::optional<std::string>> setting(std::string name) override;
  Answer<> set_setting(std::string name, std::string value) override;
  Answer<> change_setting(std::string name, std::optional<std::string> value, AuditRecord audit) override;
  Answer<std::vector<std::pair<std::string, std::string>>> settings(std::string prefix) override;
  ChangeCounts changes() const override { return changes_; }
  std::uint64_t highest_id() const override { return highest_id_; }
  Timestamp last_stored_time() const override { return last_stored_time_; }

 private:
  SqliteStore(async::Loop& loop, std::string file, DirectoryLock lock, std::unique_ptr<Database> writing,
              std::vector<std::unique_ptr<Database>> reading);

  // What a write changes of the things that pages show (ChangeCounts).
  enum class Touches { nothing, queue, queue_and_log, connections, delivery };
  // Runs `work` in a transaction on the writer's thread. It must be repeatable: it may run twice (see Writer::Job).
  Answer<> write(Touches touches, std::function<Result<>(Database&, Tally&)> work);
  Answer<> write(Touches touches, std::function<Result<>(Database&)> work);
  Answer<> write(std::function<Result<>(Database&)> work) { return write(Touches::nothing, std::move(work)); }
  void note(Touches touches);
  void watch(const Result<>& written);
  // Runs `query` on a reader's thread.
  template <class T>
  Answer<T> read(std::function<Result<T>(Database&)> query);
  Answer<> act_chunk(const QueueAction& action, std::vector<EmailId> ids, Timestamp now, ActionCounts& counts);
  Moment at(Timestamp now) const { return {now, expiry_held_ ? Timestamp{INT64_MIN} : now}; }

  async::Loop& loop_;
  DirectoryLock lock_;  // before the threads: it is let go when both are done
  News news_;
  std::atomic<bool> expiry_held_{false};  // readers ask it too
  std::function<void()> connections_listener_;
  std::function<void(const Result<>&)> trouble_listener_;
  bool in_trouble_ = false;
  ChangeCounts changes_;
  RecentContent recent_content_;  // of mail accepted to be sent at once
  std::uint64_t highest_id_ = 0;
  Timestamp last_stored_time_;
  QueueDepth depth_;  // of a deep queue, as counted last (telling.cpp)
  Monotonic depth_good_until_{};
  Writer writer_;  // outlives the readers: the last to close folds the write-ahead log back
  Readers readers_;
};

template <class T>
Answer<T> SqliteStore::read(std::function<Result<T>(Database&)> query) {
  async::OneShot<Result<T>> answer;
  async::Loop& loop = loop_;
  readers_.submit([&answer, &loop, &query](Database& database) {
    loop.post([&answer, result = query(database)]() mutable { answer.set(std::move(result)); });
  });
  co_return co_await answer;
}

}  // namespace postroom::store::sqlite
