#include "app/sendmail.h"

#include <fmt/format.h>
#include <getopt.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/configuration.h"
#include "app/house.h"
#include "app/local_call.h"
#include "app/say.h"
#include "base/limits.h"
#include "base/text.h"
#include "mail/address.h"
#include "mime/header.h"

namespace postroom::app {
namespace {

// Read when nothing else names a file: cron and PHP give no options of ours.
constexpr const char* usual_configuration = "/etc/postroom/postroom.toml";

struct Wish {
  std::optional<std::string> sender;  // -f
  std::string full_name;              // -F
  bool recipients_in_header = false;  // -t
  bool dot_ends = true;               // not -i
  std::vector<std::string> recipients;
  std::string data_dir, config_file, socket;
};

int refuse(int status, const std::string& words) {
  say("sendmail: {}\n", words);
  return status;
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Puts one option into the wish; false when it asks for what this command does not do.
bool take_option(int option, const std::string& value, Wish& wish) {
  switch (option) {
    case 'f':
    case 'r':
      wish.sender = value;
      return true;
    case 'F':
      wish.full_name = value;
      return true;
    case 't':
      wish.recipients_in_header = true;
      return true;
    case 'i':
      wish.dot_ends = false;
      return true;
    case 'o':
      if (value == "i") wish.dot_ends = false;
      return true;
    case 'b':
      return value == "m";  // no daemon, no queue listing, no SMTP dialogue: other commands do that
    default:
      return option != '?';
  }
}

// The options of sendmail(8) as Postfix's takes them; what concerns a daemon of its own means nothing here. nullopt:
// they make no sense.
std::optional<Wish> read_options(int argc, char** argv) {
  enum { data_dir = 256, config_file, socket };
  static const option long_options[] = {{"data-dir", required_argument, nullptr, data_dir},
                                        {"config", required_argument, nullptr, config_file},
                                        {"socket", required_argument, nullptr, socket},
                                        {nullptr, 0, nullptr, 0}};
  Wish wish;
  wish.data_dir = from_environment("POSTROOM_DATA_DIR");
  wish.config_file = from_environment("POSTROOM_CONFIG");
  wish.socket = from_environment("POSTROOM_SOCKET");
  for (int option = 0; (option = ::getopt_long(argc, argv, "+A:B:C:F:GIL:N:O:R:UV:X:b:ce:f:h:imno:p:q::r:tvx",
                                               long_options, nullptr)) != -1;) {
    const std::string value = optarg == nullptr ? "" : optarg;
    if (option == data_dir)
      wish.data_dir = value;
    else if (option == config_file)
      wish.config_file = value;
    else if (option == socket)
      wish.socket = value;
    else if (!take_option(option, value, wish))
      return std::nullopt;
  }
  for (int at = optind; at < argc; ++at) wish.recipients.emplace_back(argv[at]);
  return wish;
}

// The message; nullopt when it is larger than anything Postroom takes.
std::optional<std::string> read_message(const Wish& wish) {
  std::string message, line;
  while (std::getline(std::cin, line)) {
    if (wish.dot_ends && (line == "." || line == ".\r")) break;
    message += line;
    if (!std::cin.eof()) message += '\n';
    if (message.size() > limits::http_body_bytes) return std::nullopt;
  }
  return message;
}

// As other sendmails take it: text without a header is a body, and the line that an mbox puts before a message is none
// of it.
std::string with_header(std::string message) {
  if (message.starts_with("From "))
    message.erase(0, message.find('\n') == std::string::npos ? 0 : message.find('\n') + 1);
  const std::string_view line = std::string_view(message).substr(0, message.find('\n'));
  const std::string_view name = line.substr(0, line.find(':'));
  const bool is_field = name.size() < line.size() && !name.empty() &&
                        std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f'; });
  const bool is_empty = line.empty() || line == "\r";
  return is_field || is_empty ? message : "\n" + message;
}

// RFC 5322 §3.2.2: comments, which may hold comments, are for people; in quotes a bracket is a bracket.
std::string without_comments(std::string_view text) {
  std::string plain;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::size_t length = text[at] == '\\' && (quoted || depth > 0) && at + 1 < text.size() ? 2 : 1;
    if (depth == 0 && text[at] == '"') quoted = !quoted;
    if (!quoted && text[at] == '(') ++depth;
    if (depth == 0) plain += text.substr(at, length);
    if (!quoted && text[at] == ')' && depth > 0 && --depth == 0) plain += ' ';
    at += length - 1;
  }
  return plain;
}

std::string user_name() {
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? std::to_string(::getuid()) : user->pw_name;
}

class SendmailEnvelope {
 public:
  SendmailEnvelope(const Wish& wish, const Configuration& configuration) : wish_(wish), configuration_(configuration) {
    domain_ = configuration.sendmail_domain;
    if (domain_.empty()) domain_ = configuration.host_name;
    if (domain_.empty()) domain_ = machine_name();
  }

