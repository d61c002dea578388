// Commands about who may come in: API keys, submission logins, people.
#include <iostream>

#include "app/commands.h"
#include "base/text.h"

namespace postroom::app {

namespace json = boost::json;

void CommandLine::add_keys() {
  CLI::App* keys = group("apikey", "API keys");
  CLI::App* created = add(keys, "create", "make a key; prints it, once, alone on stdout", [this] {
    json::array scopes;
    for (const std::string& scope : words_.scopes) scopes.emplace_back(scope);
    return call_for("key", {"POST", "/api/v1/api-keys", "", "application/json",
                            json::serialize(json::object{{"name", words_.name}, {"scopes", scopes}})});
  });
  created->add_option("--name", words_.name, "what it is for")->required();
  created->add_option("--scope", words_.scopes, "send, read, manage, admin or content; may repeat")
      ->required()
      ->take_all();
  json_flag(add(keys, "list", "the keys, without their secrets", [this] { return list("/api/v1/api-keys"); }));
  id_option(add(keys, "revoke", "end a key at once", [this] {
    return call({"DELETE", "/api/v1/api-keys/" + percent_encode(words_.id), "", "application/json", ""});
  }));
}

void CommandLine::add_logins() {
  const std::string path = "/api/v1/submission-logins";
  CLI::App* logins = group("submission-login", "names and passwords of SMTP submission");
  json_flag(add(logins, "list", "the logins, without their passwords", [this, path] { return list(path); }));
  CLI::App* created = add(
      logins, "create", "make a login: --set username=shop --set per_day=1000 …; prints its password, once",
      [this, path] { return call_for("password", {"POST", path, "", "application/json", json::serialize(fields())}); });
  CLI::App* changed = id_option(json_flag(add(logins, "update", "change fields: --set enabled=false …", [this, path] {
    return call({"PATCH", path + "/" + percent_encode(words_.id), "", "application/json", json::serialize(fields())});
  })));
  for (CLI::App* command : {created, changed})
    command->add_option("--set", words_.fields, "NAME=VALUE, the API's field names; may repeat")->take_all();
  id_option(add(logins, "password", "make a new password; prints it, once", [this, path] {
    return call_for("password",
                    {"POST", path + "/" + percent_encode(words_.id) + "/password", "", "application/json", ""});
  }));
  id_option(add(logins, "delete", "take a login away at once", [this, path] {
    return call({"DELETE", path + "/" + percent_encode(words_.id), "", "application/json", ""});
  }));
}

void CommandLine::add_users() {
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
  id_option(json_flag(add(users, "invite", "a one-time link's token: password and second factor are set anew", [this] {
    return call({"POST", "/api/v1/users/" + percent_encode(words_.id) + "/invitation", "", "application/json", ""});
  })));
  id_option(add(users, "delete", "end an account at once", [this] {
    return call({"DELETE", "/api/v1/users/" + percent_encode(words_.id), "", "application/json", ""});
  }));
}

}  // namespace postroom::app
