// Which connection mail takes: the rules that narrow the choice, and the explanation of one.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>

#include "api/json_body.h"
#include "api/object_reader.h"
#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/address.h"

namespace postroom::api {
namespace {

using Errors = std::vector<intake::FieldError>;

constexpr std::size_t rules_at_most = 500;
constexpr std::size_t connections_at_most = 100;

bool is_lane(const Services& services, const std::string& lane) {
  return std::ranges::find(services.config.lanes, lane) != services.config.lanes.end();
}

// As stored addresses have it (mail/address.h).
std::string read_domain(ObjectReader& reader, std::string_view name) {
  const std::string text = reader.text_or_empty(name);
  if (text.empty()) return {};
  const Result<mail::Address> any = mail::parse_address("any@" + text);
  if (any) return any->domain;
  reader.error(name, "invalid", "This is no domain.");
  return {};
}

std::vector<store::ConnectionId> read_connections(ObjectReader& reader) {
  std::vector<store::ConnectionId> ids;
  const auto* value = reader.take("connection_ids");
  const auto* list = value ? value->if_array() : nullptr;
  if (list && list->size() <= connections_at_most)
    for (const auto& item : *list)
      if (const auto* id = item.if_int64(); id && *id > 0) ids.push_back(*id);
  if (ids.empty() || ids.size() != list->size())
    reader.error("connection_ids", "invalid", "A rule names 1 to 100 connections by their numbers.");
  return ids;
}

store::RoutingRule read_rule(const Services& services, ObjectReader& reader) {
  store::RoutingRule rule;
  rule.sender_domain = read_domain(reader, "sender_domain");
  rule.recipient_domain = read_domain(reader, "recipient_domain");
  rule.lane = reader.text_or_empty("lane");
  if (!rule.lane.empty() && !is_lane(services, rule.lane))
    reader.error("lane", "lane_unknown", "There is no such lane.");
  rule.tag = reader.text_or_empty("tag");
  if (rule.tag.size() > limits::tag) reader.error("tag", "too_long", "A message's tags have at most 64 bytes.");
  rule.connections = read_connections(reader);
  const std::string otherwise = reader.text("otherwise").value_or("wait");
  const auto word = store::from_word<store::Otherwise>(otherwise);
  if (!word) reader.error("otherwise", "invalid", "This must be wait or any.");
  rule.otherwise = word.value_or(store::Otherwise::wait);
  reader.finish();
  return rule;
}

std::vector<store::RoutingRule> read_rules(const Services& services, ObjectReader& reader, Errors& errors) {
  std::vector<store::RoutingRule> rules;
  const auto* value = reader.take("rules");
  const auto* list = value ? value->if_array() : nullptr;
  if (!list || list->size() > rules_at_most) {
    reader.error("rules", "invalid", "Give the whole list of rules, at most 500.");
    return rules;
  }
  for (const auto& item : *list) {
    const std::string pointer = fmt::format("/rules/{}", rules.size());
    if (!item.is_object()) {
      errors.push_back({pointer, "not_an_object", "A rule is an object."});
      return rules;
    }
    ObjectReader inner(item.get_object(), pointer, errors);
    rules.push_back(read_rule(services, inner));
  }
  return rules;
}

http::Response rules_answer(const store::RoutingTable& table) {
  JsonWriter json;
  json.begin_object().number("version", table.version).key("rules").begin_array();
  for (const store::RoutingRule& rule : table.rules) {
    json.begin_object().text_or_null("sender_domain", rule.sender_domain);
    json.text_or_null("recipient_domain", rule.recipient_domain);
    json.text_or_null("lane", rule.lane).text_or_null("tag", rule.tag).key("connection_ids").begin_array();
    for (const store::ConnectionId id : rule.connections) json.number(id);
    json.end_array().text("otherwise", to_word(rule.otherwise)).end_object();
  }
  json.end_array().end_object();
  return json_answer(200, json.take());
}

// The question of `explain`, out of the query.
OrRefusal<RouteQuestion> read_question(const Services& services, const Parameters& parameters) {
  RouteQuestion question;
  question.lane = services.config.lanes.front();
  const auto wrong = [](const std::string& name, const std::string& why) {
    return std::unexpected(intake::Refusal{400, "parameter_invalid", name + ": " + why, {}});
  };
  for (const auto& [name, value] : parameters) {
    if (name == "from" || name == "to") {
      const Result<mail::Address> address = mail::parse_address(value);
      if (!address) return wrong(name, "this is not an email address.");
      (name == "from" ? question.from : question.to) = address->text();
    } else if (name == "lane") {
      if (!is_lane(services, value)) return wrong(name, "there is no such lane.");
      question.lane = value;
    } else if (name == "tag") {
      question.tags.push_back(value);
    } else if (name == "connection_id") {
      question.pinned_to = to_number<store::ConnectionId>(value);
      if (!question.pinned_to) return wrong(name, "this is not a number.");
    } else {
      return std::unexpected(
          intake::Refusal{400, "unknown_parameter", name + ": give from, to, lane, tag or connection_id.", {}});
    }
  }
  if (question.to.empty()) return wrong("to", "whom would the mail go to?");
  return question;
}

}  // namespace

Answering get_routing(Services& services, Call& call) {
  const auto table = co_await services.store.routing();
  if (!table) co_return store_error(call, table.error());
  co_return rules_answer(*table);
}

Answering set_routing(Services& services, Call& call) {
  const auto object = read_object(call);
  if (!object) co_return refuse(call, object.error());
  const auto before = co_await services.store.routing();
  if (!before) co_return store_error(call, before.error());
  Errors errors;
  ObjectReader reader(*object, "", errors);
  store::RoutingTable table;
  table.version = reader.integer("version", 0, INT64_MAX).value_or(before->version);
  table.rules = read_rules(services, reader, errors);
  reader.finish();
  if (!errors.empty()) co_return invalid(call, std::move(errors));
  auto record = audit(services, call, "routing.update", fmt::format("routing:{} rules", table.rules.size()));
  const auto changed = co_await services.store.set_routing(std::move(table), std::move(record));
  co_await services.delivery.settings_in_force();
  if (changed) co_return rules_answer(*changed);
  if (changed.error().code == ErrorCode::not_found)
    co_return invalid(call, {{"/rules", "connection_unknown", "A rule names a connection that does not exist."}});
  if (changed.error().code == ErrorCode::conflict)
    co_return refuse(call, 409, "stale_version", "Someone has changed the rules since you read them.");
  co_return store_error(call, changed.error());
}

Answering explain_route(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto question = read_question(services, *parameters);
  if (!question) co_return refuse(call, question.error());
  const RouteAnswer answer = services.delivery.explain(*question);
  const auto chosen = std::ranges::find_if(answer.connections, &RouteAnswer::Considered::chosen);
  JsonWriter json;
  json.begin_object();
  json.number_or_null("connection_id", chosen == answer.connections.end() ? std::nullopt : std::optional(chosen->id));
  json.number_or_null("rule", answer.rule ? std::optional(static_cast<std::int64_t>(*answer.rule)) : std::nullopt);
  json.text_or_null("waits_for", answer.waits_for).key("connections").begin_array();
  for (const RouteAnswer::Considered& considered : answer.connections) {
    json.begin_object().number("id", considered.id).text("caption", considered.caption);
    json.boolean("usable", considered.usable).boolean("chosen", considered.chosen).text("why", considered.why);
    json.end_object();
  }
  json.end_array().end_object();
  co_return json_answer(200, json.take());
}

}  // namespace postroom::api
