#include <fmt/format.h>

#include <charconv>

#include "api/json_reader.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/text.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;
using store::ConnectionRecord;

constexpr std::string_view sealed_for = "connection";
constexpr std::size_t text_bytes = 255;

struct Given {
  ConnectionRecord connection;
  std::optional<Secret> password;
  std::optional<std::int64_t> version;
};

void read_text(ObjectReader& reader, std::string_view name, std::string& field) {
  const auto text = reader.text(name);
  if (!text) return;
  if (text->size() > text_bytes || has_control_characters(*text))
    return reader.error(name, "invalid", "At most 255 bytes, without control characters.");
  field = *text;
}

template <class Number>
void read_number(ObjectReader& reader, std::string_view name, Number& field, std::int64_t least, std::int64_t most) {
  if (const auto number = reader.integer(name, least, most)) field = static_cast<Number>(*number);
}

template <class Enum>
void read_word(ObjectReader& reader, std::string_view name, Enum& field) {
  const auto text = reader.text(name);
  if (!text) return;
  const auto word = store::from_word<Enum>(*text);
  if (!word) return reader.error(name, "invalid", "This is none of the words that stand here.");
  field = *word;
}

void read_limits(ObjectReader& reader, store::SendingLimits& limits, Errors& errors) {
  const auto* value = reader.take("limits");
  if (!value) return;
  if (!value->is_object()) return reader.error("limits", "not_an_object", "Limits are an object of numbers.");
  ObjectReader inner(value->get_object(), "/limits", errors);
  const auto read = [&](std::string_view name, std::uint32_t& field) {
    const auto* given = inner.take(name);
    if (!given) return;
    field = 0;  // null lifts the limit
    if (!given->is_null()) read_number(inner, name, field, 1, INT32_MAX);
  };
  read("per_second", limits.per_second);
  read("per_minute", limits.per_minute);
  read("per_hour", limits.per_hour);
  read("per_day", limits.per_day);
  read("per_month", limits.per_month);
  inner.finish();
}

// Lays the given fields over `given.connection`.
void read_fields(ObjectReader& reader, Given& given, Errors& errors) {
  ConnectionRecord& c = given.connection;
  read_text(reader, "caption", c.caption);
  read_text(reader, "driver", c.driver);
  read_text(reader, "host", c.host);
  read_number(reader, "port", c.port, 1, 65535);
  read_text(reader, "username", c.username);
  read_text(reader, "send_from", c.send_from);
  read_text(reader, "send_from_name", c.send_from_name);
  read_word(reader, "encryption", c.encryption);
  c.enabled = reader.boolean("enabled").value_or(c.enabled);
  read_number(reader, "priority", c.priority, 0, 1'000'000);
  read_number(reader, "weight", c.weight, 1, 1'000'000);
  read_limits(reader, c.limits, errors);
  read_text(reader, "timezone", c.timezone);
  read_number(reader, "max_sessions", c.max_sessions, 1, 1000);
  read_number(reader, "max_messages_per_session", c.max_messages_per_session, 0, 1'000'000);
  read_word(reader, "auth", c.auth);
  c.verify_certificate = reader.boolean("verify_certificate").value_or(c.verify_certificate);
  read_text(reader, "ca_file", c.ca_file);
  read_word(reader, "on_doubt", c.on_doubt);
  if (auto password = reader.text("password")) given.password = Secret(std::move(*password));
}

void check(const Services& services, ObjectReader& reader, const ConnectionRecord& c) {
  if (c.driver != "smtp") reader.error("driver", "invalid", "The only driver is smtp.");
  if (c.host.empty())
    reader.error("host", "required", "A connection needs a host.");
  else if (services.config.check_host)
    if (const auto refusal = services.config.check_host(c.host)) reader.error("host", "host_not_allowed", *refusal);
  if (!c.send_from.empty() && !mail::parse_address(c.send_from))
    reader.error("send_from", "address_invalid", "This is not an email address.");
  if (c.on_doubt == store::OnDoubt::inherit) reader.error("on_doubt", "invalid", "This must be retry or hold.");
}

// Where a password goes: whoever changes one of these must know the password.
bool same_place(const ConnectionRecord& a, const ConnectionRecord& b) {
  return a.host == b.host && a.port == b.port && a.encryption == b.encryption && a.username == b.username &&
         a.verify_certificate == b.verify_certificate && a.ca_file == b.ca_file;
}

std::optional<store::ConnectionId> id_of(const Call& call) {
  store::ConnectionId id = 0;
  const std::string& text = call.params[0];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 1) return std::nullopt;
  return id;
}

