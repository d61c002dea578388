#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <functional>
#include <iostream>
#include <iterator>

#include "app/capture.h"
#include "app/configuration.h"
#include "app/data_commands.h"
#include "app/exit_status.h"
#include "app/local_call.h"
#include "app/say.h"
#include "app/sendmail.h"
#include "app/serve.h"
#include "app/table.h"

namespace postroom::app {
namespace {

namespace json = boost::json;

constexpr const char* version = "0.1.0";

// What the words on the command line gave.
struct Words {
  std::string config_file;
  std::string data_dir, http, https, smtp, smtps, tls_cert, tls_key, secret_key_file;
  std::string id, path, name, key_file, reason, from, lane, email, role;
  std::vector<std::string> scopes, filters, fields, to, ids, tags;
  std::string format = "csv";
  long long connection_id = 0;
  bool as_json = false, all = false, content = false, dry_run = false, with_key = false, sent = false, not_sent = false;
  CaptureOptions capture;
};

class CommandLine {
 public:
  CommandLine()
      : app_("Postroom: takes mail over HTTP and SMTP, keeps it safe, sends it through your SMTP providers.",
             "postroom") {
    app_.require_subcommand(1);
    add_servers();
    add_data_commands();
    add_keys();
    add_logins();
    add_users();
    add_connections();
    add_delivery();
    add_queue();
    add_log_and_messages();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (const CLI::App& group = innermost();
          error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) &&
          !group.get_subcommands({}).empty())
        return no_such_command(group);
      const int status = app_.exit(error, std::cout, std::cerr);
      return status == 0 ? exit_success : exit_usage;
    }
    return act_();
  }

 private:
  using Act = std::function<int()>;

  // The command or group of commands that the words have led to.
  const CLI::App& innermost() const {
    const CLI::App* at = &app_;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return *at;
  }
  static int no_such_command(const CLI::App& group) {
    std::string known;
    for (const CLI::App* command : group.get_subcommands({}))
      known += (known.empty() ? "" : ", ") + command->get_name();
    const std::vector<std::string> rest = group.remaining();
    const bool named = !rest.empty() && !rest.front().starts_with('-');
    const std::string wrong = named ? "there is no command \"" + rest.front() + "\"." : "which command?";
    say("postroom: {} {} knows: {}\n", wrong, group.get_name(), known);
    return exit_usage;
  }

  CLI::App* add(CLI::App* parent, const char* name, const char* text, Act act) {
    CLI::App* command = parent->add_subcommand(name, text);
    command->add_option("--data-dir", words_.data_dir, "the data directory (default ./postroom-data)")
        ->envname("POSTROOM_DATA_DIR");
    command->add_option("--config", words_.config_file, "a TOML file with settings")->envname("POSTROOM_CONFIG");
    command
        ->add_option("--secret-key-file", words_.secret_key_file,
                     "the key of stored passwords (default DIR/secret.key)")
        ->envname("POSTROOM_SECRET_KEY_FILE");
    command->callback([this, act = std::move(act)] { act_ = act; });
    return command;
  }
  CLI::App* group(const char* name, const char* text) {
    CLI::App* group = app_.add_subcommand(name, text);
    group->require_subcommand(1);
    return group;
  }
  void add_filters(CLI::App* command) {
    command->add_option("--filter", words_.filters, "NAME=VALUE, the names of the API's list; may repeat")->take_all();
  }

  Result<Configuration> configuration() const {
    Result<Configuration> read =
        words_.config_file.empty() ? Result<Configuration>(Configuration{}) : read_configuration(words_.config_file);
    if (!read) return read;
    for (const auto& [given, into] :
         {std::pair{&words_.data_dir, &read->data_dir}, std::pair{&words_.http, &read->http},
          std::pair{&words_.https, &read->https}, std::pair{&words_.smtps, &read->smtps},
          std::pair{&words_.tls_cert, &read->tls_cert}, std::pair{&words_.tls_key, &read->tls_key},
          std::pair{&words_.secret_key_file, &read->secret_key_file}})
      if (!given->empty()) *into = *given;
    if (!words_.smtp.empty()) read->smtp = words_.smtp;
    return read;
  }

  int with_configuration(const std::function<int(const Configuration&)>& act) const {
    const Result<Configuration> read = configuration();
    if (read) return act(*read);
    say("postroom: {}\n", read.error().message);
    return exit_usage;
  }

  std::string query() const {
    std::string text;
    for (const std::string& filter : words_.filters) {
      const std::size_t equals = filter.find('=');
      if (!text.empty()) text += '&';
      text += encoded(filter.substr(0, equals)) + "=" +
              (equals == std::string::npos ? "" : encoded(filter.substr(equals + 1)));
    }
    return text;
  }

