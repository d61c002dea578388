#include <algorithm>

#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/paused.h"
#include "api/problem.h"
#include "api/reason.h"
#include "api/render.h"
#include "api/resources.h"

namespace postroom::api {
namespace {

struct Moment {
  Timestamp at;
  std::string json;
  std::size_t order = 0;  // among those of one millisecond
};

Moment attempt_moment(const store::AttemptRecord& attempt) {
  JsonWriter json;
  json.begin_object().time("at", attempt.attempted_at()).text("event", "attempt");
  json.text("attempt_id", to_string(attempt.id)).number("attempt", attempt.ordinal);
  json.text("status", to_word(attempt.status)).text_or_null("reason", attempt.reason);
  json.text_or_null("reason_class", to_word(attempt.reason_class)).number("connection_id", attempt.connection_id);
  json.text("connection_caption", attempt.connection_caption).end_object();
  return {attempt.attempted_at(), json.take(), 0};
}

Moment event_moment(const store::EmailEvent& event) {
  JsonWriter json;
  json.begin_object().time("at", event.at).text("event", event.event).text_or_null("detail", event.detail);
  json.text_or_null("by", event.by).end_object();
  return {event.at, json.take(), 0};
}

Moment plain_moment(Timestamp at, std::string_view event) {
  JsonWriter json;
  json.begin_object().time("at", at).text("event", event).end_object();
  return {at, json.take(), 0};
}

void render_timeline(JsonWriter& json, const store::EmailStory& story) {
  std::vector<Moment> moments;
  moments.push_back(plain_moment(story.email.created_at(), "submitted"));
  for (const auto& attempt : story.attempts) moments.push_back(attempt_moment(attempt));
  for (const auto& event : story.events) moments.push_back(event_moment(event));
  const std::string_view final_word = to_word(story.email.status);
  const bool told =
      std::ranges::any_of(story.events, [&](const store::EmailEvent& event) { return event.event == final_word; });
  if (story.email.finished_at && !told) moments.push_back(plain_moment(*story.email.finished_at, final_word));
  for (std::size_t i = 0; i < moments.size(); ++i) moments[i].order = i;
  std::ranges::sort(moments, {}, [](const Moment& moment) { return std::pair(moment.at, moment.order); });
  json.key("timeline").begin_array();
  for (const auto& moment : moments) json.raw(moment.json);
  json.end_array();
}

}  // namespace

Answering get_email(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  auto story = co_await services.store.email(EmailId{*id});
  if (!story) co_return store_error(call, story.error());
  if (!call.principal.may(auth::Scope::read)) {
    const auto message = co_await services.store.message(story->email.message_id);
    if (!message) co_return store_error(call, message.error());
    if (message->message.submitted_by != call.principal.name) co_return not_found(call);
  }
  co_await tell_pauses(services, {&story->email, 1});
  JsonWriter json;
  json.begin_object();
  render_email(json, story->email);
  json.time("finished_at", story->email.finished_at);
  render_timeline(json, *story);
  json.end_object();
  co_return json_answer(200, json.take());
}

// The same content to the same recipient, as a new message: what was said of the old one stays as it is.
Answering send_again(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  std::vector<intake::FieldError> errors;
  ObjectReader reader(*object, "", errors);
  const std::string reason = read_reason(reader);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const auto story = co_await services.store.email(EmailId{*id});
  if (!story) co_return store_error(call, story.error());
  if (!store::is_final(story->email.status))
    co_return refuse(
        call, 409, "not_finished",
        "The email is not finished: it still waits or is being sent, and both would go. Retry or delete it.");
  const auto message = co_await services.store.message(story->email.message_id);
  if (!message) co_return store_error(call, message.error());
  const auto content = co_await services.store.content(story->email.message_id);
  if (!content && content.error().code == ErrorCode::not_found)
    co_return refuse(call, 404, "content_expired", "The content is no longer kept.");
  if (!content) co_return store_error(call, content.error());
  intake::RawSubmission again;
  again.from = message->message.reverse_path;
  again.to = {story->email.address};
  again.content = **content;
  again.options.tags = message->message.tags;
  again.options.lane = message->message.lane;
  if (!message->message.metadata.empty()) again.options.metadata = message->message.metadata;
  again.options.on_doubt = message->message.on_doubt;
  store::AuditRecord record = audit(services, call, "email.send_again", "email:" + to_string(story->email.id));
  record.reason = reason;
  intake::AnySubmission submission = std::move(again);
  const auto outcome =
      co_await services.intake.accept(std::move(submission), call.principal.name, std::nullopt, std::move(record));
  if (const auto* refusal = std::get_if<intake::Refusal>(&outcome)) co_return refuse(call, *refusal);
  co_return json_answer(202, std::get<intake::Answered>(outcome).json);
}

}  // namespace postroom::api
