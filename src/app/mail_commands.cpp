// Commands about the mail itself: queue, log, messages.
#include <iostream>
#include <iterator>

#include "app/commands.h"
#include "app/exit_status.h"
#include "app/say.h"
#include "base/text.h"

namespace postroom::app {

namespace json = boost::json;

void CommandLine::add_queue() {
  CLI::App* queue = group("queue", "mail that is not finished");
  add_filters(
      paged(json_flag(add(queue, "list", "what waits, and why", [this] { return list_pages("/api/v1/queue"); }))));
  id_option(json_flag(add(queue, "show", "one email with its timeline", [this] { return get("/api/v1/emails"); })));
  for (const char* act : {"delete", "retry", "hold", "release", "move", "expire", "settle"}) {
    CLI::App* command = json_flag(
        add(queue, act, "act on emails by id, by --filter, or on --all", [this, act] { return act_on_queue(act); }));
    command->add_option("ids", words_.ids, "ids of emails");
    add_filters(command);
    command->add_flag("--all", words_.all, "everything in the queue");
    command->add_flag("--dry-run", words_.dry_run, "only count");
    command->add_option("--reason", words_.reason, "why; stands in the audit log");
    if (std::string_view(act) == "move")
      command->add_option("--connection-id", words_.connection_id, "where to")->required();
    if (std::string_view(act) == "settle") {
      CLI::Option* sent = command->add_flag("--sent", words_.sent, "it was sent");
      command->add_flag("--not-sent", words_.not_sent, "it was not sent")->excludes(sent);
    }
  }
}

int CommandLine::act_on_queue(const std::string& act) const {
  if (act == "settle" && words_.sent == words_.not_sent) {
    say("postroom: say --sent or --not-sent: only you know which\n");
    return exit_usage;
  }
  json::object body{{"action", act}, {"dry_run", words_.dry_run}};
  if (!words_.reason.empty()) body["reason"] = words_.reason;
  if (words_.connection_id != 0) body["connection_id"] = words_.connection_id;
  if (act == "settle") body["sent"] = words_.sent;
  if (!words_.ids.empty()) {
    json::array ids;
    for (const std::string& id : words_.ids) ids.emplace_back(id);
    body["ids"] = std::move(ids);
  } else {
    json::object filter;
    for (const std::string& given : words_.filters)
      filter[given.substr(0, given.find('='))] = given.substr(given.find('=') + 1);
    body["filter"] = std::move(filter);
    if (words_.all) body["all"] = true;
  }
  return call({"POST", "/api/v1/queue/actions", "", "application/json", json::serialize(body)});
}

void CommandLine::add_log() {
  CLI::App* log = group("log", "the mailing log: every attempt");
  add_filters(paged(json_flag(add(log, "list", "the latest attempts", [this] { return list_pages("/api/v1/log"); }))));
  id_option(
      json_flag(add(log, "show", "one attempt with its SMTP conversation", [this] { return get("/api/v1/log"); })));
  CLI::App* exported = add(log, "export", "every attempt that a filter selects", [this] {
    const std::string rest = query();
    return pass_on({"GET", "/api/v1/log/export",
                    "format=" + percent_encode(words_.format) + (rest.empty() ? "" : "&" + rest), "application/json",
                    ""});
  });
  exported->add_option("--format", words_.format, "csv or jsonl");
  add_filters(exported);
}

void CommandLine::add_messages() {
  CLI::App* messages = group("message", "messages");
  id_option(
      json_flag(add(messages, "show", "one message with its emails", [this] { return get("/api/v1/messages"); })));
  id_option(add(messages, "content", "the frozen MIME, as it is sent", [this] {
    return pass_on({"GET", "/api/v1/messages/" + percent_encode(words_.id) + "/content", "", "application/json", ""});
  }));
  CLI::App* sent = json_flag(add(messages, "send", "send the message on standard input", [this] {
    std::string envelope = "from=" + percent_encode(words_.from);
    for (const std::string& to : words_.to) envelope += "&to=" + percent_encode(to);
    const std::string content((std::istreambuf_iterator<char>(std::cin)), {});
    return call({"POST", "/api/v1/messages/raw", envelope, "message/rfc822", content});
  }));
  sent->add_option("--from", words_.from, "the sender's address")->required();
  sent->add_option("--to", words_.to, "a recipient's address; may repeat")->required()->take_all();
}

}  // namespace postroom::app