  // What is wrong with a recipient; nullopt when all could be read.
  std::optional<std::string> read(const std::string& message) {
    std::vector<std::string> lists = wish_.recipients;
    bool has_author = false;
    std::string named_sender;
    mime::for_each_field(message, [&](std::string_view name, std::string_view value) {
      if (equals_ignoring_case(name, "From") && !std::exchange(has_author, true))
        named_sender = first_address(without_comments(mime::unfold(value)));
      const bool names_recipients =
          equals_ignoring_case(name, "To") || equals_ignoring_case(name, "Cc") || equals_ignoring_case(name, "Bcc");
      if (wish_.recipients_in_header && names_recipients) lists.push_back(without_comments(mime::unfold(value)));
    });
    for (const std::string& list : lists)
      for (const std::string_view mailbox : mail::split_address_list(list)) {
        const Result<mail::Mailbox> parsed = mail::parse_mailbox(with_domain(mailbox, Side::recipient));
        if (!parsed) return fmt::format("{}: {}", mailbox, parsed.error().message);
        recipients.push_back(parsed->address.text());
      }
    // Providers take mail of senders that they know: the author, rather than the user that a program runs as.
    sender = wish_.sender.value_or(named_sender.empty() ? user_name() : named_sender);
    if (sender == "<>") sender.clear();
    if (!sender.empty()) sender = with_domain(sender, Side::sender);
    if (!has_author) author_field_ = fmt::format("From: {}\n", mime::encode_mailbox(author_mailbox()));
    return std::nullopt;
  }

  // The message with the From field that it lacks, and with addresses where it names local users: cron writes
  // "From: root (Cron Daemon)".
  std::string completed(std::string message) const {
    struct Place {
      std::size_t at;
      std::string user;
      Side side;
    };
    std::vector<Place> places;
    mime::for_each_field(message, [&](std::string_view name, std::string_view value) {
      const bool of_author = equals_ignoring_case(name, "From") || equals_ignoring_case(name, "Sender") ||
                             equals_ignoring_case(name, "Reply-To");
      if (!of_author && !equals_ignoring_case(name, "To") && !equals_ignoring_case(name, "Cc")) return;
      if (const std::string_view user = only_user(value); !user.empty())
        places.push_back({static_cast<std::size_t>(user.data() - message.data()), std::string(user),
                          of_author ? Side::sender : Side::recipient});
    });
    std::ranges::reverse(places);
    for (const auto& [at, user, side] : places) message.replace(at, user.size(), with_domain(user, side));
    return author_field_ + message;
  }

  std::string sender;
  std::vector<std::string> recipients;

 private:
  enum class Side { sender, recipient };

  static std::string first_address(const std::string& list) {
    const std::vector<std::string_view> mailboxes = mail::split_address_list(list);
    if (mailboxes.empty()) return {};
    const Result<mail::Mailbox> mailbox = mail::parse_mailbox(mailboxes.front());
    return mailbox ? mailbox->address.text() : std::string();
  }

  // "root" of "root (Cron Daemon)": the field's whole value but for a comment is a local user's name; else "".
  static std::string_view only_user(std::string_view value) {
    const std::string_view text = trim(value);
    const auto of_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    };
    const auto end = std::ranges::find_if_not(text, of_name);
    const std::string_view rest = trim(text.substr(static_cast<std::size_t>(end - text.begin())));
    const bool plain = rest.empty() || (rest.starts_with('(') && rest.ends_with(')'));
    return plain ? text.substr(0, static_cast<std::size_t>(end - text.begin())) : std::string_view();
  }

