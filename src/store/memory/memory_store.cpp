#include "store/memory/memory_store.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace postroom::store::memory {
namespace {

constexpr const char* lost = "the commit's answer is lost";

DueEmail due_email(const Disk& disk, const EmailRecord& email) {
  const auto message = disk.messages.find(email.message_id);
  if (message == disk.messages.end()) return {email, {}, OnDoubt::inherit, false, false};
  return store::due_email(message->second, email);
}

// Not moved, settled or put in doubt since the engine read it.
bool is_as_read(const EmailRecord& email, const AttemptStart& start) {
  return email.pinned_to == start.pinned_to && email.in_doubt_with == start.in_doubt_with;
}

bool may_begin(EmailStatus status) {
  return status == EmailStatus::queued || status == EmailStatus::scheduled || status == EmailStatus::deferred;
}

struct Answered {
  Acceptance how = Acceptance::stored;
  std::string answer;
};

std::optional<Answered> earlier(const Disk& disk, const std::optional<IdempotencyClaim>& claim) {
  if (!claim) return std::nullopt;
  const auto found = disk.claims.find({claim->credential, claim->key});
  if (found == disk.claims.end()) return std::nullopt;
  const bool same = found->second.body_sha256 == claim->body_sha256;
  return Answered{same ? Acceptance::replayed : Acceptance::conflict, found->second.answer};
}

void keep(Disk& disk, const std::optional<IdempotencyClaim>& claim, const std::string& answer, Timestamp now) {
  if (claim) disk.claims[{claim->credential, claim->key}] = {claim->body_sha256, answer, now};
}

AcceptedItem accept_item(Disk& disk, const NewMessage& added, Timestamp now) {
  if (const std::optional<Answered> before = earlier(disk, added.idempotency)) return {before->how, before->answer};
  keep(disk, added.idempotency, added.answer, now);
  disk.messages[added.message.id] = added.message;
  disk.contents[added.message.id] = added.content;
  for (EmailRecord email : added.emails) {
    email.subject = added.message.subject;
    email.tags = added.message.tags;
    email.size_bytes = added.message.size_bytes;
    disk.queue[email.id].email = std::move(email);
  }
  count(disk, now, &StatsBucket::submitted, added.emails.size());
  return {Acceptance::stored, added.answer};
}

// An id given twice is the caller's mistake; nothing of such a call is taken.
bool all_new(const Disk& disk, const AcceptRequest& request) {
  std::set<MessageId> messages;
  std::set<EmailId> emails;
  for (const NewMessage& added : request.messages) {
    if (earlier(disk, added.idempotency)) continue;
    if (disk.messages.contains(added.message.id) || !messages.insert(added.message.id).second) return false;
    for (const EmailRecord& email : added.emails)
      if (disk.queue.contains(email.id) || disk.finished.contains(email.id) || !emails.insert(email.id).second)
        return false;
  }
  return true;
}

void record_one(Disk& disk, const AttemptOutcome& outcome, Timestamp now) {
  const auto found = disk.attempts.find(outcome.attempt.id);
  if (found == disk.attempts.end()) return;
  const AttemptRecord& before = found->second.attempt;
  if (before.status != AttemptStatus::in_progress) return;  // recorded already
  if (before.counted && !outcome.attempt.counted) add_usage(disk, before.connection_id, before.attempted_at(), -1);
  found->second = {outcome.attempt, outcome.conversation_id};
  store_email(disk, outcome.email);
  if (!outcome.conversation.empty()) disk.conversations[outcome.conversation_id] = outcome.conversation;
  const bool success = outcome.attempt.status == AttemptStatus::success;
  count(disk, now, success ? &StatsBucket::succeeded : &StatsBucket::failed, 1);
  if (is_final(outcome.email.status) && outcome.email.status != EmailStatus::accepted)
    count(disk, now, &StatsBucket::finished, 1);
  const auto message = disk.messages.find(outcome.email.message_id);
  disk.quarters[{quarter_of(now), outcome.attempt.connection_id}].add(
      outcome, message == disk.messages.end() ? std::nullopt : message->second.send_at, now);
}

}  // namespace

