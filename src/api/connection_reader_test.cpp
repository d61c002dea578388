#include "api/connection_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace postroom::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

store::ConnectionRecord stored() {
  store::ConnectionRecord connection;
  connection.host = "smtp.example.com";
  connection.username = "shop";
  connection.sealed_password = "sealed";
  return connection;
}

// The codes of what is wrong with laying `json` over `before`.
std::vector<std::string> codes(const store::ConnectionRecord& before, std::string_view json) {
  std::vector<intake::FieldError> errors;
  const boost::json::value value = boost::json::parse(boost::json::string_view(json.data(), json.size()));
  ObjectReader reader(value.get_object(), "", errors);
  GivenConnection given{before, std::nullopt};
  read_connection(reader, given, errors);
  check_password(reader, before, given);
  reader.finish();
  std::vector<std::string> found;
  for (const auto& error : errors) found.push_back(error.code);
  return found;
}

TEST(ConnectionReader, KeepsAStoredPasswordFromEveryOtherPlace) {
  for (const char* change :
       {R"({"host":"other.example"})", R"({"port":2525})", R"({"encryption":"none"})", R"({"username":"other"})",
        R"({"verify_certificate":false})", R"({"ca_file":"/ca.pem"})"}) {
    EXPECT_THAT(codes(stored(), change), ElementsAre("password_required")) << change;
  }
}

TEST(ConnectionReader, LetsAPlaceChangeWithThePasswordOrWithoutAStoredOne) {
  EXPECT_THAT(codes(stored(), R"({"host":"other.example","password":"new"})"), IsEmpty());
  store::ConnectionRecord open = stored();
  open.sealed_password.clear();
  EXPECT_THAT(codes(open, R"({"host":"other.example"})"), IsEmpty());
  EXPECT_THAT(codes(stored(), R"({"caption":"New","host":"smtp.example.com","enabled":false})"), IsEmpty());
}

TEST(ConnectionReader, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(codes(stored(), R"({"colour":"red"})"), ElementsAre("unknown_field"));
  EXPECT_THAT(codes(stored(), R"({"limits":{"per_week":1}})"), ElementsAre("unknown_field"));
  EXPECT_THAT(codes(stored(), R"({"limits":{"per_day":0}})"), ElementsAre("out_of_range"));
  EXPECT_THAT(codes(stored(), R"({"limits":{"per_day":null}})"), IsEmpty());
}

TEST(ConnectionReader, TakesReplyRulesAndSaysWhatIsWrongWithEach) {
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"code":550,"scope":"quota","permanence":"transient"}]})"), IsEmpty());
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"enhanced":"*.7.1","scope":"tls","permanence":"permanent"}]})"),
              IsEmpty());
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[]})"), IsEmpty());
  EXPECT_THAT(codes(stored(), R"({"reply_rules":{}})"), ElementsAre("not_a_list"));
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[550]})"), ElementsAre("not_an_object"));
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"code":"2xx","scope":"quota","permanence":"transient"}]})"),
              ElementsAre("invalid"));
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"code":"550"}]})"), ElementsAre("required", "required"));
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"scope":"quota","permanence":"transient"}]})"),
              ElementsAre("required"));
  EXPECT_THAT(codes(stored(), R"({"reply_rules":[{"code":"550","scope":"operator","permanence":"transient"}]})"),
              ElementsAre("invalid"));
}

}  // namespace
}  // namespace postroom::api