  // A local user's name becomes an address.
  std::string with_domain(std::string_view mailbox, Side side) const {
    if (mailbox.find('@') != std::string_view::npos) return std::string(mailbox);
    if (side == Side::recipient && !configuration_.sendmail_local_recipient.empty())
      return configuration_.sendmail_local_recipient;
    const std::size_t open = mailbox.rfind('<');
    if (open != std::string_view::npos && mailbox.ends_with('>'))
      mailbox = mailbox.substr(open + 1, mailbox.size() - open - 2);
    return std::string(mailbox) + "@" + domain_;
  }
  mail::Mailbox author_mailbox() const {
    const std::string address = sender.empty() ? with_domain(user_name(), Side::sender) : sender;
    mail::Mailbox mailbox = mail::parse_mailbox(address).value_or(mail::Mailbox{});
    if (!wish_.full_name.empty()) mailbox.name = wish_.full_name;
    return mailbox;
  }

  const Wish& wish_;
  const Configuration& configuration_;
  std::string domain_;
  std::string author_field_;  // the From field that the message lacks
};

int status_of(const LocalAnswer& answer) {
  switch (answer.status) {
    case 202:
      return EX_OK;
    case 400:
    case 413:
    case 422:
      return EX_DATAERR;
    case 401:
    case 403:
      return EX_NOPERM;
    case 429:
    case 503:
      return EX_TEMPFAIL;
    default:
      return EX_SOFTWARE;
  }
}

}  // namespace

bool is_sendmail(int argc, char** argv) {
  const std::string_view name(argc > 0 ? argv[0] : "");
  return name.substr(name.rfind('/') + 1) == "sendmail" || (argc > 1 && std::string_view(argv[1]) == "sendmail");
}

int sendmail(int argc, char** argv) {
  const int skipped = argc > 1 && std::string_view(argv[1]) == "sendmail" ? 1 : 0;
  const std::optional<Wish> wish = read_options(argc - skipped, argv + skipped);
  if (!wish) return refuse(EX_USAGE, "usage: sendmail [-t] [-i] [-f sender] [-F name] [--] [recipient …]");
  std::string file = wish->config_file;
  if (file.empty() && ::access(usual_configuration, R_OK) == 0) file = usual_configuration;
  Result<Configuration> configuration =
      file.empty() ? Result<Configuration>(Configuration{}) : read_configuration(file);
  if (!configuration) return refuse(EX_CONFIG, configuration.error().message);
  if (!wish->data_dir.empty()) configuration->data_dir = wish->data_dir;
  if (!wish->socket.empty()) configuration->submit_socket = wish->socket;

  if (configuration->submit_socket.empty() && ::access(configuration->data_dir.c_str(), F_OK) != 0)
    return refuse(EX_CONFIG,
                  fmt::format("there is no data directory {}: name the server's, by POSTROOM_DATA_DIR or in {}",
                              configuration->data_dir, usual_configuration));
  if (configuration->submit_socket.empty() && ::access(configuration->data_dir.c_str(), R_OK | W_OK | X_OK) != 0)
    return refuse(EX_NOPERM, fmt::format("only root and the server's user may use {}: set submit_socket in {}",
                                         configuration->data_dir, usual_configuration));
  std::optional<std::string> message = read_message(*wish);
  if (message) message = with_header(std::move(*message));
  if (!message) return refuse(EX_DATAERR, "the message is too large");
  SendmailEnvelope envelope(*wish, *configuration);
  if (const std::optional<std::string> wrong = envelope.read(*message)) return refuse(EX_DATAERR, *wrong);
  if (envelope.recipients.empty()) return refuse(EX_USAGE, "no recipients; name them, or give -t and a To field");
  std::string query = "from=" + percent_encode(envelope.sender);
  for (const std::string& recipient : envelope.recipients) query += "&to=" + percent_encode(recipient);
  const LocalRequest request{"POST", "/api/v1/messages/raw", query, "message/rfc822",
                             envelope.completed(std::move(*message))};
  const Result<LocalAnswer> answer = configuration->submit_socket.empty()
                                         ? call_locally(*configuration, request)
                                         : call_at(configuration->submit_socket, request);
  if (!answer && !configuration->submit_socket.empty())
    return refuse(EX_TEMPFAIL, fmt::format("Postroom is not running, or can't be reached at {}: {}",
                                           configuration->submit_socket, answer.error().message));
  if (!answer) return refuse(EX_TEMPFAIL, answer.error().message);
  const int status = status_of(*answer);
  return status == EX_OK ? EX_OK : refuse(status, words_of_problem(answer->body));
}

}  // namespace postroom::app
