#include "intake/option_headers.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"

namespace postroom::intake {
namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "x-postroom-";

class Reader {
 public:
  void take(std::string_view name, std::string value) {
    for (const auto& [option, read] : options)
      if (option == name) return (this->*read)(std::move(value));
  }
  OptionHeaders finish() {
    if (!metadata_.empty()) read_.options.metadata = json::serialize(metadata_);
    return std::move(read_);
  }

 private:
  using Read = void (Reader::*)(std::string);
  static const std::array<std::pair<std::string_view, Read>, 8> options;

  void wrong(const char* field, std::string code, std::string detail) {
    read_.errors.push_back({field, std::move(code), std::move(detail)});
  }
  std::optional<std::int64_t> number(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  void lane(std::string value) { read_.options.lane = std::move(value); }
  void tag(std::string value) {
    for (const std::string_view each : split(value, ','))
      if (!trim(each).empty()) read_.options.tags.emplace_back(trim(each));
  }
  // A JSON object of strings as over HTTP, or name=value; the field may repeat.
  void metadata(std::string value) {
    if (!is_valid_utf8(value)) return wrong("/X-Postroom-Metadata", "not_utf8", "Send it as UTF-8.");
    if (!value.starts_with('{')) {
      const std::size_t equals = value.find('=');
      if (equals == std::string::npos || equals == 0)
        return wrong("/X-Postroom-Metadata", "metadata_invalid", "Write name=value, or a JSON object of strings.");
      metadata_[trim(std::string_view(value).substr(0, equals))] = trim(std::string_view(value).substr(equals + 1));
      return;
    }
    boost::system::error_code error;
    const json::value parsed = json::parse(value, error);
    if (error || !parsed.is_object())
      return wrong("/X-Postroom-Metadata", "metadata_invalid", "This is no JSON object.");
    for (const auto& [name, text] : parsed.as_object()) {
      if (!text.is_string())
        return wrong("/X-Postroom-Metadata", "not_a_string", "Each value of the object must be a string.");
      metadata_[name] = text;
    }
  }
  void send_at(std::string value) {
    const Result<Timestamp> at = parse_rfc3339(value);
    if (!at) return wrong("/X-Postroom-Send-At", "not_a_time", "Write a time such as 2026-11-27T09:00:00Z.");
    read_.options.send_at = *at;
  }
  void expires_in(std::string value) {
    const std::optional<std::int64_t> seconds = number(value);
    if (!seconds) return wrong("/X-Postroom-Expires-In", "not_a_number", "Write a number of seconds.");
    read_.options.expires_in_s = *seconds;
  }
  void connection(std::string value) {
    const std::optional<std::int64_t> id = number(value);
    if (!id || *id < 1) return wrong("/X-Postroom-Connection", "not_a_number", "Write the id of a connection.");
    read_.options.connection_id = *id;
  }
  void on_doubt(std::string value) {
    const auto word = store::from_word<store::OnDoubt>(to_lower(value));
    if (!word || *word == store::OnDoubt::inherit)
      return wrong("/X-Postroom-On-Doubt", "invalid", "Write retry or hold.");
    read_.options.on_doubt = *word;
  }
  void idempotency_key(std::string value) {
    if (value.empty() || value.size() > limits::idempotency_key || !is_valid_utf8(value))
      return wrong("/X-Postroom-Idempotency-Key", "idempotency_key_invalid", "A key has 1 to 256 characters.");
    read_.idempotency_key = std::move(value);
  }

  OptionHeaders read_;
  json::object metadata_;
};

const std::array<std::pair<std::string_view, Reader::Read>, 8> Reader::options{{
    {"lane", &Reader::lane},
    {"tag", &Reader::tag},
    {"metadata", &Reader::metadata},
    {"send-at", &Reader::send_at},
    {"expires-in", &Reader::expires_in},
    {"connection", &Reader::connection},
    {"on-doubt", &Reader::on_doubt},
    {"idempotency-key", &Reader::idempotency_key},
}};

}  // namespace

std::string name_over_smtp(std::string_view pointer) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> headers{{
      {"lane", "X-Postroom-Lane"},
      {"tags", "X-Postroom-Tag"},
      {"metadata", "X-Postroom-Metadata"},
      {"send_at", "X-Postroom-Send-At"},
      {"expires_in", "X-Postroom-Expires-In"},
      {"connection_id", "X-Postroom-Connection"},
      {"on_doubt", "X-Postroom-On-Doubt"},
  }};
  if (pointer.starts_with('/')) pointer.remove_prefix(1);
  const std::string_view field = pointer.substr(0, pointer.find('/'));
  for (const auto& [name, header] : headers)
    if (name == field) return std::string(header);
  return std::string(pointer);
}

OptionHeaders read_option_headers(std::string_view message) {
  Reader reader;
  mime::for_each_field(message, [&reader](std::string_view name, std::string_view value) {
    // Mail libraries put what isn't ASCII, or too long for a line, into encoded-words.
    if (!starts_with_ignoring_case(name, prefix)) return;
    const std::string plain = mime::unfold(value);
    const bool encoded = plain.find("=?") != std::string::npos;
    reader.take(to_lower(name.substr(prefix.size())), encoded ? mime::decode_text(value) : plain);
  });
  return reader.finish();
}

}  // namespace postroom::intake
