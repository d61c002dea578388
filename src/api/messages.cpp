#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "api/json_body.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "api/submission_reader.h"
#include "base/limits.h"
#include "base/text.h"
#include "intake/option_headers.h"

namespace postroom::api {
namespace {

namespace json = boost::json;

bool key_is_good(std::string_view key) {
  return !key.empty() && key.size() <= limits::idempotency_key && !has_control_characters(key) && is_valid_utf8(key);
}

// What two calls with one key must have in common to be the same call: the body, and before it what else says what is
// to be done, the operation first. POST /messages has its body only.
std::string fingerprint(std::string_view what, std::string_view body) {
  return auth::sha256(std::string(what).append(body));
}

// The call's Idempotency-Key; refused when it is not usable.
OrRefusal<std::optional<intake::Idempotency>> idempotency(const Call& call, std::string_view what) {
  const std::string* key = call.request.header("Idempotency-Key");
  if (!key) return std::nullopt;
  if (!key_is_good(*key))
    return std::unexpected(
        intake::Refusal{422, "idempotency_key_invalid", "An Idempotency-Key has 1 to 256 characters.", {}});
  return intake::Idempotency{*key, fingerprint(what, call.request.body)};
}

http::Response outcome_answer(const Call& call, const intake::Outcome& outcome) {
  if (const auto* refusal = std::get_if<intake::Refusal>(&outcome)) return refuse(call, *refusal);
  const auto& answered = std::get<intake::Answered>(outcome);
  http::Response response = json_answer(answered.dry_run ? 200 : 202, answered.json);
  if (answered.replayed) response.with("Idempotent-Replayed", "true");
  return response;
}

bool may_see(const Call& call, const std::string& submitted_by) {
  return call.principal.may(auth::Scope::read) || call.principal.name == submitted_by;
}

OrRefusal<intake::RawSubmission> read_raw(Call& call) {
  const auto bad = [](std::string code, std::string detail) {
    return std::unexpected(intake::Refusal{400, std::move(code), std::move(detail), {}});
  };
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) return bad("malformed_request", "The query is not properly encoded.");
  intake::RawSubmission submission;
  bool has_from = false;
  for (const auto& [name, value] : *parameters) {
    if (name == "from" && !has_from) {
      submission.from = value;
      has_from = true;
    } else if (name == "to") {
      submission.to.push_back(value);
    } else {
      return bad("unknown_parameter", "Only from (once) and to may be given.");
    }
  }
  if (!has_from) return bad("parameter_invalid", "The envelope's from is needed; it may be empty.");
  submission.content = std::move(call.request.body);
  return submission;
}

}  // namespace

Answering post_message(Services& services, Call& call) {
  auto key = idempotency(call, "");
  if (!key) co_return refuse(call, key.error());
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  ReadSubmission read = read_submission(*object, SubmissionPlace::alone);
  if (!read.errors.empty()) co_return invalid(call, std::move(read.errors));
  intake::AnySubmission submission = std::move(read.submission);
  const auto outcome = co_await services.intake.accept(std::move(submission), call.principal.name, std::move(*key));
  co_return outcome_answer(call, outcome);
}

Answering post_batch(Services& services, Call& call) {
  auto key = idempotency(call, "batch\n");
  if (!key) co_return refuse(call, key.error());
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  const json::value* messages = reader.take("messages");
  const json::array* list = messages ? messages->if_array() : nullptr;
  if (!list || list->empty() || list->size() > limits::batch_messages)
    reader.error("messages", "invalid", "This must be a list of 1 to 1000 messages.");
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));

  std::vector<intake::Intake::BatchItem> items;
  items.reserve(list->size());
  for (const json::value& entry : *list) {
    intake::Intake::BatchItem item;
    if (!entry.is_object()) {
      item.submission = intake::Refusal{422, "not_an_object", "A message is a JSON object.", {}};
    } else {
      ReadSubmission read = read_submission(entry.get_object(), SubmissionPlace::in_batch);
      if (read.idempotency_key) {
        if (!key_is_good(*read.idempotency_key))
          read.errors.push_back({"/idempotency_key", "idempotency_key_invalid", "A key has 1 to 256 characters."});
        item.idempotency = intake::Idempotency{*read.idempotency_key, auth::sha256(json::serialize(entry))};
      }
      if (read.errors.empty()) {
        item.submission = std::move(read.submission);
      } else {
        item.submission = intake::Refusal{422, "invalid", "Some fields are not valid.", std::move(read.errors)};
      }
    }
    items.push_back(std::move(item));
  }
  const auto outcome = co_await services.intake.accept_batch(std::move(items), call.principal.name, std::move(*key));
  co_return outcome_answer(call, outcome);
}

Answering post_raw(Services& services, Call& call) {
  if (const auto wrong = wrong_type(call, "message/rfc822")) co_return refuse(call, *wrong);
  const std::string what = "raw?" + call.request.query + "\n";  // the envelope stands there
  auto key = idempotency(call, what);
  if (!key) co_return refuse(call, key.error());
  auto read = read_raw(call);
  if (!read) co_return refuse(call, read.error());
  // What else is to be said stands in the message's header, as over SMTP.
  intake::OptionHeaders said = intake::read_option_headers(read->content);
  if (!said.errors.empty()) co_return invalid(call, std::move(said.errors));
  if (said.idempotency_key && !*key)
    *key = intake::Idempotency{std::move(*said.idempotency_key), fingerprint(what, read->content)};
  read->options = std::move(said.options);
  intake::AnySubmission submission = std::move(*read);
  const auto outcome = co_await services.intake.accept(std::move(submission), call.principal.name, std::move(*key));
  co_return outcome_answer(call, outcome);
}

Answering get_message(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  const auto story = co_await services.store.message(MessageId{*id});
  if (!story) co_return store_error(call, story.error());
  const store::MessageRecord& message = story->message;
  if (!may_see(call, message.submitted_by)) co_return not_found(call);
  JsonWriter json;
  json.begin_object().text("id", to_string(message.id)).text("from", message.reverse_path);
  json.text("subject", message.subject).text("lane", message.lane).texts("tags", message.tags);
  json.key("metadata").raw(message.metadata.empty() ? "{}" : message.metadata);
  json.number_or_null("connection_id", message.pinned_to).text_or_null("on_doubt", to_word(message.on_doubt));
  json.time("send_at", message.send_at).time("created_at", message.created_at()).time("expires_at", message.expires_at);
  json.number("size_bytes", static_cast<std::int64_t>(message.size_bytes));
  json.text_or_null("submitted_by", message.submitted_by).key("emails").begin_array();
  for (const auto& email : story->emails) {
    json.begin_object();
    render_email(json, email);
    json.end_object();
  }
  json.end_array().end_object();
  co_return json_answer(200, json.take());
}

Answering get_content(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  const auto known = co_await services.store.message(MessageId{*id});
  if (!known) co_return store_error(call, known.error());
  const auto content = co_await services.store.content(MessageId{*id});
  if (!content && content.error().code == ErrorCode::not_found)
    co_return refuse(call, 404, "content_expired", "The content is no longer kept.");
  if (!content) co_return store_error(call, content.error());
  http::Response response;
  response.with("Content-Type", "message/rfc822").with("Content-Security-Policy", "sandbox");
  response.with("Content-Disposition", "attachment; filename=\"" + to_string(MessageId{*id}) + ".eml\"");
  response.body = **content;
  co_return response;
}

}  // namespace postroom::api