void count(Disk& disk, Timestamp at, Counter counter, std::uint64_t by) {
  StatsBucket& bucket = disk.minutes[at.ms / 60000];
  bucket.at = {at.ms / 60000 * 60000};
  bucket.*counter += by;
}

void add_usage(Disk& disk, ConnectionId connection, Timestamp at, std::int64_t by) {
  const std::int64_t width = std::chrono::duration_cast<Milliseconds>(quarter_of_an_hour).count();
  std::int64_t& used = disk.usage[{connection, at.ms / width}];
  used = std::max<std::int64_t>(used + by, 0);
}

void keep_audit(Disk& disk, AuditRecord audit) {
  audit.id = ++disk.last_audit;
  disk.audit.push_back(std::move(audit));
}

void store_email(Disk& disk, const EmailRecord& email) {
  const auto row = disk.queue.find(email.id);
  if (row == disk.queue.end()) return;
  if (!is_final(email.status)) {
    row->second.email = email;
    return;
  }
  EmailRecord last = email;
  last.next_attempt_at.reset();
  if (!last.finished_at) last.finished_at = Timestamp{};
  disk.queue.erase(row);
  disk.finished[email.id] = std::move(last);
}

MemoryStore::MemoryStore(async::Loop& loop, std::shared_ptr<Disk> disk) : loop_(loop), disk_(std::move(disk)) {
  if (!disk_->messages.empty()) highest_id_ = disk_->messages.rbegin()->first.value;
  if (!disk_->queue.empty()) highest_id_ = std::max(highest_id_, disk_->queue.rbegin()->first.value);
  if (!disk_->finished.empty()) highest_id_ = std::max(highest_id_, disk_->finished.rbegin()->first.value);
  if (!disk_->attempts.empty()) highest_id_ = std::max(highest_id_, disk_->attempts.rbegin()->first.value);
  if (highest_id_ > 0) last_stored_time_ = EmailId{highest_id_}.at();
  if (const auto seen = disk_->settings.find(std::string(last_seen_setting)); seen != disk_->settings.end())
    last_stored_time_ = std::max(last_stored_time_, Timestamp{std::stoll(seen->second)});
}

async::Task<void> MemoryStore::turn() {
  async::OneShot<bool> come;
  loop_.post([&come] { come.set(true); });
  co_await come;
}

// The commit happens one turn after the call and its answer comes one turn later: a crash can fall between them.
Answer<> MemoryStore::write(Write kind, std::function<Result<>(Disk&)> change) {
  co_await turn();
  const CommitFate fate = commit_hook_ ? commit_hook_(kind) : CommitFate::committed;
  Result<> done;
  if (fate == CommitFate::refused) {
    done = fail(ErrorCode::unavailable, "the store can't commit now");
  } else if (fate == CommitFate::damaged) {
    done = fail(ErrorCode::corrupt, "the rows stand on a damaged page");
  } else {
    done = change(*disk_);
    if (done) ++disk_->commits;
  }
  co_await turn();
  if (done && fate == CommitFate::committed_but_reported_lost) co_return fail(ErrorCode::unavailable, lost);
  co_return done;
}

Answer<AcceptResult> MemoryStore::accept(AcceptRequest request) {
  AcceptResult result;
  const Timestamp now = loop_.wall();
  const Result<> stored = co_await write(Write::accept, [&](Disk& disk) -> Result<> {
    if (const std::optional<Answered> before = earlier(disk, request.idempotency)) {
      result.how = before->how;
      result.answer = before->answer;
      return {};
    }
    if (!all_new(disk, request)) return fail(ErrorCode::unavailable, "an id is in use already");
    for (const NewMessage& added : request.messages) result.items.push_back(accept_item(disk, added, now));
    if (request.audit) keep_audit(disk, *request.audit);
    if (request.render) {
      result.answer = request.render(result.items);
    } else if (!result.items.empty()) {
      result.answer = result.items.front().answer;
    }
    keep(disk, request.idempotency, result.answer, now);
    return {};
  });
  if (!stored) {
    news_.tell_unsure(request);
    co_return std::unexpected(stored.error());
  }
  news_.tell(request, result);
  co_return result;
}

