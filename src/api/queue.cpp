#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "api/connection_reader.h"
#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/paused.h"
#include "api/problem.h"
#include "api/reason.h"
#include "api/render.h"
#include "api/resources.h"

namespace postroom::api {
namespace {

namespace json = boost::json;
using Errors = std::vector<intake::FieldError>;

constexpr std::size_t ids_at_once = 10000;

std::optional<store::QueueAct> act_from_word(std::string_view word) {
  using store::QueueAct;
  if (word == "delete") return QueueAct::remove;
  if (word == "retry") return QueueAct::retry;
  if (word == "hold") return QueueAct::hold;
  if (word == "release") return QueueAct::release;
  if (word == "move") return QueueAct::move;
  if (word == "expire") return QueueAct::expire;
  if (word == "settle") return QueueAct::settle;
  return std::nullopt;
}

void read_ids(ObjectReader& reader, std::vector<EmailId>& ids) {
  for (const auto& text : reader.texts("ids")) {
    const auto id = parse_id(text);
    if (!id) return reader.error("ids", "invalid", "An id has 13 characters.");
    ids.push_back(EmailId{*id});
  }
  std::ranges::sort(ids);  // each counts once
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  if (ids.size() > ids_at_once) reader.error("ids", "too_many", "At most 10,000 ids at once; use a filter.");
}

void read_one_filter(store::QueueFilter& filter, const std::string& name, const json::value& value, Errors& errors) {
  std::string text;
  if (value.is_string()) {
    text.assign(value.get_string().data(), value.get_string().size());
  } else if (value.is_int64()) {
    text = fmt::to_string(value.get_int64());
  }
  const auto set = set_queue_filter(filter, name, text);
  if (set && *set) return;
  errors.push_back({"/filter/" + name, set ? "unknown_field" : "invalid",
                    set ? "The queue has no such filter." : "This is not a value of this filter."});
}

std::optional<store::QueueFilter> read_filter(ObjectReader& reader, Errors& errors) {
  const json::value* value = reader.take("filter");
  if (!value) return std::nullopt;
  if (!value->is_object()) {
    reader.error("filter", "not_an_object", "A filter is an object.");
    return std::nullopt;
  }
  store::QueueFilter filter;
  for (const auto& entry : value->get_object()) {
    const std::string name(entry.key().data(), entry.key().size());
    if (name == "status" && entry.value().is_array()) {
      for (const auto& status : entry.value().get_array()) read_one_filter(filter, name, status, errors);
    } else {
      read_one_filter(filter, name, entry.value(), errors);
    }
  }
  return filter;
}

store::QueueAction read_action(const json::object& object, Errors& errors) {
  store::QueueAction action;
  ObjectReader reader(object, "", errors);
  const auto act = act_from_word(reader.text("action").value_or(""));
  if (!act) reader.error("action", "invalid", "This must be delete, retry, hold, release, move, expire or settle.");
  action.act = act.value_or(store::QueueAct::hold);
  read_ids(reader, action.ids);
  action.filter = read_filter(reader, errors);
  const bool all = reader.boolean("all").value_or(false);
  const auto connection = reader.integer("connection_id", 1, INT32_MAX);
  const auto sent = reader.boolean("sent");
  action.dry_run = reader.boolean("dry_run").value_or(false);
  action.audit.reason = read_reason(reader);
  reader.finish();
  if (reader.has("ids") == reader.has("filter"))
    reader.error("ids", "required", "Give either ids or a filter.");
  else if (reader.has("ids") && action.ids.empty())
    reader.error("ids", "required", "Give at least one id.");
  if (action.filter && action.filter->empty() && !all)
    reader.error("filter", "filter_empty", "An empty filter means every email; say \"all\": true if you mean it.");
  if ((action.act == store::QueueAct::move) != connection.has_value())
    reader.error("connection_id", "invalid", "move, and only move, needs a connection.");
  if ((action.act == store::QueueAct::settle) != sent.has_value())
    reader.error("sent", "invalid", "settle, and only settle, needs to know whether the email was sent.");
  action.move_to = connection.value_or(0);
  action.settle_sent = sent.value_or(false);
  return action;
}

// Whether mail may be due afterwards that was not before.
bool makes_due(const store::QueueAction& action) {
  using store::QueueAct;
  if (action.dry_run) return false;
  return action.act == QueueAct::retry || action.act == QueueAct::release || action.act == QueueAct::move ||
         action.act == QueueAct::settle;
}

}  // namespace

Answering list_queue(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto query = read_queue_query(*parameters);
  if (!query) co_return refuse(call, query.error());
  const Timestamp now = services.loop.wall();
  auto page = co_await services.store.list_queue(query->filter, query->sort, query->direction, query->page, now);
  if (!page) co_return store_error(call, page.error());
  co_await tell_pauses(services, page->items);
  co_return json_answer(200, render_page(*page, query->cursor_key, render_email));
}

Answering get_queued(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  auto story = co_await services.store.email(EmailId{*id});
  if (!story) co_return store_error(call, story.error());
  if (store::is_final(story->email.status)) co_return not_found(call);
  co_await tell_pauses(services, {&story->email, 1});
  JsonWriter json;
  json.begin_object();
  render_email(json, story->email);
  json.end_object();
  co_return json_answer(200, json.take());
}

Answering delete_queued(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  const auto parameters = http::parse_query(call.request.query);
  if (!id) co_return not_found(call);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  store::QueueAction action;
  action.act = store::QueueAct::remove;
  action.ids = {EmailId{*id}};
  action.audit = audit(services, call, "queue.delete", "email:" + to_string(EmailId{*id}));
  for (const auto& [name, value] : *parameters) {
    if (name != "reason") co_return refuse(call, 400, "unknown_parameter", "Only reason may be given.");
    if (!is_reason(value)) co_return invalid(call, {{"/reason", "too_long", std::string(reason_rule)}});
    action.audit.reason = value;
  }
  const auto story = co_await services.store.email(EmailId{*id});
  if (!story) co_return store_error(call, story.error());
  if (store::is_final(story->email.status)) co_return not_found(call);
  const auto counts = co_await services.store.act(std::move(action), services.loop.wall());
  if (!counts) co_return store_error(call, counts.error());
  if (counts->changed == 0) co_return refuse(call, 409, "being_sent", "The email is being sent right now.");
  co_return done();
}

Answering act_on_queue(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  Errors errors;
  store::QueueAction action = read_action(*object, errors);
  if (errors.empty() && action.act == store::QueueAct::move) {
    const auto known = co_await find_connection(services, action.move_to);
    if (!known && known.error().code != ErrorCode::not_found) co_return store_error(call, known.error());
    if (!known) errors.push_back({"/connection_id", "connection_unknown", "There is no such connection."});
  }
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  const std::string word(object->at("action").as_string());
  const std::string reason = std::move(action.audit.reason);
  action.audit = audit(services, call, "queue." + word, "");  // the store says of how many emails
  action.audit.reason = reason;
  if (action.filter) action.audit.detail = boost::json::serialize(object->at("filter"));
  const bool due = makes_due(action);
  const bool dry_run = action.dry_run;
  const Timestamp now = services.loop.wall();
  action.is_given_up = services.config.is_stopping;
  const auto counts = co_await services.store.act(std::move(action), now);
  if (!counts) co_return store_error(call, counts.error());
  if (!counts->complete)
    co_return refuse(
        call, 503, "stopping",
        fmt::format("The server is stopping. {} emails were changed before that; give the same order again "
                    "once it runs.",
                    counts->changed));
  if (due) services.delivery.wake();
  JsonWriter json;
  json.begin_object().number("matched", static_cast<std::int64_t>(counts->matched));
  json.number("changed", static_cast<std::int64_t>(counts->changed));
  json.number("skipped", static_cast<std::int64_t>(counts->skipped));
  if (dry_run) json.time("as_of", now);
  json.end_object();
  co_return json_answer(200, json.take());
}

}  // namespace postroom::api
