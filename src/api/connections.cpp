#include <fmt/format.h>

#include "api/connection_reader.h"
#include "api/json_body.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;
using store::ConnectionRecord;

http::Response refused_change(const Call& call, const store::ConnectionRefusal& refusal) {
  using Kind = store::ConnectionRefusal::Kind;
  const auto number = static_cast<std::int64_t>(refusal.number);
  switch (refusal.kind) {
    case Kind::last_enabled:
      return refuse(call, 409, "last_connection", "Mail needs an enabled connection, and this would leave none.");
    case Kind::stale_version:
      return refuse(call, 409, "stale_version", "Someone has changed the connection since you read it.");
    case Kind::in_use:
      return refuse(
          call, 409, "connection_in_use",
          fmt::format("Unfinished emails are bound to this connection, or on their way over it: {}. Disable it "
                      "instead, and delete it when they are done.",
                      number),
          [number](JsonWriter& json) { json.number("count", number); });
    case Kind::in_rules:
      return refuse(call, 409, "connection_in_rules",
                    fmt::format("Routing rule {} names this connection. Take it out of the rules first.", number),
                    [number](JsonWriter& json) { json.number("rule", number); });
    case Kind::error:
      break;
  }
  return store_error(call, refusal.error);
}

http::Response one(Services& services, int status, const ConnectionRecord& connection) {
  JsonWriter json;
  json.begin_object();
  render_connection(json, connection, services.delivery.state(connection.id));
  json.end_object();
  return json_answer(status, json.take());
}

// "host, port": what a change was about; its values may be secrets.
std::string names_of(const boost::json::object& body) {
  std::string names;
  for (const auto& [name, value] : body)
    if (name != "version") names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

}  // namespace

Answering list_connections(Services& services, Call& call) {
  const auto connections = co_await services.store.connections();
  if (!connections) co_return store_error(call, connections.error());
  const store::Page<ConnectionRecord> page{*connections, std::nullopt, connections->size(), true};
  const auto each = [&services](JsonWriter& json, const ConnectionRecord& c) {
    render_connection(json, c, services.delivery.state(c.id));
  };
  co_return json_answer(200, render_page(page, "", each));
}

Answering get_connection(Services& services, Call& call) {
  const auto found = co_await find_connection(services, connection_id(call));
  if (!found) co_return store_error(call, found.error());
  co_return one(services, 200, *found);
}

Answering create_connection(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  Errors errors;
  GivenConnection given;
  ObjectReader reader(*object, "", errors);
  read_connection(reader, given, errors);
  if (!reader.has("caption")) given.connection.caption = given.connection.host;
  check_connection(services, reader, given.connection);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (given.password && !given.password->empty())
    given.connection.sealed_password = services.secrets.seal(*given.password, auth::connection_context);
  given.connection.created_at = given.connection.updated_at = services.loop.wall();
  const auto created = co_await services.store.create_connection(
      std::move(given.connection), audit(services, call, "connection.create", "connection"));
  if (!created) co_return refused_change(call, created.error());
  co_await services.delivery.settings_in_force();
  http::Response response = one(services, 201, *created);
  response.with("Location", fmt::format("/api/v1/connections/{}", created->id));
  co_return response;
}

Answering update_connection(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  const auto before = co_await find_connection(services, connection_id(call));
  if (!before) co_return store_error(call, before.error());
  Errors errors;
  GivenConnection given{*before, std::nullopt};
  ObjectReader reader(*object, "", errors);
  read_connection(reader, given, errors);
  const auto version = reader.integer("version", 0, INT64_MAX);
  check_connection(services, reader, given.connection);
  reader.finish();
  check_password(reader, *before, given);
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (given.password)
    given.connection.sealed_password =
        given.password->empty() ? "" : services.secrets.seal(*given.password, auth::connection_context);
  given.connection.updated_at = services.loop.wall();
  store::AuditRecord record = audit(services, call, "connection.update", fmt::format("connection:{}", before->id));
  record.detail = names_of(*object);
  store::ConnectionChange change{std::move(given.connection), version.value_or(before->version), std::move(record)};
  const auto updated = co_await services.store.update_connection(std::move(change));
  if (!updated) co_return refused_change(call, updated.error());
  co_await services.delivery.settings_in_force();
  co_return one(services, 200, *updated);
}

Answering delete_connection(Services& services, Call& call) {
  const auto id = connection_id(call);
  if (!id) co_return not_found(call);
  const auto deleted = co_await services.store.delete_connection(
      *id, audit(services, call, "connection.delete", fmt::format("connection:{}", *id)));
  if (!deleted) co_return refused_change(call, deleted.error());
  co_return done();
}

}  // namespace postroom::api
