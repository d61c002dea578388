#include "intake/intake.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "intake/validate.h"
#include "mime/builder.h"
#include "mime/raw.h"

namespace postroom::intake {
namespace {

namespace json = boost::json;
using store::Acceptance;

Refusal too_large(std::uint64_t limit) {
  return {
      413,
      "message_too_large",
      "The message is larger than the " + std::to_string(limit) + " bytes allowed; send less, or link to the files.",
      {}};
}

Refusal unavailable() {
  return {503,
          "store_unavailable",
          "The message was not acknowledged: it can't be stored now. Try again, with the same Idempotency-Key.",
          {}};
}

Refusal idempotency_conflict() {
  return {409,
          "idempotency_conflict",
          "This Idempotency-Key was used with another body; use a new key for a new message.",
          {}};
}

json::object answer_of(const store::NewMessage& message) {
  json::array emails;
  for (const store::EmailRecord& email : message.emails)
    emails.push_back({{"id", to_string(email.id)}, {"email", email.address}, {"status", to_word(email.status)}});
  return {{"id", to_string(message.message.id)}, {"emails", std::move(emails)}};
}

// Of an answer that is said again.
std::string id_in(const std::string& answer) {
  const json::value said = json::parse(answer);
  return std::string(said.as_object().at("id").as_string());
}

json::object refused_item(std::size_t index, const Refusal& refusal) {
  json::array errors;
  for (const FieldError& error : refusal.errors)
    errors.push_back({{"pointer", error.pointer}, {"code", error.code}, {"detail", error.detail}});
  return {{"index", index},
          {"status", refusal.status},
          {"code", refusal.code},
          {"detail", refusal.detail},
          {"errors", std::move(errors)}};
}

json::object good_item(std::size_t index, int status, const json::object& answer) {
  json::object item{{"index", index}, {"status", status}};
  for (const auto& [name, value] : answer) item.emplace(name, value);
  return item;
}

// What would be stored, under no name: nothing is.
json::object dry_answer_of(const store::NewMessage& message) {
  json::object answer = answer_of(message);
  answer.erase("id");
  for (json::value& email : answer["emails"].as_array()) email.as_object().erase("id");
  answer["dry_run"] = true;
  return answer;
}

// The From of a message that names none: that of the connection it is to go over; before the router knows any (at
// start), of the first that is enabled.
std::optional<mail::Mailbox> default_from(const std::vector<store::ConnectionRecord>& connections,
                                          const std::optional<store::ConnectionId>& over) {
  const auto found = std::ranges::find_if(connections, [&over](const store::ConnectionRecord& connection) {
    return over ? connection.id == *over : connection.enabled;
  });
  if (found == connections.end()) return std::nullopt;
  const Result<mail::Address> address = mail::parse_address(found->send_from);
  return address ? std::optional(mail::Mailbox{found->send_from_name, *address}) : std::nullopt;
}

struct Frozen {
  std::string content;
  std::string subject;
  mail::Address reverse_path;
  bool eight_bit = false, smtputf8 = false;
};

std::variant<Frozen, Refusal> freeze(const ComposedSubmission& submission, const Checked& checked,
                                     const mail::Mailbox& from, const std::string& message_id) {
  mime::ComposedMessage composition{from,
                                    checked.to,
                                    checked.cc,
                                    checked.reply_to,
                                    submission.subject,
                                    checked.due_at,
                                    message_id,
                                    submission.text,
                                    submission.html,
                                    {},
                                    {}};
  for (const auto& [name, value] : submission.headers) composition.headers.emplace_back(name, value);
  for (const Attachment& part : submission.attachments)
    composition.parts.push_back({part.filename, part.content_type, part.content, part.content_id});
  Result<std::string> content = mime::compose(composition);
  if (!content) return Refusal{422, "invalid", content.error().message, {}};
  const bool eight_bit = !is_ascii(*content);
  return Frozen{std::move(*content), submission.subject, from.address, eight_bit, eight_bit};
}

// One of a message's emails.
store::EmailRecord email_to(const mail::Address& recipient, EmailId id, const store::MessageRecord& message,
                            const Checked& checked) {
  store::EmailRecord email;
  email.id = id;
  email.message_id = message.id;
  email.address = recipient.text();
  email.status = checked.scheduled ? store::EmailStatus::scheduled : store::EmailStatus::queued;
  email.next_attempt_at = checked.due_at;
  email.expires_at = message.expires_at;
  email.pinned_to = message.pinned_to;
  email.lane = message.lane;
  return email;
}

// The Received field's value (RFC 5321 §4.4), "" without a trace. No "for": all recipients share the content.
std::string received(const std::optional<Trace>& trace, const std::string& host, MessageId id, Timestamp now) {
  if (!trace) return {};
  return "from " + trace->from + "\r\n\tby " + host + " (Postroom) with " + trace->protocol + " id " + to_string(id) +
         ";\r\n\t" + format_rfc5322(now);
}

std::variant<Frozen, Refusal> freeze(const RawSubmission& submission, const Checked& checked,
                                     const std::string& message_id, std::string received) {
  Result<mime::RawMessage> raw =
      mime::freeze_raw(submission.content, {checked.due_at, message_id, std::move(received)});
  if (!raw)
    return Refusal{422, "message_invalid", "The message can't be sent as it is: " + raw.error().message + ".", {}};
  return Frozen{std::move(raw->content), std::move(raw->subject), checked.reverse_path, raw->eight_bit,
                raw->utf8_header};
}

}  // namespace

Intake::Intake(async::Loop& loop, store::Store& store, IdGenerator& ids, Random& random, std::string host_name,
               Limits limits, std::function<std::optional<std::string>()> room, Router router)
    : loop_(loop),
      store_(store),
      ids_(ids),
      random_(random),
      host_name_(std::move(host_name)),
      limits_(std::move(limits)),
      room_(std::move(room)),
      router_(std::move(router)) {}

async::Task<Result<std::vector<store::ConnectionRecord>>> Intake::known_connections() {
  if (!connections_) {
    const std::uint64_t changes = connection_changes_;
    Result<std::vector<store::ConnectionRecord>> read = co_await store_.connections();
    if (!read || changes != connection_changes_) co_return read;  // what was read meanwhile may be of before the change
    connections_ = std::move(*read);
  }
  co_return *connections_;
}

// A key's messages share a bucket, so that any node meets the same rows (cluster: fine-print, "Keys, ids, numbers").
unsigned Intake::bucket_for(const std::string& credential, const std::optional<Idempotency>& idempotency) {
  if (!idempotency) return static_cast<unsigned>(random_.below(bucket_count));
  std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a: the same on every machine
  for (const char c : credential + '\n' + idempotency->key)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return static_cast<unsigned>((hash >> 32) % bucket_count);
}

Intake::Preparation Intake::prepare(const AnySubmission& submission,
                                    const std::vector<store::ConnectionRecord>& connections,
                                    const std::string& credential, const std::optional<Idempotency>& idempotency) {
  const Timestamp now = loop_.wall();
  std::vector<FieldError> errors;
  const Surroundings around{now, limits_, connections};
  const Checked checked = std::visit([&](const auto& given) { return check(given, around, errors); }, submission);
  const DeliveryOptions& options =
      std::visit([](const auto& given) -> const DeliveryOptions& { return given.options; }, submission);
  const auto* composed = std::get_if<ComposedSubmission>(&submission);
  std::optional<mail::Mailbox> from = checked.from;
  if (composed != nullptr && !composed->from) {
    std::optional<store::ConnectionId> over = options.connection_id;
    if (!over && !checked.recipients.empty()) over = router_(checked.recipients.front(), checked.lane, options.tags);
    from = default_from(connections, over);
    if (!from) errors.push_back({"/from", "from_required", "Name a sender, or give the connection one (send_from)."});
  }
  if (!errors.empty()) {
    const std::string code = errors.size() == 1 ? errors.front().code : "invalid";
    return Refusal{
        422, code,
        errors.size() == 1 ? errors.front().detail : "Some fields can't be accepted; errors tells which and why.",
        std::move(errors)};
  }

  const unsigned bucket = bucket_for(credential, idempotency);
  store::NewMessage added;
  added.message.id = MessageId{ids_.next(now, bucket)};
  const std::string message_id = to_lower(to_string(added.message.id)) + "@" + host_name_;
  const auto* raw = std::get_if<RawSubmission>(&submission);
  std::variant<Frozen, Refusal> frozen =
      raw == nullptr ? freeze(*composed, checked, *from, message_id)
                     : freeze(*raw, checked, message_id, received(raw->trace, host_name_, added.message.id, now));
  if (Refusal* refusal = std::get_if<Refusal>(&frozen)) return std::move(*refusal);
  Frozen& message = std::get<Frozen>(frozen);
  // What is added to a message that was given whole takes no room from its sender (RFC 1870 §6.1: as transmitted).
  const std::size_t size = raw != nullptr ? raw->content.size() : message.content.size();
  if (size > limits_.message_bytes) return too_large(limits_.message_bytes);

  store::MessageRecord& record = added.message;
  record.reverse_path = message.reverse_path.text();
  record.subject = std::move(message.subject);
  record.lane = checked.lane;
  record.tags = options.tags;
  record.metadata = options.metadata;
  record.pinned_to = options.connection_id;
  record.on_doubt = options.on_doubt;
  if (checked.scheduled) record.send_at = checked.due_at;
  record.expires_at = checked.expires_at;
  record.size_bytes = message.content.size();
  record.eight_bit = message.eight_bit;
  record.smtputf8 = message.smtputf8 || message.reverse_path.needs_smtputf8() ||
                    std::ranges::any_of(checked.recipients, &mail::Address::needs_smtputf8);
  record.submitted_by = credential;
  record.email_count = static_cast<std::uint32_t>(checked.recipients.size());
  added.content = std::make_shared<const std::string>(std::move(message.content));
  for (const mail::Address& recipient : checked.recipients)
    added.emails.push_back(email_to(recipient, EmailId{ids_.next(now, bucket)}, record, checked));
  if (idempotency) added.idempotency = store::IdempotencyClaim{credential, idempotency->key, idempotency->body_sha256};
  // By SMTP the id alone is the answer, unless it is to be said again.
  const bool by_smtp = raw != nullptr && raw->trace;
  if (!by_smtp || idempotency) added.answer = json::serialize(answer_of(added));
  return added;
}

async::Task<Outcome> Intake::accept(AnySubmission submission, std::string credential,
                                    std::optional<Idempotency> idempotency, std::optional<store::AuditRecord> audit) {
  const bool dry_run = std::visit([](const auto& given) { return given.options.dry_run; }, submission);
  if (const std::optional<std::string> full = room_()) co_return Refusal{503, "no_space", *full, {}};
  const Result<std::vector<store::ConnectionRecord>> connections = co_await known_connections();
  if (!connections) co_return unavailable();
  Preparation prepared = prepare(submission, *connections, credential, idempotency);
  if (Refusal* refusal = std::get_if<Refusal>(&prepared)) co_return std::move(*refusal);
  store::NewMessage& message = std::get<store::NewMessage>(prepared);
  if (dry_run) co_return Answered{json::serialize(dry_answer_of(message)), "", false, true};
  std::string id = to_string(message.message.id);
  store::AcceptRequest request;
  request.messages.push_back(std::move(message));
  request.audit = std::move(audit);
  Result<store::AcceptResult> accepted = co_await store_.accept(std::move(request));
  if (!accepted) co_return unavailable();
  store::AcceptedItem& item = accepted->items.front();
  if (item.how == Acceptance::conflict) co_return idempotency_conflict();
  const bool replayed = item.how == Acceptance::replayed;
  if (replayed) id = id_in(item.answer);
  co_return Answered{std::move(item.answer), std::move(id), replayed, false};
}

async::Task<Outcome> Intake::accept_batch(std::vector<BatchItem> items, std::string credential,
                                          std::optional<Idempotency> idempotency) {
  if (const std::optional<std::string> full = room_()) co_return Refusal{503, "no_space", *full, {}};
  const Result<std::vector<store::ConnectionRecord>> connections = co_await known_connections();
  if (!connections) co_return unavailable();
  std::vector<std::optional<json::object>> settled(items.size());  // of those that the store doesn't get
  store::AcceptRequest request;
  bool rehearsed = false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (const Refusal* refusal = std::get_if<Refusal>(&items[i].submission)) {
      settled[i] = refused_item(i, *refusal);
      continue;
    }
    ComposedSubmission& submission = std::get<ComposedSubmission>(items[i].submission);
    const bool dry_run = submission.options.dry_run;
    rehearsed |= dry_run;
    Preparation prepared = prepare(std::move(submission), *connections, credential, items[i].idempotency);
    if (const Refusal* refusal = std::get_if<Refusal>(&prepared))
      settled[i] = refused_item(i, *refusal);
    else if (dry_run)
      settled[i] = good_item(i, 200, dry_answer_of(std::get<store::NewMessage>(prepared)));
    else
      request.messages.push_back(std::move(std::get<store::NewMessage>(prepared)));
  }
  if (idempotency)
    request.idempotency = store::IdempotencyClaim{credential, idempotency->key, idempotency->body_sha256};
  request.render = [settled = std::move(settled)](const std::vector<store::AcceptedItem>& stored) {
    json::array results;
    std::size_t next = 0;
    for (std::size_t i = 0; i < settled.size(); ++i) {
      if (settled[i]) {
        results.push_back(*settled[i]);
        continue;
      }
      const store::AcceptedItem& item = stored[next++];
      results.push_back(item.how == Acceptance::conflict ? refused_item(i, idempotency_conflict())
                                                         : good_item(i, 202, json::parse(item.answer).as_object()));
    }
    return json::serialize(json::object{{"results", std::move(results)}});
  };
  // dry_run stores nothing, the key's claim included (fine-print, "Idempotency").
  if (rehearsed && request.messages.empty()) co_return Answered{request.render({}), "", false, false};
  Result<store::AcceptResult> accepted = co_await store_.accept(std::move(request));
  if (!accepted) co_return unavailable();
  if (accepted->how == Acceptance::conflict) co_return idempotency_conflict();
  co_return Answered{std::move(accepted->answer), "", accepted->how == Acceptance::replayed, false};
}

}  // namespace postroom::intake
