// Accepting: one transaction holds content, emails and the idempotency record. Its commit is the promise.
#include <algorithm>
#include <utility>

#include "store/sqlite/rows.h"
#include "store/sqlite/sqlite_store.h"

namespace postroom::store::sqlite {
namespace {

struct Earlier {
  std::string body_sha256, answer;
};

Result<std::optional<Earlier>> find_claim(Database& database, const IdempotencyClaim& claim) {
  Statement select = database.prepare("SELECT body_sha256, answer FROM idempotency WHERE credential=? AND key=?");
  select << claim.credential << claim.key;
  if (select.step()) return Earlier{select.text(0), select.text(1)};
  if (const Result<> error = select.error(); !error) return std::unexpected(error.error());
  return std::nullopt;
}

Result<> keep_claim(Database& database, const IdempotencyClaim& claim, const std::string& answer, Timestamp now) {
  Statement insert = database.prepare("INSERT INTO idempotency VALUES(?,?,?,?,?)");
  insert << claim.credential << claim.key;
  insert.blob(claim.body_sha256) << answer << now;
  return insert.run();
}

Result<> insert_message(Database& database, const NewMessage& added) {
  const MessageRecord& message = added.message;
  const std::string tags = join_lines(message.tags);
  {
    Statement insert = database.prepare("INSERT INTO message VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert << message.id.value << added.emails.back().id.value << message.reverse_path << message.subject
           << message.lane << tags << message.metadata << message.pinned_to << static_cast<int>(message.on_doubt)
           << message.send_at << message.expires_at << message.size_bytes << (message.eight_bit ? 1 : 0)
           << (message.smtputf8 ? 1 : 0) << message.submitted_by << message.email_count;
    if (Result<> done = insert.run(); !done) return done;
  }
  {
    Statement insert = database.prepare("INSERT INTO content VALUES(?,?)");
    insert << message.id.value;
    insert.blob(*added.content);
    if (Result<> done = insert.run(); !done) return done;
  }
  for (const EmailRecord& email : added.emails) {
    const std::string domain = domain_of(email.address);
    Statement insert = database.prepare("INSERT INTO email VALUES(?,?,?,?,?,NULL,NULL,'',0,0,0,NULL,?,?,?,NULL,?)");
    insert << email.id.value << email.message_id.value << email.address << domain << static_cast<int>(email.status)
           << email.next_attempt_at << email.expires_at << email.pinned_to << email.lane;
    if (Result<> done = insert.run(); !done) return done;
  }
  return {};
}

Result<AcceptedItem> accept_item(Database& database, Tally& tally, const NewMessage& added, Timestamp now) {
  if (added.idempotency) {
    Result<std::optional<Earlier>> earlier = find_claim(database, *added.idempotency);
    if (!earlier) return std::unexpected(earlier.error());
    if (*earlier) {
      const bool same = (*earlier)->body_sha256 == added.idempotency->body_sha256;
      return AcceptedItem{same ? Acceptance::replayed : Acceptance::conflict, (*earlier)->answer};
    }
    if (const Result<> kept = keep_claim(database, *added.idempotency, added.answer, now); !kept)
      return std::unexpected(kept.error());
  }
  if (const Result<> stored = insert_message(database, added); !stored) return std::unexpected(stored.error());
  tally.count(now, Counter::submitted, added.emails.size());
  return AcceptedItem{Acceptance::stored, added.answer};
}

Result<AcceptResult> accept_all(Database& database, Tally& tally, const AcceptRequest& request, Timestamp now) {
  AcceptResult result;
  if (request.idempotency) {
    Result<std::optional<Earlier>> earlier = find_claim(database, *request.idempotency);
    if (!earlier) return std::unexpected(earlier.error());
    if (*earlier) {
      const bool same = (*earlier)->body_sha256 == request.idempotency->body_sha256;
      result.how = same ? Acceptance::replayed : Acceptance::conflict;
      result.answer = (*earlier)->answer;
      return result;
    }
  }
  for (const NewMessage& added : request.messages) {
    Result<AcceptedItem> item = accept_item(database, tally, added, now);
    if (!item) return std::unexpected(item.error());
    result.items.push_back(std::move(*item));
  }
  if (request.audit)
    if (const Result<> told = insert_audit(database, *request.audit); !told) return std::unexpected(told.error());
  result.answer = request.render         ? request.render(result.items)
                  : result.items.empty() ? ""
                                         : result.items.front().answer;
  if (request.idempotency)
    if (const Result<> kept = keep_claim(database, *request.idempotency, result.answer, now); !kept)
      return std::unexpected(kept.error());
  return result;
}

}  // namespace

Answer<AcceptResult> SqliteStore::accept(AcceptRequest request) {
  AcceptResult result;
  const Timestamp now = loop_.wall();
  const Result<> stored =
      co_await write(Touches::queue, [&request, &result, now](Database& database, Tally& tally) -> Result<> {
        Result<AcceptResult> accepted = accept_all(database, tally, request, now);
        if (!accepted) return std::unexpected(accepted.error());
        result = std::move(*accepted);
        return {};
      });
  if (!stored) {
    news_.tell_unsure(request);
    co_return std::unexpected(stored.error());
  }
  for (std::size_t i = 0; i < result.items.size(); ++i) {
    NewMessage& added = request.messages[i];
    if (result.items[i].how == Acceptance::stored && added.emails.front().status == EmailStatus::queued)
      recent_content_.keep(added.message.id, std::move(added.content));
  }
  news_.tell(request, result);
  co_return result;
}

Answer<> SqliteStore::probe() {
  co_return co_await write([](Database& database) -> Result<> {
    Statement touch =
        database.prepare("INSERT INTO setting VALUES('probe','') ON CONFLICT(name) DO UPDATE SET value=''");
    return touch.run();
  });
}

}  // namespace postroom::store::sqlite
