#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"

namespace postroom::api {

Answering list_log(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  auto query = read_log_query(*parameters);
  if (!query) co_return refuse(call, query.error());
  const auto page = co_await services.store.list_log(query->filter, query->direction, query->page);
  if (!page) co_return store_error(call, page.error());
  co_return json_answer(200, render_page(*page, query->cursor_key, render_attempt));
}

Answering get_attempt(Services& services, Call& call) {
  const auto id = parse_id(call.params[0]);
  if (!id) co_return not_found(call);
  const auto detail = co_await services.store.attempt(AttemptId{*id});
  if (!detail) co_return store_error(call, detail.error());
  JsonWriter json;
  json.begin_object();
  render_attempt(json, detail->attempt);
  json.text("conversation", conversation_for(detail->conversation, detail->attempt.address)).end_object();
  co_return json_answer(200, json.take());
}

Answering list_audit(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto query = read_audit_query(*parameters);
  if (!query) co_return refuse(call, query.error());
  const auto page = co_await services.store.list_audit(query->filter, query->page);
  if (!page) co_return store_error(call, page.error());
  const auto each = [](JsonWriter& json, const store::AuditRecord& record) {
    json.number("id", record.id).time("at", record.at).text("by", record.by).text("from", record.from);
    json.text("action", record.action).text("object", record.object);
    json.text_or_null("detail", record.detail).text_or_null("reason", record.reason);
  };
  co_return json_answer(200, render_page(*page, query->cursor_key, each));
}

}  // namespace postroom::api
