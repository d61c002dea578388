// Commands that run a server, and those that work on the data directory itself.
#include "app/commands.h"
#include "app/data_commands.h"
#include "app/exit_status.h"
#include "app/say.h"
#include "app/serve.h"

namespace postroom::app {
namespace {

constexpr const char* version = "0.1.0";

}  // namespace

void CommandLine::add_servers() {
  CLI::App* server = add(&app_, "serve", "run the server; names in capitals are variables that do as well",
                         [this] { return with_configuration(serve); });
  server->add_option("--http", words_.http, "where the HTTP API listens (default 127.0.0.1:8600; POSTROOM_HTTP)");
  server->add_option("--https", words_.https, "where it listens under TLS, too (default: nowhere; POSTROOM_HTTPS)");
  server->add_option("--smtp", words_.smtp,
                     "where SMTP submission listens (default 127.0.0.1:2525; off: nowhere; POSTROOM_SMTP)");
  server->add_option("--smtps", words_.smtps,
                     "where it listens under TLS from the first byte (default: nowhere; POSTROOM_SMTPS)");
  server->add_option("--tls-cert", words_.tls_cert,
                     "certificate chain, PEM; read again when it changes (POSTROOM_TLS_CERT)");
  server->add_option("--tls-key", words_.tls_key, "its key, PEM (POSTROOM_TLS_KEY)");
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

void CommandLine::add_data_commands() {
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

}  // namespace postroom::app
