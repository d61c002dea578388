// The mailing log as a file: as many pages as the filter selects, made while they are sent.
#include <fmt/format.h>

#include <array>
#include <memory>

#include "api/problem.h"
#include "api/render.h"
#include "api/resources.h"
#include "base/limits.h"

namespace postroom::api {
namespace {

enum class Format { csv, jsonl };

// RFC 4180. A spreadsheet takes a cell that starts like a formula for one, and subjects come from strangers.
void append_cell(std::string& line, std::string_view text) {
  constexpr std::string_view starts_formula = "=+-@\t\r";
  if (!line.empty() && line.back() != '\n') line += ',';
  const bool formula = !text.empty() && starts_formula.contains(text.front());
  const bool quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (quoted) line += '"';
  if (formula) line += '\'';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  if (quoted) line += '"';
}

constexpr std::array columns = {
    "id",     "active_queue_id", "message_id",    "email",       "subject",       "attempted_at",       "status",
    "reason", "reason_class",    "decided_by",    "attempt",     "connection_id", "connection_caption", "remote_host",
    "tls",    "reply_code",      "enhanced_code", "provider_id", "duration_ms"};

std::string csv_head() {
  std::string line;
  for (const char* column : columns) append_cell(line, column);
  return line += "\r\n";
}

// In the order of `columns`.
void append_csv(std::string& text, const store::AttemptRecord& attempt) {
  const std::array<std::string, columns.size()> cells = {
      to_string(attempt.id),
      to_string(attempt.email_id),
      to_string(attempt.message_id),
      attempt.address,
      attempt.subject,
      format_rfc3339(attempt.attempted_at()),
      std::string(to_word(attempt.status)),
      attempt.reason,
      std::string(to_word(attempt.reason_class)),
      attempt.decided_by,
      fmt::to_string(attempt.ordinal),
      fmt::to_string(attempt.connection_id),
      attempt.connection_caption,
      attempt.remote_host,
      attempt.tls,
      attempt.reply_code == 0 ? "" : fmt::to_string(attempt.reply_code),
      attempt.enhanced_code,
      attempt.provider_id,
      attempt.duration_ms ? fmt::to_string(*attempt.duration_ms) : ""};
  for (const std::string& cell : cells) append_cell(text, cell);
  text += "\r\n";
}

void append_jsonl(std::string& text, const store::AttemptRecord& attempt) {
  JsonWriter json;
  json.begin_object();
  render_attempt(json, attempt);
  json.end_object();
  text += json.take() + '\n';
}

class LogExport final : public http::BodySource {
 public:
  LogExport(store::ListStore& store, ListQuery<store::LogFilter> query, Format format)
      : store_(store), query_(std::move(query)), format_(format) {
    query_.page = {limits::page, std::nullopt};
    if (format_ == Format::csv) text_ = csv_head();
  }

  // Reads the first page, so that a store that fails at once is an answer and not a broken file.
  async::Task<Result<void>> begin() {
    const auto read = co_await read_page();
    if (!read) co_return std::unexpected(read.error());
    co_return Result<void>();
  }

  async::Task<Result<std::string>> next() override {
    // A page may be empty and others follow; "" would end the file.
    while (text_.empty() && more_) {
      const auto read = co_await read_page();
      if (!read) co_return std::unexpected(read.error());
    }
    co_return std::exchange(text_, {});
  }

 private:
  async::Task<Result<void>> read_page() {
    auto page = co_await store_.list_log(query_.filter, query_.direction, query_.page);
    if (!page) co_return std::unexpected(page.error());
    for (const auto& attempt : page->items)
      format_ == Format::csv ? append_csv(text_, attempt) : append_jsonl(text_, attempt);
    more_ = page->next.has_value();
    query_.page.after = std::move(page->next);
    co_return Result<void>();
  }

  store::ListStore& store_;
  ListQuery<store::LogFilter> query_;
  Format format_;
  std::string text_;  // read but not yet sent
  bool more_ = true;
};

std::optional<Format> format_of(const Parameters& parameters) {
  std::optional<Format> format;
  for (const auto& [name, value] : parameters) {
    if (name != "format") continue;
    if (format || (value != "csv" && value != "jsonl")) return std::nullopt;
    format = value == "csv" ? Format::csv : Format::jsonl;
  }
  return format;
}

}  // namespace

Answering export_log(Services& services, Call& call) {
  const auto parameters = http::parse_query(call.request.query);
  if (!parameters) co_return refuse(call, 400, "malformed_request", "The query is not properly encoded.");
  const auto format = format_of(*parameters);
  if (!format) co_return refuse(call, 400, "parameter_invalid", "Say format=csv or format=jsonl, once.");
  for (const auto& [name, value] : *parameters)
    if (name == "limit" || name == "cursor")
      co_return refuse(call, 400, "unknown_parameter", "An export has no pages: it gives all that the filter selects.");
  auto query = read_log_query(*parameters, "format");
  if (!query) co_return refuse(call, query.error());
  auto source = std::make_unique<LogExport>(services.store, std::move(*query), *format);
  const auto begun = co_await source->begin();
  if (!begun) co_return store_error(call, begun.error());
  http::Response response;
  if (*format == Format::csv) {
    response.with("Content-Type", "text/csv; charset=utf-8; header=present");
    response.with("Content-Disposition", "attachment; filename=\"mailing-log.csv\"");
  } else {
    response.with("Content-Type", "application/jsonl");
    response.with("Content-Disposition", "attachment; filename=\"mailing-log.jsonl\"");
  }
  response.stream = std::move(source);
  co_return response;
}

}  // namespace postroom::api
