#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "api/api.h"
#include "api/description.h"
#include "base/text.h"

namespace postroom::api {

void PrintTo(const Api::RouteDescription& route, std::ostream* out) {
  *out << route.method << ' ' << route.path << " (" << route.scope << ')';
}

namespace {

namespace json = boost::json;

constexpr const char* methods[] = {"get", "post", "put", "patch", "delete"};

std::vector<Api::RouteDescription> described() {
  std::vector<Api::RouteDescription> routes;
  const json::value document = json::parse(openapi_json());
  for (const auto& path : document.at("paths").as_object())
    for (const char* method : methods)
      if (const json::value* operation = path.value().as_object().if_contains(method))
        routes.push_back({to_upper(method), path.key(), std::string(operation->at("x-scope").as_string())});
  return routes;
}

// Each "$ref" below `value` that leads nowhere in `document`.
void collect_broken(const json::value& document, const json::value& value, std::vector<std::string>& broken) {
  if (const json::array* list = value.if_array())
    for (const json::value& item : *list) collect_broken(document, item, broken);
  const json::object* object = value.if_object();
  if (!object) return;
  for (const auto& entry : *object) {
    if (entry.key() == "$ref") {
      const std::string reference(entry.value().as_string());
      boost::system::error_code error;
      if (!document.find_pointer(reference.substr(1), error)) broken.push_back(reference);
    }
    collect_broken(document, entry.value(), broken);
  }
}

TEST(Routes, AreDescribedWithTheirScopesAndNothingElseIs) {
  EXPECT_THAT(described(), testing::UnorderedElementsAreArray(Api::routes()));
}

TEST(Routes, SayWhatTheyAskForWhenItIsNotAKeyOrASession) {
  const json::value document = json::parse(openapi_json());
  for (const auto& route : Api::routes()) {
    json::object operation = document.at("paths").at(route.path).at(to_lower(route.method)).as_object();
    const json::value* security = operation.if_contains("security");
    const char* const expected = route.scope == "open" ? "[]" : route.scope == "session" ? R"([{"session":[]}])" : "";
    EXPECT_EQ(security ? json::serialize(*security) : "", expected) << route.path;
  }
}

TEST(Description, HasNoReferenceThatLeadsNowhere) {
  const json::value document = json::parse(openapi_json());
  std::vector<std::string> broken;
  collect_broken(document, document, broken);
  EXPECT_THAT(broken, testing::IsEmpty());
}

}  // namespace
}  // namespace postroom::api