async::Task<Result<ConnectionRecord>> find(Services& services, std::optional<store::ConnectionId> id) {
  auto connections = co_await services.store.connections();
  if (!connections) co_return std::unexpected(connections.error());
  for (auto& connection : *connections)
    if (id && connection.id == *id) co_return std::move(connection);
  co_return fail(ErrorCode::not_found, "no such connection");
}

http::Response refused_change(const Call& call, const Error& error) {
  constexpr std::string_view in_use = "connection_in_use:";
  if (error.code != ErrorCode::conflict) return store_error(call, error);
  if (error.message == "last_connection")
    return refuse(call, 409, "last_connection", "Mail needs one enabled connection: this is the last.");
  if (error.message == "stale_version")
    return refuse(call, 409, "stale_version", "Someone has changed the connection since you read it.");
  if (error.message.starts_with(in_use))
    return refuse(
        call, 409, "connection_in_use",
        fmt::format("{} unfinished emails are bound to this connection.", error.message.substr(in_use.size())));
  return store_error(call, error);
}

http::Response one(Services& services, int status, const ConnectionRecord& connection) {
  JsonWriter json;
  json.begin_object();
  render_connection(json, connection, services.delivery.health(connection.id), services.delivery.used(connection.id));
  json.end_object();
  return json_answer(status, json.take());
}

}  // namespace

Answering list_connections(Services& services, Call& call) {
  const auto connections = co_await services.store.connections();
  if (!connections) co_return store_error(call, connections.error());
  const store::Page<ConnectionRecord> page{*connections, std::nullopt, connections->size(), true};
  const auto each = [&services](JsonWriter& json, const ConnectionRecord& c) {
    render_connection(json, c, services.delivery.health(c.id), services.delivery.used(c.id));
  };
  co_return json_answer(200, render_page(page, "", each));
}

Answering get_connection(Services& services, Call& call) {
  const auto found = co_await find(services, id_of(call));
  if (!found) co_return store_error(call, found.error());
  co_return one(services, 200, *found);
}

Answering create_connection(Services& services, Call& call) {
  const auto value = parse_json(call.request.body);
  if (!value) co_return refuse(call, 400, "malformed_json", value.error().message);
  if (!value->is_object()) co_return invalid(call, {{"", "not_an_object", "A connection is a JSON object."}});
  Errors errors;
  Given given;
  ObjectReader reader(value->get_object(), "", errors);
  read_fields(reader, given, errors);
  if (!reader.has("caption")) given.connection.caption = given.connection.host;
  check(services, reader, given.connection);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (given.password && !given.password->empty())
    given.connection.sealed_password = services.secrets.seal(*given.password, sealed_for);
  given.connection.created_at = given.connection.updated_at = services.loop.wall();
  const auto created = co_await services.store.create_connection(
      std::move(given.connection), audit(services, call, "connection.create", "connection"));
  if (!created) co_return refused_change(call, created.error());
  http::Response response = one(services, 201, *created);
  response.with("Location", fmt::format("/api/v1/connections/{}", created->id));
  co_return response;
}

Answering update_connection(Services& services, Call& call) {
  const auto value = parse_json(call.request.body);
  if (!value) co_return refuse(call, 400, "malformed_json", value.error().message);
  if (!value->is_object()) co_return invalid(call, {{"", "not_an_object", "A connection is a JSON object."}});
  const auto before = co_await find(services, id_of(call));
  if (!before) co_return store_error(call, before.error());
  Errors errors;
  Given given{*before, std::nullopt, std::nullopt};
  ObjectReader reader(value->get_object(), "", errors);
  read_fields(reader, given, errors);
  given.version = reader.integer("version", 0, INT64_MAX);
  check(services, reader, given.connection);
  reader.finish();
  if (!before->sealed_password.empty() && !given.password && !same_place(*before, given.connection))
    reader.error("password", "password_required", "The connection has changed its place: give the password again.");
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (given.password)
    given.connection.sealed_password =
        given.password->empty() ? "" : services.secrets.seal(*given.password, sealed_for);
  given.connection.updated_at = services.loop.wall();
  store::ConnectionChange change{std::move(given.connection), given.version.value_or(before->version),
                                 audit(services, call, "connection.update", fmt::format("connection:{}", before->id))};
  const auto updated = co_await services.store.update_connection(std::move(change));
  if (!updated) co_return refused_change(call, updated.error());
  co_return one(services, 200, *updated);
}

Answering delete_connection(Services& services, Call& call) {
  const auto id = id_of(call);
  if (!id) co_return not_found(call);
  const auto deleted = co_await services.store.delete_connection(
      *id, audit(services, call, "connection.delete", fmt::format("connection:{}", *id)));
  if (!deleted) co_return refused_change(call, deleted.error());
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace postroom::api
