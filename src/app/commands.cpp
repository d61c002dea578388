#include "app/commands.h"

#include <cstdlib>
#include <expected>
#include <iostream>
#include <utility>

#include "app/exit_status.h"
#include "app/say.h"
#include "app/table.h"
#include "base/text.h"

namespace postroom::app {

namespace json = boost::json;

namespace {

// The parser's own way with variables lets those win whose command was not called.
std::string given(const std::string& flag, const char* variable) {
  if (!flag.empty()) return flag;
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

}  // namespace

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
  command->add_option("--data-dir", words_.data_dir, "the data directory (default ./postroom-data; POSTROOM_DATA_DIR)");
  command->add_option("--config", words_.config_file, "a TOML file with settings (POSTROOM_CONFIG)");
  command->add_option("--secret-key-file", words_.secret_key_file,
                      "the key of stored passwords (default DIR/secret.key; POSTROOM_SECRET_KEY_FILE)");
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

CLI::App* CommandLine::paged(CLI::App* command) {
  CLI::Option* limit = command->add_option("--limit", words_.limit, "how many rows (default 50)");
  limit->check(CLI::PositiveNumber);
  command->add_flag("--all", words_.all, "every row")->excludes(limit);
  return command;
}

void CommandLine::add_filters(CLI::App* command) {
  command->add_option("--filter", words_.filters, "NAME=VALUE, the names of the API's list; may repeat")->take_all();
}

// The file first, then the environment, then the flag: what is nearer to who calls wins.
Result<Configuration> CommandLine::configuration() const {
  const std::string file = given(words_.config_file, "POSTROOM_CONFIG");
  Result<Configuration> read = file.empty() ? Result<Configuration>(Configuration{}) : read_configuration(file);
  if (!read) return read;
  const struct {
    const std::string& flag;
    const char* variable;
    std::string& into;
  } all[] = {{words_.data_dir, "POSTROOM_DATA_DIR", read->data_dir},
             {words_.secret_key_file, "POSTROOM_SECRET_KEY_FILE", read->secret_key_file},
             {words_.http, "POSTROOM_HTTP", read->http},
             {words_.https, "POSTROOM_HTTPS", read->https},
             {words_.smtps, "POSTROOM_SMTPS", read->smtps},
             {words_.tls_cert, "POSTROOM_TLS_CERT", read->tls_cert},
             {words_.tls_key, "POSTROOM_TLS_KEY", read->tls_key}};
  for (const auto& [flag, variable, into] : all)
    if (std::string text = given(flag, variable); !text.empty()) into = std::move(text);
  if (std::string smtp = given(words_.smtp, "POSTROOM_SMTP"); !smtp.empty()) read->smtp = std::move(smtp);
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

// The answer's body; else the exit status, and why has been said.
std::expected<std::string, int> CommandLine::ask(const LocalRequest& request) const {
  const Result<Configuration> configured = configuration();
  if (!configured) {
    say("postroom: {}\n", configured.error().message);
    return std::unexpected(exit_usage);
  }
  Result<LocalAnswer> answer = call_locally(*configured, request);
  if (!answer) {
    say("postroom: {}\n", answer.error().message);
    return std::unexpected(answer.error().code == ErrorCode::conflict ? exit_in_use : exit_failure);
  }
  if (answer->status < 300) return std::move(answer->body);
  say("postroom: {}\n", words_of_problem(answer->body));
  return std::unexpected(exit_failure);
}

int CommandLine::print(const std::string& answer) const {
  if (!answer.empty()) std::cout << (words_.as_json ? answer + "\n" : as_table(answer));
  return written();
}

int CommandLine::written() {
  if (std::cout.flush()) return exit_success;
  say("postroom: the output can't be written\n");
  return exit_failure;
}

int CommandLine::call(const LocalRequest& request) const {
  const std::expected<std::string, int> answer = ask(request);
  return answer ? print(*answer) : answer.error();
}

int CommandLine::call_for(const char* secret, const LocalRequest& request) const {
  const std::expected<std::string, int> answer = ask(request);
  if (!answer) return answer.error();
  std::cout << json::value_to<std::string>(json::parse(*answer).at(secret)) << '\n';
  return written();
}

int CommandLine::pass_on(LocalRequest request) const {
  request.sink = [](std::string_view part) { std::cout << part; };
  const std::expected<std::string, int> answer = ask(request);
  return answer ? written() : answer.error();
}

int CommandLine::list(const std::string& path) const {
  return call({"GET", path, query(), "application/json", ""});
}

// A page may be short or empty and others follow: what is asked for is gathered from as many as it takes.
int CommandLine::list_pages(const std::string& path) const {
  json::object all;
  json::array items;
  std::string cursor;
  do {
    std::string asked = query();
    if (!cursor.empty()) asked += (asked.empty() ? "" : "&") + ("cursor=" + percent_encode(cursor));
    const std::expected<std::string, int> page = ask({"GET", path, std::move(asked), "application/json", ""});
    if (!page) return page.error();
    all = json::parse(*page).as_object();
    for (json::value& item : all.at("items").as_array())
      if (words_.all || items.size() < words_.limit) items.push_back(std::move(item));
    const json::value& next = all.at("next_cursor");
    cursor = next.is_string() ? std::string(next.as_string()) : "";
  } while (!cursor.empty() && (words_.all || items.size() < words_.limit));
  const std::size_t shown = items.size();
  all["items"] = std::move(items);
  const int status = print(json::serialize(all));
  if (!cursor.empty()) say("postroom: these are the first {}; --limit N shows more, --all everything\n", shown);
  return status;
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
