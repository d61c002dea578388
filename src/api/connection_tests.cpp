// Trying a connection's settings, saved or not, without changing anything.
#include <fmt/format.h>

#include "api/connection_reader.h"
#include "api/json_body.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;

// The settings to try, laid over `given`, and whom to send a real mail.
std::string read_test(const Services& services, const boost::json::object& object, GivenConnection& given,
                      Errors& errors) {
  const store::ConnectionRecord before = given.connection;
  ObjectReader reader(object, "", errors);
  read_connection(reader, given, errors);
  check_connection(services, reader, given.connection);
  check_password(reader, before, given);
  const std::string to = reader.text("to").value_or("");
  if (reader.has("to") && !mail::parse_address(to))
    reader.error("to", "address_invalid", "This is not an email address.");
  reader.finish();
  return to;
}

std::string render_report(const TestReport& report) {
  JsonWriter json;
  json.begin_object().boolean("ok", report.ok).key("steps").begin_array();
  for (const TestStep& step : report.steps) {
    json.begin_object().text("step", step.step).boolean("ok", step.ok).number("duration_ms", step.duration_ms);
    json.text("detail", step.detail).text_or_null("advice", step.advice).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

Answering try_it(Services& services, Call& call, GivenConnection given, std::string to, std::string object) {
  if (!to.empty()) {  // real mail leaves the house
    store::AuditRecord record = audit(services, call, "connection.test", std::move(object));
    record.detail = "to " + to;
    const auto noted = co_await services.store.append_audit(std::move(record));
    if (!noted) co_return store_error(call, noted.error());
  }
  ConnectionTest test{std::move(given.connection), given.password.value_or(Secret()), std::move(to)};
  const TestReport report = co_await services.delivery.test(std::move(test));
  co_return json_answer(200, render_report(report));
}

}  // namespace

Answering test_unsaved_connection(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  Errors errors;
  GivenConnection given;
  std::string to = read_test(services, *object, given, errors);
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  co_return co_await try_it(services, call, std::move(given), std::move(to), "connection");
}

Answering test_connection(Services& services, Call& call) {
  // No body at all: the connection as it is.
  const OrRefusal<boost::json::object> object = call.request.body.empty() ? boost::json::object() : read_object(call);
  if (!object) co_return refuse(call, object.error());
  const auto saved = co_await find_connection(services, connection_id(call));
  if (!saved) co_return store_error(call, saved.error());
  Errors errors;
  GivenConnection given{*saved, std::nullopt};
  std::string to = read_test(services, *object, given, errors);
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  if (!given.password && !saved->sealed_password.empty()) {
    auto opened = services.secrets.open(saved->sealed_password, auth::connection_context);
    if (!opened)
      co_return invalid(call,
                        {{"/password", "password_required", "The stored password cannot be read: give it again."}});
    given.password = std::move(*opened);
  }
  co_return co_await try_it(services, call, std::move(given), std::move(to), fmt::format("connection:{}", saved->id));
}

}  // namespace postroom::api
