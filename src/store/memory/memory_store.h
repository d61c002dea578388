// MemoryStore is the reference backend: the promises of store.h over plain maps, for the simulation and the contract's
// tests. Disk is what survives a crash; a MemoryStore is one process's door to it. Every call completes through the
// loop, never inside its caller, and a commit can be made to fail or to lose its answer.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "async/loop.h"
#include "async/one_shot.h"
#include "store/act_rules.h"
#include "store/as_of.h"
#include "store/news.h"
#include "store/store.h"

namespace postroom::store::memory {

struct Disk {
  struct QueueRow {
    EmailRecord email;
    FormerState former;
  };
  struct Claim {
    std::string body_sha256, answer;
    Timestamp at;
  };
  struct LogRow {
    AttemptRecord attempt;
    std::uint64_t conversation_id = 0;
  };

  std::map<MessageId, MessageRecord> messages;
  std::map<MessageId, Content> contents;
  std::map<EmailId, QueueRow> queue;
  std::map<EmailId, EmailRecord> finished;
  std::map<AttemptId, LogRow> attempts;
  std::map<std::uint64_t, std::string> conversations;
  std::map<EmailId, std::vector<EmailEvent>> events;
  std::map<std::pair<std::string, std::string>, Claim> claims;
  std::map<ConnectionId, ConnectionRecord> connections;
  std::map<ConnectionId, ConnectionHealth> health;
  std::map<ApiKeyId, ApiKeyRecord> api_keys;
  std::map<UserId, UserRecord> users;
  std::map<std::string, SessionRecord> sessions;                             // by token hash
  std::map<std::tuple<UserId, std::string, std::string>, ViewRecord> views;  // by user, page and name
  std::map<SubmissionLoginId, SubmissionLoginRecord> submission_logins;
  std::vector<AuditRecord> audit;
  std::map<std::string, std::string> settings;
  std::map<std::int64_t, StatsBucket> minutes;
  std::map<std::pair<std::int64_t, ConnectionId>, ConnectionCounts> quarters;
  std::map<std::pair<ConnectionId, std::int64_t>, std::int64_t> usage;  // by connection and quarter of an hour
  RoutingTable routing;
  std::vector<EventRecord> notable;  // the events that staff should see
  ConnectionId last_connection = 0;
  ApiKeyId last_api_key = 0;
  UserId last_user = 0;
  SubmissionLoginId last_submission_login = 0;
  std::int64_t last_audit = 0;
  std::uint64_t commits = 0;  // rises with every change
};

enum class Write { accept, begin, take_back, record, postpone, expire, act, other };
enum class CommitFate { committed, refused, committed_but_reported_lost, damaged };

class MemoryStore final : public Store {
 public:
  using CommitHook = std::function<CommitFate(Write)>;

  explicit MemoryStore(async::Loop& loop, std::shared_ptr<Disk> disk = std::make_shared<Disk>());

  // Asked at each commit. Without a hook all commits succeed.
  void on_commit(CommitHook hook) { commit_hook_ = std::move(hook); }
  // Mail of this lane stands on a damaged page: what is due of it can't be read.
  void damage_lane(std::string lane) { damaged_lane_ = std::move(lane); }
  const Disk& disk() const { return *disk_; }

  // memory_store.cpp: mail on its way.
  Answer<AcceptResult> accept(AcceptRequest request) override;
  void on_due(DueListener listener) override { news_.on_due(std::move(listener)); }
  void on_accepted(AcceptedListener listener) override { news_.on_accepted(std::move(listener)); }
  Answer<> probe() override;
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

  // lists.cpp: lists, stories and operators' acts.
  Answer<Page<EmailRecord>> list_queue(QueueFilter filter, QueueSort sort, Direction direction, PageRequest page,
                                       Timestamp now) override;
  Answer<Page<AttemptRecord>> list_log(LogFilter filter, Direction direction, PageRequest page) override;
  Answer<EmailStory> email(EmailId id) override;
  Answer<MessageStory> message(MessageId id) override;
  Answer<AttemptDetail> attempt(AttemptId id) override;
  Answer<ActionCounts> act(QueueAction action, Timestamp now) override;
  Answer<std::vector<StatsBucket>> stats(Timestamp from, Timestamp to, Milliseconds step) override;
  Answer<SendingFigures> sending_figures(Timestamp from, Timestamp to, Milliseconds step) override;
  Answer<QueueDepth> queue_depth() override;

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

  // settings.cpp: everything else.
  void hold_expiry(Hold hold) override { expiry_held_ = hold == Hold::on; }
  Answer<SendingHistory> sending_history(HistoryQuery query) override;
  Answer<RoutingTable> routing() override;
  Answer<RoutingTable> set_routing(RoutingTable table, AuditRecord audit) override;
  Answer<> append_event(EventRecord event) override;
  Answer<Page<EventRecord>> list_events(PageRequest page) override;
  Answer<> save_health(ConnectionId id, ConnectionHealth health) override;
  Answer<std::vector<std::pair<ConnectionId, ConnectionHealth>>> health() override;
  Answer<std::vector<ConnectionRecord>> connections() override;
  ConnectionAnswer<ConnectionRecord> create_connection(ConnectionRecord connection, AuditRecord audit) override;
  ConnectionAnswer<ConnectionRecord> update_connection(ConnectionChange change) override;
  ConnectionAnswer<> delete_connection(ConnectionId id, AuditRecord audit) override;
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
  ChangeCounts changes() const override;
  std::uint64_t highest_id() const override { return highest_id_; }
  Timestamp last_stored_time() const override { return last_stored_time_; }

 private:
  // One turn of the loop: what a caller waits for before anything is read or written.
  async::Task<void> turn();
  // `change` checks first and writes after, so that an error leaves the disk as it was.
  Answer<> write(Write kind, std::function<Result<>(Disk&)> change);
  Moment at(Timestamp now) const { return {now, expiry_held_ ? Timestamp{INT64_MIN} : now}; }

  async::Loop& loop_;
  std::shared_ptr<Disk> disk_;
  CommitHook commit_hook_;
  std::optional<std::string> damaged_lane_;
  News news_;
  bool expiry_held_ = false;
  std::function<void()> connections_listener_;
  std::uint64_t highest_id_ = 0;
  Timestamp last_stored_time_;
};

// What the three files share.
using Counter = std::uint64_t StatsBucket::*;
void count(Disk& disk, Timestamp at, Counter counter, std::uint64_t by);
void keep_audit(Disk& disk, AuditRecord audit);
// A queue row's new state; a final one moves it to `finished`.
void store_email(Disk& disk, const EmailRecord& email);
// What a connection has used, by quarter of an hour; `by` may be negative.
void add_usage(Disk& disk, ConnectionId connection, Timestamp at, std::int64_t by);

}  // namespace postroom::store::memory
