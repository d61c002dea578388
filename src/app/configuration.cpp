#include "app/configuration.h"

#include "auth/oidc.h"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <set>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::app {
namespace {

std::unexpected<Error> bad(const std::string& key, const std::string& what) {
  return fail(ErrorCode::invalid, key + ": " + what);
}

const std::set<std::string> known_keys{"data_dir",
                                       "http",
                                       "https",
                                       "http_proxies",
                                       "smtp",
                                       "smtps",
                                       "listener",
                                       "tls_cert",
                                       "tls_key",
                                       "submit_socket",
                                       "submission.sessions",
                                       "sendmail.domain",
                                       "sendmail.local_recipient",
                                       "submission.sessions_of_an_address",
                                       "host_name",
                                       "url",
                                       "secret_key_file",
                                       "delivery.retry",
                                       "delivery.probe",
                                       "delivery.dot_timeout",
                                       "delivery.session_idle",
                                       "delivery.lanes",
                                       "limits.reserve",
                                       "limits.message_bytes",
                                       "network.allow",
                                       "network.deny",
                                       "metrics.open",
                                       "oidc.issuer",
                                       "oidc.client_id",
                                       "oidc.client_secret_file",
                                       "oidc.name",
                                       "oidc.ca_file"};

Result<> refuse_unknown(const toml::table& table, const std::string& prefix) {
  for (const auto& [key, value] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = value.as_table()) {
      if (name == "lane_on_doubt") continue;
      if (Result<> fine = refuse_unknown(*inner, name + "."); !fine) return fine;
    } else if (!known_keys.contains(name)) {
      return bad(name, "there is no such setting");
    }
  }
  return {};
}

Result<> read_texts(const toml::table& file, const char* path, std::vector<std::string>& into) {
  const toml::node_view<const toml::node> node = file.at_path(path);
  if (!node) return {};
  const toml::array* list = node.as_array();
  if (list == nullptr) return bad(path, "a list of texts is expected");
  into.clear();
  for (const toml::node& entry : *list) {
    const std::optional<std::string> text = entry.value<std::string>();
    if (!text) return bad(path, "a list of texts is expected");
    into.push_back(*text);
  }
  return {};
}

// A setting of another type than its own is refused like one that doesn't exist: what was meant is not done.
template <class T>
Result<> read_value(const toml::table& file, const char* path, const char* expected, T& into) {
  const toml::node_view<const toml::node> node = file.at_path(path);
  if (!node) return {};
  const std::optional<T> value = node.value_exact<T>();
  if (!value) return bad(path, std::string(expected) + " is expected");
  into = *value;
  return {};
}
Result<> read_text(const toml::table& file, const char* path, std::string& into) {
  return read_value(file, path, "a text in quotes", into);
}
Result<> read_switch(const toml::table& file, const char* path, bool& into) {
  return read_value(file, path, "true or false", into);
}

template <class T>
Result<> read_number(const toml::table& file, const char* path, std::int64_t least, T& into) {
  std::int64_t number = least;
  if (Result<> read = read_value(file, path, "a whole number", number); !read) return read;
  if (!file.at_path(path)) return {};
  if (number < least) return bad(path, "this must be at least " + std::to_string(least));
  into = static_cast<T>(number);
  return {};
}

enum class Least { nothing, something };

template <class T>
Result<> read_duration(const toml::table& file, const char* path, Least least, T& into) {
  std::string text;
  if (Result<> read = read_text(file, path, text); !read || !file.at_path(path)) return read;
  const Result<Duration> parsed = parse_duration(text);
  if (!parsed) return bad(path, parsed.error().message);
  if (least == Least::something && *parsed == Duration{0}) return bad(path, "more than nothing is needed");
  into = *parsed;
  return {};
}

