// Commands about where mail goes: connections, pauses, routing rules.
#include <iostream>
#include <iterator>

#include "app/commands.h"
#include "app/exit_status.h"
#include "base/text.h"

namespace postroom::app {

namespace json = boost::json;

void CommandLine::add_connections() {
  CLI::App* connections = group("connection", "SMTP connections");
  json_flag(add(connections, "list", "all connections", [this] { return list("/api/v1/connections"); }));
  id_option(json_flag(add(connections, "show", "one connection", [this] { return get("/api/v1/connections"); })));
  CLI::App* created = json_flag(add(connections, "create", "add a connection: --set host=… --set port=587 …", [this] {
    return call({"POST", "/api/v1/connections", "", "application/json", json::serialize(fields_with_password())});
  }));
  CLI::App* changed = id_option(json_flag(add(connections, "update", "change fields: --set enabled=false …", [this] {
    return call({"PATCH", "/api/v1/connections/" + percent_encode(words_.id), "", "application/json",
                 json::serialize(fields_with_password())});
  })));
  for (CLI::App* command : {created, changed}) {
    command->add_option("--set", words_.fields, "NAME=VALUE, the API's field names; may repeat")->take_all();
    command->add_flag("--password-stdin", words_.password_follows, "read the password from standard input");
  }
  id_option(add(connections, "delete", "remove a connection", [this] {
    return call({"DELETE", "/api/v1/connections/" + percent_encode(words_.id), "", "application/json", ""});
  }));
  CLI::App* tested = id_option(json_flag(add(connections, "test", "try a connection step by step", [this] {
    const json::object body = words_.trial_to.empty() ? json::object{} : json::object{{"to", words_.trial_to}};
    const auto report = ask({"POST", "/api/v1/connections/" + percent_encode(words_.id) + "/test", "",
                             "application/json", json::serialize(body)});
    if (!report) return report.error();
    const int written = print(*report);
    return json::parse(*report).at("ok").as_bool() ? written : exit_failure;
  })));
  tested->add_option("--to", words_.trial_to, "also send one real mail there");
}

// What a pause is of: the words all, lane and connection-id of the command line.
json::object CommandLine::pausable() const {
  json::object body;
  if (words_.all) body["all"] = true;
  if (!words_.lane.empty()) body["lane"] = words_.lane;
  if (words_.connection_id != 0) body["connection_id"] = words_.connection_id;
  if (!words_.reason.empty()) body["reason"] = words_.reason;
  return body;
}

std::string CommandLine::route_question() const {
  std::string text = "to=" + percent_encode(words_.to.empty() ? "" : words_.to.front());
  if (!words_.from.empty()) text += "&from=" + percent_encode(words_.from);
  if (!words_.lane.empty()) text += "&lane=" + percent_encode(words_.lane);
  for (const std::string& tag : words_.tags) text += "&tag=" + percent_encode(tag);
  if (words_.connection_id != 0) text += "&connection_id=" + std::to_string(words_.connection_id);
  return text;
}

void CommandLine::add_delivery() {
  CLI::App* delivery = group("delivery", "delivery as a whole");
  json_flag(add(delivery, "show", "what stands still, and why", [this] { return list("/api/v1/delivery"); }));
  paged(json_flag(
      add(delivery, "events", "what you should know of", [this] { return list_pages("/api/v1/delivery/events"); })));
  for (const char* act : {"pause", "resume"}) {
    CLI::App* command = json_flag(add(delivery, act, "of everything, a lane or a connection", [this, act] {
      return call(
          {"POST", std::string("/api/v1/delivery/") + act, "", "application/json", json::serialize(pausable())});
    }));
    command->add_flag("--all", words_.all, "everything");
    command->add_option("--lane", words_.lane, "one lane");
    command->add_option("--connection-id", words_.connection_id, "one connection");
    command->add_option("--reason", words_.reason, "why; stands in the audit log");
  }
  json_flag(add(delivery, "confirm-clock", "the clock is right: let mail expire again",
                [this] { return call({"POST", "/api/v1/delivery/confirm-clock", "", "application/json", ""}); }));
  CLI::App* routing = group("routing", "rules that narrow the choice of a connection");
  json_flag(add(routing, "show", "the rules, in order", [this] { return list("/api/v1/routing-rules"); }));
  json_flag(add(routing, "set", "replace them by the JSON on standard input: {\"rules\": […]}", [this] {
    const std::string rules((std::istreambuf_iterator<char>(std::cin)), {});
    return call({"PUT", "/api/v1/routing-rules", "", "application/json", rules});
  }));
  CLI::App* explained =
      json_flag(add(&app_, "explain", "which connection mail would take, and why not the others", [this] {
        return call({"GET", "/api/v1/delivery/explain", route_question(), "application/json", ""});
      }));
  explained->add_option("--to", words_.to, "the recipient's address")->required();
  explained->add_option("--from", words_.from, "the sender's address");
  explained->add_option("--lane", words_.lane, "default: the first lane");
  explained->add_option("--tag", words_.tags, "may repeat")->take_all();
  explained->add_option("--connection-id", words_.connection_id, "as if the message were pinned to it");
}

}  // namespace postroom::app
