// Delivery as a whole: what stands still and why, and what the staff should know of.
#include <fmt/format.h>

#include <algorithm>

#include "api/connection_reader.h"
#include "api/json_body.h"
#include "api/problem.h"
#include "api/reason.h"
#include "api/render.h"
#include "api/resources.h"
#include "store/pauses.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;

// What a pause is of: its setting, and how the audit log calls it.
struct Pausable {
  std::string setting;
  std::string object;
  std::optional<store::ConnectionId> connection;
};

enum class Change { pause, resume };

Pausable read_pausable(const Services& services, ObjectReader& reader, Change change) {
  const bool all = reader.boolean("all").value_or(false);
  const auto lane = reader.text("lane");
  const auto connection = reader.integer("connection_id", 1, INT64_MAX);
  if (int{all} + int{lane.has_value()} + int{connection.has_value()} != 1)
    reader.error("all", "required", "Give one of \"all\": true, a lane or a connection_id.");
  const auto& lanes = services.config.lanes;  // what is paused already can be resumed under any name
  if (lane && change == Change::pause && std::ranges::find(lanes, *lane) == lanes.end())
    reader.error("lane", "lane_unknown", "There is no such lane.");
  if (lane) return {store::pause_of_lane(*lane), "lane:" + *lane, {}};
  if (connection)
    return {store::pause_of_connection(*connection), fmt::format("connection:{}", *connection), connection};
  return {store::pause_of_all(), "delivery", {}};
}

async::Task<http::Response> delivery_answer(Services& services, const Call& call) {
  const auto settings = co_await services.store.settings(std::string(store::pause_prefix));
  if (!settings) co_return store_error(call, settings.error());
  const auto jump = co_await services.store.setting(std::string(store::clock_jump_setting));
  if (!jump) co_return store_error(call, jump.error());
  JsonWriter json;
  json.begin_object().boolean("paused", store::read_pauses(*settings).all.has_value()).key("pauses").begin_array();
  for (const auto& [name, reason] : *settings) {
    const store::Pauses one = store::read_pauses({{name, reason}});
    json.begin_object().boolean("all", one.all.has_value());
    json.text_or_null("lane", one.lanes.empty() ? "" : one.lanes.begin()->first);
    json.number_or_null("connection_id",
                        one.connections.empty() ? std::nullopt : std::optional(one.connections.begin()->first));
    json.text_or_null("reason", reason).end_object();
  }
  json.end_array().texts("lanes", services.config.lanes).text_or_null("clock_jump", jump->value_or(""));
  const std::optional<std::string> full = services.config.room ? services.config.room() : std::nullopt;
  json.text_or_null("refuses_mail", full.value_or("")).end_object();
  co_return json_answer(200, json.take());
}

Answering change_pause(Services& services, Call& call, Change change) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  Errors errors;
  ObjectReader reader(*object, "", errors);
  const Pausable what = read_pausable(services, reader, change);
  const std::string reason = read_reason(reader);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (change == Change::pause && what.connection) {
    const auto known = co_await find_connection(services, *what.connection);
    if (!known && known.error().code == ErrorCode::not_found)
      co_return invalid(call, {{"/connection_id", "connection_unknown", "There is no such connection."}});
    if (!known) co_return store_error(call, known.error());
  }
  const bool pause = change == Change::pause;
  store::AuditRecord record = audit(services, call, pause ? "delivery.pause" : "delivery.resume", what.object);
  record.reason = reason;
  const auto changed = co_await services.store.change_setting(
      what.setting, pause ? std::optional(reason) : std::nullopt, std::move(record));
  if (!changed) co_return store_error(call, changed.error());
  co_await services.delivery.settings_in_force();
  co_return co_await delivery_answer(services, call);
}

}  // namespace

Answering get_delivery(Services& services, Call& call) {
  co_return co_await delivery_answer(services, call);
}

Answering pause_delivery(Services& services, Call& call) {
  co_return co_await change_pause(services, call, Change::pause);
}

Answering resume_delivery(Services& services, Call& call) {
  co_return co_await change_pause(services, call, Change::resume);
}

Answering confirm_clock(Services& services, Call& call) {
  const auto jump = co_await services.store.setting(std::string(store::clock_jump_setting));
  if (!jump) co_return store_error(call, jump.error());
  if (!*jump) co_return refuse(call, 409, "no_clock_jump", "The clock is not in question.");
  store::AuditRecord record = audit(services, call, "delivery.confirm_clock", "delivery");
  record.detail = **jump;
  const auto changed =
      co_await services.store.change_setting(std::string(store::clock_jump_setting), std::nullopt, std::move(record));
  if (!changed) co_return store_error(call, changed.error());
  services.store.hold_expiry(store::Hold::off);
  services.delivery.wake();
  co_return co_await delivery_answer(services, call);
}

Answering list_events(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto query = read_plain_query(*parameters);
  if (!query) co_return refuse(call, query.error());
  const auto page = co_await services.store.list_events(query->page);
  if (!page) co_return store_error(call, page.error());
  const auto each = [](JsonWriter& json, const store::EventRecord& event) {
    json.number("id", event.id).time("at", event.at).text("event", event.event);
    json.number_or_null("connection_id", event.connection_id).text("detail", event.detail);
  };
  co_return json_answer(200, render_page(*page, query->cursor_key, each));
}

}  // namespace postroom::api