Result<> read_lanes(const toml::table& file, Configuration& configuration) {
  std::vector<std::string>& lanes = configuration.lanes;
  if (Result<> read = read_texts(file, "delivery.lanes", lanes); !read) return read;
  if (lanes.empty()) return bad("delivery.lanes", "at least one lane is needed");
  if (std::set<std::string>(lanes.begin(), lanes.end()).size() != lanes.size() ||
      std::ranges::find(lanes, "") != lanes.end())
    return bad("delivery.lanes", "each lane has a name of its own");
  const toml::node_view<const toml::node> doubts = file.at_path("lane_on_doubt");
  if (!doubts) return {};
  if (!doubts.is_table()) return bad("lane_on_doubt", "write it as [lane_on_doubt], with a line for each lane");
  for (const auto& [key, word] : *doubts.as_table()) {
    const std::string lane(key.str());
    const std::optional<store::OnDoubt> on_doubt = store::from_word<store::OnDoubt>(word.value_or(std::string()));
    if (!on_doubt) return bad("lane_on_doubt." + lane, "write retry or hold");
    if (std::ranges::find(lanes, lane) == lanes.end())
      return bad("lane_on_doubt." + lane, "delivery.lanes has no such lane");
    configuration.lane_on_doubt[lane] = *on_doubt;
  }
  return {};
}

Result<> read_schedule(const toml::table& file, std::vector<Duration>& into) {
  std::vector<std::string> waits;
  if (Result<> read = read_texts(file, "delivery.retry", waits); !read || !file.at_path("delivery.retry")) return read;
  if (waits.empty()) return bad("delivery.retry", "at least one wait is needed");
  for (const std::string& wait : waits) {
    const Result<Duration> parsed = parse_duration(wait);
    if (!parsed) return bad("delivery.retry", parsed.error().message);
    if (*parsed == Duration{0}) return bad("delivery.retry", "each wait is more than nothing");
    into.push_back(*parsed);
  }
  return {};
}

Result<> read_networks(const toml::table& file, const char* path, net::Networks& into) {
  std::vector<std::string> texts;
  if (Result<> read = read_texts(file, path, texts); !read) return read;
  Result<net::Networks> networks = net::Networks::parse(texts);
  if (!networks) return bad(path, networks.error().message);
  into = std::move(*networks);
  return {};
}

// One [[listener]].
Result<SmtpListener> read_listener(const toml::table& table) {
  using Encryption = intake::ListenerPolicy::Encryption;
  for (const auto& [key, value] : table)
    if (!std::set<std::string_view>{"address", "encryption", "allow_unauthenticated", "bare_line_ends", "proxies"}
             .contains(key.str()))
      return bad("listener." + std::string(key.str()), "there is no such setting");
  SmtpListener listener;
  std::string encryption = "starttls", bare = "refuse";
  for (const Result<>& read :
       {read_text(table, "address", listener.address), read_text(table, "encryption", encryption),
        read_switch(table, "allow_unauthenticated", listener.policy.allow_unauthenticated),
        read_text(table, "bare_line_ends", bare), read_networks(table, "proxies", listener.policy.proxies)})
    if (!read) return std::unexpected(Error{read.error().code, "listener." + read.error().message});
  if (listener.address.empty()) return bad("listener.address", "HOST:PORT is needed");
  if (encryption != "starttls" && encryption != "tls") return bad("listener.encryption", "write starttls or tls");
  listener.needs_certificate = table.contains("encryption");
  listener.policy.encryption = encryption == "tls" ? Encryption::from_the_first_byte : Encryption::starttls;
  if (bare != "refuse" && bare != "normalise") return bad("listener.bare_line_ends", "write refuse or normalise");
  listener.policy.bare_line_ends = bare == "refuse" ? smtp::BareLineEnds::refused : smtp::BareLineEnds::made_crlf;
  return listener;
}

Result<> read_listeners(const toml::table& file, std::vector<SmtpListener>& into) {
  if (!file.contains("listener")) return {};
  const toml::array* list = file["listener"].as_array();
  if (list == nullptr) return bad("listener", "write each as [[listener]]");
  for (const toml::node& entry : *list) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return bad("listener", "write each as [[listener]]");
    Result<SmtpListener> listener = read_listener(*table);
    if (!listener) return std::unexpected(listener.error());
    into.push_back(std::move(*listener));
  }
  return {};
}