  enum class Show { answer, raw, key, password, verdict };

  int call(LocalRequest request, Show show = Show::answer) const {
    if (show == Show::raw) request.sink = [](std::string_view part) { std::cout << part; };
    return with_configuration([&](const Configuration& configuration) {
      const Result<LocalAnswer> answer = call_locally(configuration, request);
      if (!answer) {
        say("postroom: {}\n", answer.error().message);
        return answer.error().code == ErrorCode::conflict ? exit_in_use : exit_failure;
      }
      if (answer->status >= 300) {
        say("postroom: {}\n", words_of_problem(answer->body));
        return exit_failure;
      }
      if (show == Show::key || show == Show::password)
        std::cout << json::value_to<std::string>(json::parse(answer->body).at(show == Show::key ? "key" : "password"))
                  << '\n';
      else if (!answer->body.empty())
        std::cout << (words_.as_json ? answer->body + "\n" : as_table(answer->body));
      if (show == Show::verdict && !json::parse(answer->body).at("ok").as_bool()) return exit_failure;
      if (std::cout.flush()) return exit_success;
      say("postroom: the output can't be written\n");
      return exit_failure;
    });
  }

  int list(const std::string& path) const { return call({"GET", path, query(), "application/json", ""}); }
  int get(const std::string& path) const {
    return call({"GET", path + "/" + encoded(words_.id), "", "application/json", ""});
  }

  // NAME=VALUE fields as a JSON object: numbers, true and false, objects as such, the rest as text.
  json::object fields() const {
    json::object object;
    for (const std::string& field : words_.fields) {
      const std::size_t equals = field.find('=');
      const std::string text = equals == std::string::npos ? "" : field.substr(equals + 1);
      boost::system::error_code error;
      const json::value parsed = json::parse(text, error);
      object[field.substr(0, equals)] = !error && !parsed.is_string() ? parsed : json::value(text);
    }
    return object;
  }

  // A password comes on standard input: a flag would show it to every user of the machine.
  json::object fields_with_password() const {
    json::object object = fields();
    if (words_.key_file != "-") return object;
    std::string password;
    std::getline(std::cin, password);
    object["password"] = password;
    return object;
  }

  void add_servers() {
    CLI::App* server = add(&app_, "serve", "run the server", [this] { return with_configuration(serve); });
    server->add_option("--http", words_.http, "where the HTTP API listens (default 127.0.0.1:8600)")
        ->envname("POSTROOM_HTTP");
    server->add_option("--https", words_.https, "where it listens under TLS, too (default: nowhere)")
        ->envname("POSTROOM_HTTPS");
    server->add_option("--smtp", words_.smtp, "where SMTP submission listens (default 127.0.0.1:2525; off: nowhere)")
        ->envname("POSTROOM_SMTP");
    server->add_option("--smtps", words_.smtps, "where it listens under TLS from the first byte (default: nowhere)")
        ->envname("POSTROOM_SMTPS");
    server->add_option("--tls-cert", words_.tls_cert, "certificate chain, PEM; read again when it changes")
        ->envname("POSTROOM_TLS_CERT");
    server->add_option("--tls-key", words_.tls_key, "its key, PEM")->envname("POSTROOM_TLS_KEY");
    CLI::App* catcher = app_.add_subcommand("capture", "a local provider that keeps what it gets, for demos and tests");
    catcher->add_option("--smtp", words_.capture.smtp, "where it listens (default 127.0.0.1:2525)");
    catcher->add_option("--dir", words_.capture.dir, "where the messages go")->required();
    CLI::Option* certificate =
        catcher->add_option("--tls-cert", words_.capture.tls_cert, "certificate chain, PEM: offers STARTTLS");
    catcher->add_option("--tls-key", words_.capture.tls_key, "its key, PEM")->needs(certificate);
    catcher->callback([this] { act_ = [this] { return capture(words_.capture); }; });
    app_.add_subcommand("sendmail", "submit the message on standard input, as programs call sendmail: -t -f -i …");
    app_.add_subcommand("version", "print the version")->callback([this] {
      act_ = [] {
        answer("postroom {}\n", version);
        return exit_success;
      };
    });
  }

  void add_data_commands() {
    CLI::App* saved = add(&app_, "backup", "copy the data into a directory, also while the server runs", [this] {
      return with_configuration([this](const Configuration& c) {
        return back_up(c, words_.path, words_.with_key ? BackupKey::included : BackupKey::left_out);
      });
    });
    saved->add_option("path", words_.path, "the backup's directory")->required();
    saved->add_flag("--with-key", words_.with_key, "put the secret key of the passwords in it, too");
    CLI::App* restored =
        add(&app_, "restore", "bring a backup back into an empty data directory; delivery stays held",
            [this] { return with_configuration([this](const Configuration& c) { return restore(c, words_.path); }); });
    restored->add_option("path", words_.path, "the backup's directory")->required();
    add(&app_, "check", "check that the data is whole", [this] { return with_configuration(check); });
  }

