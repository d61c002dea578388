// ObjectReader takes the known fields out of a JSON object and collects what is wrong with them; finish() refuses the
// fields that nobody asked for.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "intake/submission.h"

namespace postroom::api {

class ObjectReader {
 public:
  ObjectReader(const boost::json::object& object, std::string pointer, std::vector<intake::FieldError>& errors)
      : object_(object), pointer_(std::move(pointer)), errors_(errors) {}

  bool has(std::string_view name) const { return object_.contains({name.data(), name.size()}); }
  const boost::json::value* take(std::string_view name);  // nullptr when absent
  std::optional<std::string> text(std::string_view name);
  std::string text_or_empty(std::string_view name);  // null, as absence, is ""
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);
  std::optional<bool> boolean(std::string_view name);
  std::optional<Timestamp> time(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  void finish();

  void error(std::string_view name, std::string code, std::string detail);
  std::string pointer_to(std::string_view name) const;

 private:
  const boost::json::object& object_;
  std::string pointer_;
  std::vector<intake::FieldError>& errors_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace postroom::api