Answer<> MemoryStore::probe() {
  co_return co_await write(Write::other, [](Disk&) { return Result<>{}; });
}

Answer<DuePage> MemoryStore::due(DueQuery query) {
  co_await turn();
  if (query.lane == damaged_lane_) co_return fail(ErrorCode::corrupt, "the rows stand on a damaged page");
  using Place = std::pair<std::int64_t, std::uint64_t>;
  const Place after = query.after ? Place{std::stoll(query.after->value), query.after->id} : Place{0, 0};
  std::map<Place, const EmailRecord*> ordered;
  DuePage page;
  for (const auto& [id, row] : disk_->queue) {
    if (!row.email.next_attempt_at || row.email.lane != query.lane) continue;
    const Timestamp next = *row.email.next_attempt_at;
    if (next > query.until) {
      if (!page.next_due_at || next < *page.next_due_at) page.next_due_at = next;
    } else if (Place{next.ms, id.value} > after) {
      ordered[{next.ms, id.value}] = &row.email;
    }
  }
  std::size_t read = 0;
  for (const auto& [place, email] : ordered) {
    if (read++ == query.limit) break;
    page.last = Position{std::to_string(place.first), true, place.second};
    if (email->expires_at > query.until) page.emails.push_back(due_email(*disk_, *email));
  }
  co_await turn();
  co_return page;
}

