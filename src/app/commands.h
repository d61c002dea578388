// The words of the command line: each command is declared with what it does. Those that ask about or act on mail and
// settings are calls of the HTTP API (local_call.h).
#pragma once

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "app/capture.h"
#include "app/configuration.h"
#include "app/local_call.h"

namespace postroom::app {

class CommandLine {
 public:
  CommandLine();
  int run(int argc, char** argv);  // an exit status

 private:
  using Act = std::function<int()>;

  // server_commands.cpp: servers, and what works on the data directory itself.
  void add_servers();
  void add_data_commands();
  // access_commands.cpp: who may come in.
  void add_keys();
  void add_logins();
  void add_users();
  // delivery_commands.cpp: where mail goes.
  void add_connections();
  void add_delivery();
  boost::json::object pausable() const;
  std::string route_question() const;
  // mail_commands.cpp: the mail itself.
  void add_queue();
  void add_log();
  void add_messages();
  int act_on_queue(const std::string& act) const;

  // commands.cpp: what they share.
  CLI::App* group(const char* name, const char* text);
  CLI::App* add(CLI::App* parent, const char* name, const char* text, Act act);
  CLI::App* json_flag(CLI::App* command);
  CLI::App* id_option(CLI::App* command);
  CLI::App* paged(CLI::App* command);
  void add_filters(CLI::App* command);
  const CLI::App& innermost() const;
  static int no_such_command(const CLI::App& group);
  Result<Configuration> configuration() const;
  int with_configuration(const std::function<int(const Configuration&)>& act) const;
  std::expected<std::string, int> ask(const LocalRequest& request) const;
  int print(const std::string& answer) const;
  static int written();
  int call(const LocalRequest& request) const;                          // and prints the answer
  int call_for(const char* secret, const LocalRequest& request) const;  // and prints this member of it alone
  int pass_on(LocalRequest request) const;                              // and prints it as it comes
  int list(const std::string& path) const;
  int list_pages(const std::string& path) const;
  int get(const std::string& path) const;
  std::string query() const;
  boost::json::object fields() const;
  boost::json::object fields_with_password() const;

  // What the words on the command line gave.
  struct Words {
    std::string config_file;
    std::string data_dir, http, https, smtp, smtps, tls_cert, tls_key, secret_key_file;
    std::string id, path, name, reason, from, lane, email, role, trial_to;
    std::vector<std::string> scopes, filters, fields, to, ids, tags;
    std::string format = "csv";
    long long connection_id = 0;
    std::size_t limit = 50;
    bool as_json = false, password_follows = false, all = false, content = false, dry_run = false, with_key = false,
         sent = false, not_sent = false;
    CaptureOptions capture;
  };

  CLI::App app_;
  Words words_;
  Act act_;
};

}  // namespace postroom::app