  void add_keys() {
    CLI::App* keys = group("apikey", "API keys");
    CLI::App* created = add(keys, "create", "make a key; prints it, once, alone on stdout", [this] {
      json::array scopes;
      for (const std::string& scope : words_.scopes) scopes.emplace_back(scope);
      return call({"POST", "/api/v1/api-keys", "", "application/json",
                   json::serialize(json::object{{"name", words_.name}, {"scopes", scopes}})},
                  Show::key);
    });
    created->add_option("--name", words_.name, "what it is for")->required();
    created->add_option("--scope", words_.scopes, "send, read, manage, admin or content; may repeat")
        ->required()
        ->take_all();
    json_flag(add(keys, "list", "the keys, without their secrets", [this] { return list("/api/v1/api-keys"); }));
    id_option(add(keys, "revoke", "end a key at once", [this] {
      return call({"DELETE", "/api/v1/api-keys/" + encoded(words_.id), "", "application/json", ""});
    }));
  }

  void add_logins() {
    const std::string path = "/api/v1/submission-logins";
    CLI::App* logins = group("submission-login", "names and passwords of SMTP submission");
    json_flag(add(logins, "list", "the logins, without their passwords", [this, path] { return list(path); }));
    CLI::App* created =
        add(logins, "create", "make a login: --set username=shop --set per_day=1000 …; prints its password, once",
            [this, path] {
              return call({"POST", path, "", "application/json", json::serialize(fields())}, Show::password);
            });
    CLI::App* changed = id_option(json_flag(add(logins, "update", "change fields: --set enabled=false …", [this, path] {
      return call({"PATCH", path + "/" + encoded(words_.id), "", "application/json", json::serialize(fields())});
    })));
    for (CLI::App* command : {created, changed})
      command->add_option("--set", words_.fields, "NAME=VALUE, the API's field names; may repeat")->take_all();
    id_option(add(logins, "password", "make a new password; prints it, once", [this, path] {
      return call({"POST", path + "/" + encoded(words_.id) + "/password", "", "application/json", ""}, Show::password);
    }));
    id_option(add(logins, "delete", "take a login away at once", [this, path] {
      return call({"DELETE", path + "/" + encoded(words_.id), "", "application/json", ""});
    }));
  }

  void add_users() {
    CLI::App* users = group("user", "people of the Back Office");
    json_flag(add(users, "list", "who may sign in", [this] { return list("/api/v1/users"); }));
    CLI::App* created = json_flag(add(users, "create", "add an account; the password comes on standard input", [this] {
      std::string password;
      std::getline(std::cin, password);
      const json::object body{{"email", words_.email},
                              {"name", words_.name},
                              {"role", words_.role},
                              {"content", words_.content},
                              {"password", password}};
      return call({"POST", "/api/v1/users", "", "application/json", json::serialize(body)});
    }));
    created->add_option("--email", words_.email, "the address to sign in with")->required();
    created->add_option("--role", words_.role, "viewer, operator or admin")->required();
    created->add_option("--name", words_.name, "as it is shown");
    created->add_flag("--content", words_.content, "may see the content of messages (an admin always may)");
    id_option(
        json_flag(add(users, "invite", "a one-time link's token: password and second factor are set anew", [this] {
          return call({"POST", "/api/v1/users/" + encoded(words_.id) + "/invitation", "", "application/json", ""});
        })));
    id_option(add(users, "delete", "end an account at once", [this] {
      return call({"DELETE", "/api/v1/users/" + encoded(words_.id), "", "application/json", ""});
    }));
  }