Answer<std::vector<bool>> MemoryStore::begin_attempts(std::vector<AttemptStart> starts) {
  std::vector<bool> begun;
  const Timestamp now = loop_.wall();
  const Result<> written = co_await write(Write::begin, [&](Disk& disk) -> Result<> {
    for (const AttemptStart& start : starts) {
      const auto row = disk.queue.find(start.attempt.email_id);
      const bool may = row != disk.queue.end() && may_begin(row->second.email.status) &&
                       row->second.email.expires_at > now && is_as_read(row->second.email, start);
      begun.push_back(may);
      if (!may) continue;
      row->second.email.status = EmailStatus::sending;
      row->second.email.next_attempt_at.reset();
      row->second.email.last_attempt_at = start.attempt.attempted_at();
      disk.attempts[start.attempt.id] = {start.attempt, 0};
      if (start.attempt.counted) add_usage(disk, start.attempt.connection_id, start.attempt.attempted_at(), 1);
    }
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return begun;
}

Answer<std::vector<std::string>> MemoryStore::lanes_in_use() {
  co_await turn();
  std::set<std::string> lanes;
  for (const auto& [id, row] : disk_->queue) lanes.insert(row.email.lane);
  co_return std::vector<std::string>(lanes.begin(), lanes.end());
}

Answer<> MemoryStore::take_back(std::vector<AttemptId> attempts) {
  co_return co_await write(Write::take_back, [&attempts](Disk& disk) -> Result<> {
    for (const AttemptId id : attempts) {
      const auto found = disk.attempts.find(id);
      if (found == disk.attempts.end() || found->second.attempt.status != AttemptStatus::in_progress) continue;
      const AttemptRecord attempt = found->second.attempt;
      disk.attempts.erase(found);
      if (attempt.counted) add_usage(disk, attempt.connection_id, attempt.attempted_at(), -1);
      const auto row = disk.queue.find(attempt.email_id);
      if (row == disk.queue.end() || row->second.email.status != EmailStatus::sending) continue;
      row->second.email.status = EmailStatus::queued;
      row->second.email.next_attempt_at = attempt.attempted_at();
    }
    return {};
  });
}

Answer<> MemoryStore::record(std::vector<AttemptOutcome> outcomes) {
  const Timestamp now = loop_.wall();
  co_return co_await write(Write::record, [&outcomes, now](Disk& disk) -> Result<> {
    for (const AttemptOutcome& outcome : outcomes) record_one(disk, outcome, now);
    return {};
  });
}

Answer<std::vector<bool>> MemoryStore::postpone(std::vector<EmailRecord> emails) {
  std::vector<bool> changed;
  const Result<> written = co_await write(Write::postpone, [&](Disk& disk) -> Result<> {
    for (const EmailRecord& email : emails) {
      const auto row = disk.queue.find(email.id);
      const bool may = row != disk.queue.end() && may_begin(row->second.email.status) &&
                       row->second.email.pinned_to == email.pinned_to;  // else moved meanwhile
      changed.push_back(may);
      if (!may) continue;
      row->second.email.status = email.status;
      row->second.email.reason = email.reason;
      row->second.email.reason_class = email.reason_class;
      row->second.email.next_attempt_at = email.next_attempt_at;
    }
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return changed;
}

Answer<std::optional<EmailId>> MemoryStore::end_waits(std::set<ConnectionId> changed, EmailId after, Timestamp now,
                                                      std::size_t limit) {
  DueTimes due;
  std::optional<EmailId> last;
  const Result<> written = co_await write(Write::other, [&](Disk& disk) -> Result<> {
    std::size_t seen = 0;
    for (auto row = disk.queue.upper_bound(after); row != disk.queue.end() && seen < limit; ++row) {
      EmailRecord& email = row->second.email;
      if (email.status != EmailStatus::queued) continue;
      ++seen;
      last = email.id;
      const std::optional<ConnectionId> tied_to = email.in_doubt_with ? email.in_doubt_with : email.pinned_to;
      if (*email.next_attempt_at <= now || (tied_to && !changed.contains(*tied_to))) continue;
      email.next_attempt_at = now;
      due.note(email);
    }
    return {};
  });
  news_.tell(due);
  if (!written) co_return std::unexpected(written.error());
  co_return last;
}

Answer<Content> MemoryStore::content(MessageId id) {
  co_await turn();
  const auto found = disk_->contents.find(id);
  if (found == disk_->contents.end()) co_return fail(ErrorCode::not_found, "its content is no longer kept");
  co_return found->second;
}

Answer<std::vector<OpenAttempt>> MemoryStore::open_attempts() {
  co_await turn();
  std::vector<OpenAttempt> open;
  for (const auto& [id, row] : disk_->attempts) {
    if (row.attempt.status != AttemptStatus::in_progress) continue;
    const auto email = disk_->queue.find(row.attempt.email_id);
    open.push_back({row.attempt, email == disk_->queue.end() ? DueEmail{} : due_email(*disk_, email->second.email)});
  }
  co_return open;
}

Answer<std::size_t> MemoryStore::expire(Timestamp now, std::size_t limit) {
  if (expiry_held_) co_return 0;
  std::size_t expired = 0;
  const Result<> written = co_await write(Write::expire, [&expired, now, limit](Disk& disk) -> Result<> {
    std::vector<EmailRecord> due;
    for (const auto& [id, row] : disk.queue)
      if (due.size() < limit && row.email.expires_at <= now &&
          (may_begin(row.email.status) || row.email.status == EmailStatus::held))
        due.push_back(row.email);
    for (EmailRecord& email : due) {
      disk.events[email.id].push_back(store::expire(email, now));
      store_email(disk, email);
    }
    expired = due.size();
    if (expired > 0) count(disk, now, &StatsBucket::finished, expired);
    return {};
  });
  if (!written) co_return std::unexpected(written.error());
  co_return expired;
}

}  // namespace postroom::store::memory
