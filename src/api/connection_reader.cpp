#include "api/connection_reader.h"

#include "api/reply_rules.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;
using store::ConnectionRecord;

constexpr std::size_t text_bytes = 255;

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

// Where a password goes: whoever changes one of these must know the password.
bool same_place(const ConnectionRecord& a, const ConnectionRecord& b) {
  return a.host == b.host && a.port == b.port && a.encryption == b.encryption && a.username == b.username &&
         a.verify_certificate == b.verify_certificate && a.ca_file == b.ca_file;
}

}  // namespace

void read_connection(ObjectReader& reader, GivenConnection& given, Errors& errors) {
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
  read_word(reader, "over_limit", c.over_limit);
  read_text(reader, "timezone", c.timezone);
  read_number(reader, "max_sessions", c.max_sessions, 1, 1000);
  read_number(reader, "max_messages_per_session", c.max_messages_per_session, 0, 1'000'000);
  read_word(reader, "auth", c.auth);
  c.verify_certificate = reader.boolean("verify_certificate").value_or(c.verify_certificate);
  read_text(reader, "ca_file", c.ca_file);
  read_word(reader, "on_doubt", c.on_doubt);
  read_word(reader, "profile", c.profile);
  read_reply_rules(reader, c.reply_rules, errors);
  if (auto password = reader.text("password")) given.password = Secret(std::move(*password));
}

void check_connection(const Services& services, ObjectReader& reader, const ConnectionRecord& c) {
  if (c.driver != "smtp") reader.error("driver", "invalid", "The only driver is smtp.");
  if (c.host.empty())
    reader.error("host", "required", "A connection needs a host.");
  else if (!is_host_name(c.host))
    reader.error("host", "invalid", "Give the name or address alone; the port is a field of its own.");
  else if (services.config.check_host)
    if (const auto refusal = services.config.check_host(c.host)) reader.error("host", "host_not_allowed", *refusal);
  if (!c.send_from.empty() && !mail::parse_address(c.send_from))
    reader.error("send_from", "address_invalid", "This is not an email address.");
  if (!TimeZone::find(c.timezone))
    reader.error("timezone", "invalid", "This is no time zone; give an IANA name such as Europe/Berlin.");
  if (c.on_doubt == store::OnDoubt::inherit) reader.error("on_doubt", "invalid", "This must be retry or hold.");
}

void check_password(ObjectReader& reader, const ConnectionRecord& before, const GivenConnection& now) {
  if (!before.sealed_password.empty() && !now.password && !same_place(before, now.connection))
    reader.error("password", "password_required", "The connection has changed its place: give the password again.");
}

std::optional<store::ConnectionId> connection_id(const Call& call) {
  const std::optional<store::ConnectionId> id = to_number<store::ConnectionId>(call.params[0]);
  return id && *id >= 1 ? id : std::nullopt;
}

async::Task<Result<ConnectionRecord>> find_connection(Services& services, std::optional<store::ConnectionId> id) {
  auto connections = co_await services.store.connections();
  if (!connections) co_return std::unexpected(connections.error());
  for (auto& connection : *connections)
    if (id && connection.id == *id) co_return std::move(connection);
  co_return fail(ErrorCode::not_found, "no such connection");
}

}  // namespace postroom::api
