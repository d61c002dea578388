#include "api/json_reader.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/limits.h"

namespace postroom::api {
namespace {

namespace json = boost::json;
using json::error_code;
using json::string_view;

error_code refused() {
  return json::make_error_code(json::error::syntax);
}

// Builds the value as boost's own handler does, and knows each open object's keys.
struct StrictHandler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  json::value_stack stack;
  std::vector<std::unordered_set<std::string>> open_objects;
  std::string key;
  const char* trouble = nullptr;

  bool on_document_begin(error_code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    open_objects.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t n, error_code&) {
    open_objects.pop_back();
    stack.push_object(n);
    return true;
  }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    stack.push_array(n);
    return true;
  }
  bool on_key_part(string_view part, std::size_t, error_code&) {
    key.append(part.data(), part.size());
    stack.push_chars(part);
    return true;
  }
  bool on_key(string_view last, std::size_t, error_code& error) {
    key.append(last.data(), last.size());
    const bool fresh = open_objects.back().insert(std::exchange(key, {})).second;
    if (!fresh) {
      trouble = "A key stands twice in one object.";
      error = refused();
      return false;
    }
    stack.push_key(last);
    return true;
  }
  bool on_string_part(string_view part, std::size_t, error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(string_view last, std::size_t, error_code&) {
    stack.push_string(last);
    return true;
  }
  bool on_number_part(string_view, error_code&) { return true; }
  bool on_int64(std::int64_t value, string_view, error_code&) {
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, string_view, error_code&) {
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, string_view, error_code& error) {
    if (!std::isfinite(value)) {
      trouble = "A number is too large.";
      error = refused();
      return false;
    }
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, error_code&) {
    stack.push_bool(value);
    return true;
  }
  bool on_null(error_code&) {
    stack.push_null();
    return true;
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }
};

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = limits::json_depth;
  json::basic_parser<StrictHandler> parser(options);
  error_code error;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (error) {
    const char* trouble = parser.handler().trouble;
    return fail(ErrorCode::invalid, trouble ? trouble : "The body is not valid JSON: " + error.message() + ".");
  }
  if (used != text.size()) return fail(ErrorCode::invalid, "Something follows the JSON value.");
  return parser.handler().stack.release();
}

}  // namespace postroom::api