Result<Configuration> read_table(const toml::table& file) {
  Configuration configuration;
  if (const Result<> known = refuse_unknown(file, ""); !known) return std::unexpected(known.error());
  for (const auto& [path, into] :
       {std::pair{"data_dir", &configuration.data_dir}, std::pair{"http", &configuration.http},
        std::pair{"https", &configuration.https}, std::pair{"smtps", &configuration.smtps},
        std::pair{"tls_cert", &configuration.tls_cert}, std::pair{"tls_key", &configuration.tls_key},
        std::pair{"submit_socket", &configuration.submit_socket},
        std::pair{"sendmail.domain", &configuration.sendmail_domain},
        std::pair{"sendmail.local_recipient", &configuration.sendmail_local_recipient},
        std::pair{"host_name", &configuration.host_name}, std::pair{"url", &configuration.url},
        std::pair{"secret_key_file", &configuration.secret_key_file},
        std::pair{"oidc.issuer", &configuration.oidc_issuer},
        std::pair{"oidc.client_id", &configuration.oidc_client_id},
        std::pair{"oidc.client_secret_file", &configuration.oidc_client_secret_file},
        std::pair{"oidc.name", &configuration.oidc_name}, std::pair{"oidc.ca_file", &configuration.oidc_ca_file}})
    if (const Result<> read = read_text(file, path, *into); !read) return std::unexpected(read.error());
  intake::SubmissionLimits& bounds = configuration.submission_limits;
  std::string smtp;
  for (const Result<>& read :
       {read_text(file, "smtp", smtp), read_networks(file, "http_proxies", configuration.http_proxies),
        read_listeners(file, configuration.listeners), read_number(file, "submission.sessions", 1, bounds.sessions),
        read_number(file, "submission.sessions_of_an_address", 1, bounds.sessions_of_an_address),
        read_schedule(file, configuration.retry), read_lanes(file, configuration),
        read_texts(file, "network.allow", configuration.allow), read_texts(file, "network.deny", configuration.deny),
        read_duration(file, "delivery.probe", Least::something, configuration.probe),
        read_duration(file, "delivery.dot_timeout", Least::something, configuration.dot_timeout),
        read_duration(file, "delivery.session_idle", Least::nothing, configuration.session_idle),
        read_number(file, "limits.reserve", 0, configuration.reserve_bytes),
        read_number(file, "limits.message_bytes", 1, configuration.message_bytes),
        read_switch(file, "metrics.open", configuration.metrics_open)})
    if (!read) return std::unexpected(read.error());
  if (configuration.message_bytes > limits::message_bytes_at_most)
    return bad("limits.message_bytes", "this may be at most " + std::to_string(limits::message_bytes_at_most) +
                                           ": a message is kept in one piece, in memory too");
  if (file.contains("smtp")) configuration.smtp = smtp;
  if (!configuration.url.empty() && !configuration.url.starts_with("https://") &&
      !configuration.url.starts_with("http://"))
    return bad("url", "write it whole, as https://post.example.org");
  if (!configuration.host_name.empty() && !is_host_name(configuration.host_name))
    return bad("host_name", "this is no host's name");
  if (!configuration.oidc_issuer.empty() && !auth::is_safe_issuer(configuration.oidc_issuer))
    return bad("oidc.issuer", "an https URL is needed");
  if (!configuration.oidc_issuer.empty() && (configuration.oidc_client_id.empty() || configuration.url.empty()))
    return bad("oidc.issuer", "oidc.client_id is needed, and url: the issuer sends browsers back there");
  return configuration;
}

}  // namespace

Configuration::Configuration() : message_bytes(limits::message_bytes) {}

Result<Duration> parse_duration(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  if (error == std::errc() && number >= 0 && number < 1000000) {
    if (unit == "ms") return std::chrono::milliseconds(number);
    if (unit == "s") return std::chrono::seconds(number);
    if (unit == "m") return std::chrono::minutes(number);
    if (unit == "h") return std::chrono::hours(number);
    if (unit == "d") return std::chrono::hours(24 * number);
  }
  return fail(ErrorCode::invalid, "\"" + text + "\" is not a duration such as 90s, 15m, 8h or 3d");
}

Result<Configuration> read_configuration(const std::string& file) {
  try {
    Result<Configuration> read = read_table(toml::parse_file(file));
    if (!read) return fail(read.error().code, file + ": " + read.error().message);
    return read;
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return fail(ErrorCode::invalid, file + ": " + (line > 0 ? "line " + std::to_string(line) + ": " : "") +
                                        std::string(error.description()));
  }
}

}  // namespace postroom::app