  void add_connections() {
    CLI::App* connections = group("connection", "SMTP connections");
    json_flag(add(connections, "list", "all connections", [this] { return list("/api/v1/connections"); }));
    id_option(json_flag(add(connections, "show", "one connection", [this] { return get("/api/v1/connections"); })));
    CLI::App* created = json_flag(add(connections, "create", "add a connection: --set host=… --set port=587 …", [this] {
      return call({"POST", "/api/v1/connections", "", "application/json", json::serialize(fields_with_password())});
    }));
    CLI::App* changed = id_option(json_flag(add(connections, "update", "change fields: --set enabled=false …", [this] {
      return call({"PATCH", "/api/v1/connections/" + encoded(words_.id), "", "application/json",
                   json::serialize(fields_with_password())});
    })));
    for (CLI::App* command : {created, changed}) {
      command->add_option("--set", words_.fields, "NAME=VALUE, the API's field names; may repeat")->take_all();
      command->add_flag_callback(
          "--password-stdin", [this] { words_.key_file = "-"; }, "read the password from standard input");
    }
    id_option(add(connections, "delete", "remove a connection", [this] {
      return call({"DELETE", "/api/v1/connections/" + encoded(words_.id), "", "application/json", ""});
    }));
    CLI::App* tested = id_option(json_flag(add(connections, "test", "try a connection step by step", [this] {
      const json::object body = words_.from.empty() ? json::object{} : json::object{{"to", words_.from}};
      return call({"POST", "/api/v1/connections/" + encoded(words_.id) + "/test", "", "application/json",
                   json::serialize(body)},
                  Show::verdict);
    })));
    tested->add_option("--to", words_.from, "also send one real mail there");
  }

  // What a pause is of: the words all, lane and connection-id of the command line.
  json::object pausable() const {
    json::object body;
    if (words_.all) body["all"] = true;
    if (!words_.lane.empty()) body["lane"] = words_.lane;
    if (words_.connection_id != 0) body["connection_id"] = words_.connection_id;
    if (!words_.reason.empty()) body["reason"] = words_.reason;
    return body;
  }

  std::string route_question() const {
    std::string text = "to=" + encoded(words_.to.empty() ? "" : words_.to.front());
    if (!words_.from.empty()) text += "&from=" + encoded(words_.from);
    if (!words_.lane.empty()) text += "&lane=" + encoded(words_.lane);
    for (const std::string& tag : words_.tags) text += "&tag=" + encoded(tag);
    if (words_.connection_id != 0) text += "&connection_id=" + std::to_string(words_.connection_id);
    return text;
  }

  void add_delivery() {
    CLI::App* delivery = group("delivery", "delivery as a whole");
    json_flag(add(delivery, "show", "what stands still, and why", [this] { return list("/api/v1/delivery"); }));
    json_flag(add(delivery, "events", "what you should know of", [this] { return list("/api/v1/delivery/events"); }));
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

  void add_queue() {
    CLI::App* queue = group("queue", "mail that is not finished");
    add_filters(json_flag(add(queue, "list", "what waits, and why", [this] { return list("/api/v1/queue"); })));
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

  int act_on_queue(const std::string& act) const {
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

  void add_log_and_messages() {
    CLI::App* log = group("log", "the mailing log: every attempt");
    add_filters(json_flag(add(log, "list", "the latest attempts", [this] { return list("/api/v1/log"); })));
    id_option(
        json_flag(add(log, "show", "one attempt with its SMTP conversation", [this] { return get("/api/v1/log"); })));
    CLI::App* exported = add(log, "export", "every attempt that a filter selects", [this] {
      const std::string rest = query();
      return call({"GET", "/api/v1/log/export", "format=" + encoded(words_.format) + (rest.empty() ? "" : "&" + rest),
                   "application/json", ""},
                  Show::raw);
    });
    exported->add_option("--format", words_.format, "csv or jsonl");
    add_filters(exported);
    CLI::App* messages = group("message", "messages");
    id_option(
        json_flag(add(messages, "show", "one message with its emails", [this] { return get("/api/v1/messages"); })));
    id_option(add(messages, "content", "the frozen MIME, as it is sent", [this] {
      return call({"GET", "/api/v1/messages/" + encoded(words_.id) + "/content", "", "application/json", ""},
                  Show::raw);
    }));
    CLI::App* sent = json_flag(add(messages, "send", "send the message on standard input", [this] {
      std::string envelope = "from=" + encoded(words_.from);
      for (const std::string& to : words_.to) envelope += "&to=" + encoded(to);
      const std::string content((std::istreambuf_iterator<char>(std::cin)), {});
      return call({"POST", "/api/v1/messages/raw", envelope, "message/rfc822", content});
    }));
    sent->add_option("--from", words_.from, "the sender's address")->required();
    sent->add_option("--to", words_.to, "a recipient's address; may repeat")->required()->take_all();
  }

  CLI::App* json_flag(CLI::App* command) {
    command->add_flag("--json", words_.as_json, "the API's answer as it is");
    return command;
  }
  CLI::App* id_option(CLI::App* command) {
    command->add_option("id", words_.id, "its id")->required();
    return command;
  }

  CLI::App app_;
  Words words_;
  Act act_;
};

}  // namespace

int run_command_line(int argc, char** argv) {
  // Its options are those of another world, and programs that call it know no other name (a link named sendmail).
  if (is_sendmail(argc, argv)) return sendmail(argc, argv);
  CommandLine line;
  return line.run(argc, argv);
}

}  // namespace postroom::app
