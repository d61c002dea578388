#include "app/commands.h"

#include <iostream>

#include "app/exit_status.h"
#include "app/say.h"
#include "app/table.h"
#include "base/text.h"

namespace postroom::app {

namespace json = boost::json;

CommandLine::CommandLine()
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
  add_log();
  add_messages();
}

int CommandLine::run(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const CLI::App& group = innermost();
        error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !group.get_subcommands({}).empty())
      return no_such_command(group);
    const int status = app_.exit(error, std::cout, std::cerr);
    return status == 0 ? exit_success : exit_usage;
  }
  return act_();
}

// The command or group of commands that the words have led to.
const CLI::App& CommandLine::innermost() const {
  const CLI::App* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

int CommandLine::no_such_command(const CLI::App& group) {
  std::string known;
  for (const CLI::App* command : group.get_subcommands({})) known += (known.empty() ? "" : ", ") + command->get_name();
  const std::vector<std::string> rest = group.remaining();
  const bool named = !rest.empty() && !rest.front().starts_with('-');
  const std::string wrong = named ? "there is no command \"" + rest.front() + "\"." : "which command?";
  say("postroom: {} {} knows: {}\n", wrong, group.get_name(), known);
  return exit_usage;
}

CLI::App* CommandLine::add(CLI::App* parent, const char* name, const char* text, Act act) {
  CLI::App* command = parent->add_subcommand(name, text);
  command->add_option("--data-dir", words_.data_dir, "the data directory (default ./postroom-data)")
      ->envname("POSTROOM_DATA_DIR");
  command->add_option("--config", words_.config_file, "a TOML file with settings")->envname("POSTROOM_CONFIG");
  command
      ->add_option("--secret-key-file", words_.secret_key_file, "the key of stored passwords (default DIR/secret.key)")
      ->envname("POSTROOM_SECRET_KEY_FILE");
  command->callback([this, act = std::move(act)] { act_ = act; });
  return command;
}

CLI::App* CommandLine::group(const char* name, const char* text) {
  CLI::App* group = app_.add_subcommand(name, text);
  group->require_subcommand(1);
  return group;
}

CLI::App* CommandLine::json_flag(CLI::App* command) {
  command->add_flag("--json", words_.as_json, "the API's answer as it is");
  return command;
}

CLI::App* CommandLine::id_option(CLI::App* command) {
  command->add_option("id", words_.id, "its id")->required();
  return command;
}

void CommandLine::add_filters(CLI::App* command) {
  command->add_option("--filter", words_.filters, "NAME=VALUE, the names of the API's list; may repeat")->take_all();
}

Result<Configuration> CommandLine::configuration() const {
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

int CommandLine::with_configuration(const std::function<int(const Configuration&)>& act) const {
  const Result<Configuration> read = configuration();
  if (read) return act(*read);
  say("postroom: {}\n", read.error().message);
  return exit_usage;
}

std::string CommandLine::query() const {
  std::string text;
  for (const std::string& filter : words_.filters) {
    const std::size_t equals = filter.find('=');
    if (!text.empty()) text += '&';
    text += percent_encode(filter.substr(0, equals)) + "=" +
            (equals == std::string::npos ? "" : percent_encode(filter.substr(equals + 1)));
  }
  return text;
}

int CommandLine::call(LocalRequest request, Show show) const {
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

int CommandLine::list(const std::string& path) const {
  return call({"GET", path, query(), "application/json", ""});
}

int CommandLine::get(const std::string& path) const {
  return call({"GET", path + "/" + percent_encode(words_.id), "", "application/json", ""});
}

// NAME=VALUE fields as a JSON object: numbers, true and false, objects as such, the rest as text.
json::object CommandLine::fields() const {
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
json::object CommandLine::fields_with_password() const {
  json::object object = fields();
  if (!words_.password_follows) return object;
  std::string password;
  std::getline(std::cin, password);
  object["password"] = password;
  return object;
}

}  // namespace postroom::app
