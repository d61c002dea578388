#include "auth/preferences.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace postroom::auth {

namespace json = boost::json;

std::string merge_preferences(std::string_view kept, std::string_view changes) {
  json::object merged = json::parse(kept).as_object();
  for (const auto& [name, value] : json::parse(changes).as_object()) {
    if (value.is_null()) {
      merged.stable_erase(name);
    } else {
      merged[name] = value;
    }
  }
  return json::serialize(merged);
}

}  // namespace postroom::auth
