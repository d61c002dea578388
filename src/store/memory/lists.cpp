// Lists, stories and operators' acts: every row is looked at, which is the simplest thing that can be right.
#include <algorithm>
#include <tuple>

#include "store/act_rules.h"
#include "store/filters.h"
#include "store/memory/memory_store.h"

namespace postroom::store::memory {
namespace {

bool matches(const Disk& disk, const EmailRecord& email, const QueueFilter& filter) {
  const auto message = disk.messages.find(email.message_id);
  return store::matches(email, message == disk.messages.end() ? "" : message->second.submitted_by, filter);
}

// A row's place in a list's order: rows without a value first, numbers by size, text by its bytes, then the id.
using Key = std::tuple<bool, std::int64_t, std::string, std::uint64_t>;

Key key_of(const EmailRecord& email, QueueSort sort) {
  const auto time = [&email](const std::optional<Timestamp>& at) {
    return Key{at.has_value(), at ? at->ms : 0, "", email.id.value};
  };
  switch (sort) {
    case QueueSort::created_at:
      break;
    case QueueSort::next_attempt_at:
      return time(email.next_attempt_at);
    case QueueSort::last_attempt_at:
      return time(email.last_attempt_at);
    case QueueSort::attempts:
      return {true, email.attempts, "", email.id.value};
    case QueueSort::email:
      return {true, 0, email.address, email.id.value};
  }
  return {true, 0, "", email.id.value};
}

Key key_of(const Position& position, QueueSort sort) {
  if (sort == QueueSort::created_at) return {true, 0, "", position.id};
  if (sort == QueueSort::email) return {true, 0, position.value, position.id};
  return {position.has_value, position.has_value ? std::stoll(position.value) : 0, "", position.id};
}

Position position_of(const Key& key, QueueSort sort) {
  const auto& [has_value, number, text, id] = key;
  if (sort == QueueSort::created_at) return {{}, true, id};
  if (sort == QueueSort::email) return {text, true, id};
  return {has_value ? std::to_string(number) : std::string(), has_value, id};
}

}  // namespace

Answer<Page<EmailRecord>> MemoryStore::list_queue(QueueFilter filter, QueueSort sort, Direction direction,
                                                  PageRequest page, Timestamp now) {
  co_await turn();
  std::map<Key, EmailRecord> ordered;
  for (const auto& [id, row] : disk_->queue) {
    EmailRecord seen = as_of(row.email, at(now));
    if (matches(*disk_, seen, filter)) ordered.emplace(key_of(row.email, sort), std::move(seen));
  }
  std::vector<std::pair<Key, EmailRecord>> rows(ordered.begin(), ordered.end());
  if (direction == Direction::descending) std::ranges::reverse(rows);
  Page<EmailRecord> found;
  for (auto& [key, email] : rows) {
    if (page.after) {
      const Key after = key_of(*page.after, sort);
      if (direction == Direction::ascending ? key <= after : key >= after) continue;
    }
    found.items.push_back(std::move(email));
    if (found.items.size() < page.limit) continue;
    found.next = position_of(key, sort);
    break;
  }
  found.total = rows.size();
  co_return found;
}

Answer<Page<AttemptRecord>> MemoryStore::list_log(LogFilter filter, Direction direction, PageRequest page) {
  co_await turn();
  std::vector<AttemptRecord> rows;
  for (const auto& [id, row] : disk_->attempts)
    if (matches(row.attempt, filter)) rows.push_back(row.attempt);
  if (direction == Direction::descending) std::ranges::reverse(rows);
  Page<AttemptRecord> found;
  for (const AttemptRecord& attempt : rows) {
    const std::uint64_t id = attempt.id.value;
    if (page.after && (direction == Direction::ascending ? id <= page.after->id : id >= page.after->id)) continue;
    found.items.push_back(attempt);
    if (found.items.size() < page.limit) continue;
    found.next = Position{{}, true, id};
    break;
  }
  found.total = rows.size();
  co_return found;
}

Answer<EmailStory> MemoryStore::email(EmailId id) {
  co_await turn();
  EmailStory story;
  const auto queued = disk_->queue.find(id);
  const auto finished = disk_->finished.find(id);
  if (queued == disk_->queue.end() && finished == disk_->finished.end())
    co_return fail(ErrorCode::not_found, "there is no such email");
  story.email = queued != disk_->queue.end() ? as_of(queued->second.email, at(loop_.wall())) : finished->second;
  for (const auto& [attempt_id, row] : disk_->attempts)
    if (row.attempt.email_id == id) story.attempts.push_back(row.attempt);
  if (const auto events = disk_->events.find(id); events != disk_->events.end()) story.events = events->second;
  co_return story;
}

Answer<MessageStory> MemoryStore::message(MessageId id) {
  co_await turn();
  const auto found = disk_->messages.find(id);
  if (found == disk_->messages.end()) co_return fail(ErrorCode::not_found, "there is no such message");
  MessageStory story{found->second, {}};
  for (const auto& [email_id, row] : disk_->queue)
    if (row.email.message_id == id) story.emails.push_back(as_of(row.email, at(loop_.wall())));
  for (const auto& [email_id, email] : disk_->finished)
    if (email.message_id == id) story.emails.push_back(email);
  std::ranges::sort(story.emails, {}, &EmailRecord::id);
  co_return story;
}

Answer<AttemptDetail> MemoryStore::attempt(AttemptId id) {
  co_await turn();
  const auto found = disk_->attempts.find(id);
  if (found == disk_->attempts.end()) co_return fail(ErrorCode::not_found, "there is no such attempt");
  AttemptDetail detail{found->second.attempt, {}};
  const auto conversation = disk_->conversations.find(found->second.conversation_id);
  if (conversation != disk_->conversations.end()) detail.conversation = conversation->second;
  co_return detail;
}

Answer<ActionCounts> MemoryStore::act(QueueAction action, Timestamp now) {
  if (action.filter) {
    action.ids.clear();
    for (const auto& [id, row] : disk_->queue)
      if (matches(*disk_, as_of(row.email, at(now)), *action.filter)) action.ids.push_back(id);
  }
  ActionCounts counts;
  DueTimes due;
  const Result<> written = co_await write(Write::act, [&](Disk& disk) -> Result<> {
    for (const EmailId id : action.ids) {
      const auto row = disk.queue.find(id);
      if (row == disk.queue.end()) continue;
      EmailRecord email = as_of(row->second.email, at(now));
      ++counts.matched;
      if (!applies(action.act, email)) {
        ++counts.skipped;
        continue;
      }
      if (action.dry_run) continue;
      apply(action, email, row->second.former, now);
      ++counts.changed;
      due.note(email);
      store_email(disk, email);
      if (is_final(email.status) && email.status != EmailStatus::accepted) count(disk, now, &StatsBucket::finished, 1);
      disk.events[id].push_back({now, event_of(action.act), action.audit.reason, action.audit.by});
    }
    if (action.dry_run || counts.changed == 0) return {};
    keep_audit(disk, audit_of(action, counts.changed, now));
    return {};
  });
  news_.tell(due);
  if (!written) co_return std::unexpected(written.error());
  co_return counts;
}

Answer<std::vector<StatsBucket>> MemoryStore::stats(Timestamp from, Timestamp to, Milliseconds step) {
  co_await turn();
  std::vector<StatsBucket> buckets;
  for (std::int64_t at = from.ms; at < to.ms; at += step.count()) buckets.push_back({{at}});
  for (const auto& [minute, counted] : disk_->minutes) {
    if (counted.at < from || counted.at >= to) continue;
    StatsBucket& bucket = buckets[static_cast<std::size_t>((counted.at.ms - from.ms) / step.count())];
    bucket.submitted += counted.submitted;
    bucket.succeeded += counted.succeeded;
    bucket.failed += counted.failed;
    bucket.finished += counted.finished;
  }
  co_return buckets;
}

Answer<SendingFigures> MemoryStore::sending_figures(Timestamp from, Timestamp to, Milliseconds step) {
  co_await turn();
  SendingFigures figures(from, to, step);
  for (const auto& [key, counts] : disk_->quarters) figures.add(key.first, key.second, counts);
  co_return figures;
}

Answer<QueueDepth> MemoryStore::queue_depth() {
  co_await turn();
  QueueDepth depth;
  const std::map<EmailStatus, std::uint64_t*> counters{
      {EmailStatus::queued, &depth.queued},   {EmailStatus::scheduled, &depth.scheduled},
      {EmailStatus::sending, &depth.sending}, {EmailStatus::deferred, &depth.deferred},
      {EmailStatus::held, &depth.held},       {EmailStatus::unknown, &depth.unknown}};
  for (const auto& [id, row] : disk_->queue) ++*counters.at(row.email.status);
  if (!disk_->queue.empty()) depth.oldest_created_at = disk_->queue.begin()->first.at();
  co_return depth;
}

}  // namespace postroom::store::memory
