#include "smtp/sasl.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"

namespace postroom::smtp {
namespace {

class ZeroRandom final : public Random {
 public:
  void fill(std::span<unsigned char> into) override { std::ranges::fill(into, 0); }
};

std::unique_ptr<SaslClient> choose(SaslChoice choice, const std::vector<std::string>& offered,
                                   const std::string& username = "user", const std::string& password = "pencil") {
  ZeroRandom random;
  return choose_sasl(choice, offered, username, Secret(password), random);
}

TEST(Sasl, ChoosesTheStrongestThatIsOffered) {
  const struct {
    SaslChoice choice;
    std::vector<std::string> offered;
    std::string_view chosen;
  } cases[] = {
      {SaslChoice::automatic, {"LOGIN", "PLAIN", "CRAM-MD5", "SCRAM-SHA-256"}, "SCRAM-SHA-256"},
      {SaslChoice::automatic, {"LOGIN", "PLAIN", "CRAM-MD5"}, "CRAM-MD5"},
      {SaslChoice::automatic, {"LOGIN", "PLAIN"}, "PLAIN"},
      {SaslChoice::automatic, {"LOGIN"}, "LOGIN"},
      {SaslChoice::automatic, {"XOAUTH2"}, ""},
      {SaslChoice::automatic, {}, ""},
      {SaslChoice::xoauth2, {"PLAIN", "XOAUTH2"}, "XOAUTH2"},
      {SaslChoice::scram_sha_256, {"PLAIN"}, ""},  // a demand is not talked down
      {SaslChoice::plain, {"SCRAM-SHA-256", "PLAIN"}, "PLAIN"},
  };
  for (const auto& c : cases) {
    const std::unique_ptr<SaslClient> sasl = choose(c.choice, c.offered);
    EXPECT_EQ(sasl ? sasl->mechanism() : "", c.chosen);
  }
}

TEST(Sasl, PlainSaysAllAtOnce) {
  const auto sasl = choose(SaslChoice::plain, {"PLAIN"});
  EXPECT_EQ(sasl->initial_response(), std::string("\0user\0pencil", 12));
}

TEST(Sasl, LoginAnswersTwoPromptsAndNoThird) {
  const auto sasl = choose(SaslChoice::login, {"LOGIN"});
  EXPECT_EQ(sasl->initial_response(), std::nullopt);
  EXPECT_EQ(sasl->respond("Username:"), "user");
  EXPECT_EQ(sasl->respond("Password:"), "pencil");
  EXPECT_EQ(sasl->respond("Password:"), std::nullopt);
}

TEST(Sasl, CramMd5GivesTheExampleOfRfc2195) {
  const auto sasl = choose(SaslChoice::cram_md5, {"CRAM-MD5"}, "tim", "tanstaaftanstaaf");
  EXPECT_EQ(sasl->respond("<1896.697170952@postoffice.reston.mci.net>"), "tim b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_EQ(sasl->respond("<again>"), std::nullopt);
}

TEST(Sasl, Xoauth2SendsTheTokenAndAsksForTheErrorInAReply) {
  const auto sasl = choose(SaslChoice::xoauth2, {"XOAUTH2"}, "u@example.org", "token");
  EXPECT_EQ(sasl->initial_response(),
            "user=u@example.org\x01"
            "auth=Bearer token\x01\x01");
  EXPECT_EQ(sasl->respond(R"({"status":"401"})"), "");
  EXPECT_EQ(sasl->respond("again"), std::nullopt);
}

// The example of RFC 7677 §3, with this client's nonce.
const std::string server_first = R"(r=AAAAAAAAAAAAAAAAAAAAAAAA%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,)"
                                 "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

TEST(Sasl, ScramProvesThePasswordAndChecksTheServer) {
  const auto sasl = choose(SaslChoice::automatic, {"SCRAM-SHA-256"});
  EXPECT_EQ(sasl->initial_response(), "n,,n=user,r=AAAAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(sasl->respond(server_first), R"(c=biws,r=AAAAAAAAAAAAAAAAAAAAAAAA%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,)"
                                         "p=NS5PgKB7//CT41ACcxXULzBcNPVIfphC4W3qhkfA1VQ=");
  EXPECT_FALSE(sasl->satisfied());
  EXPECT_EQ(sasl->respond("v=jvLk2JsFNYYvzOoYB51Vgq2vY1cbMjorhKeQKBB1sWg="), "");
  EXPECT_TRUE(sasl->satisfied());
}

TEST(Sasl, ScramIsNotSatisfiedByAServerThatDoesNotKnowThePassword) {
  for (const std::string_view server_final :
       {"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "", "e=no", "v=!"}) {
    const auto sasl = choose(SaslChoice::automatic, {"SCRAM-SHA-256"});
    sasl->initial_response();
    EXPECT_TRUE(sasl->respond(server_first));
    EXPECT_EQ(sasl->respond(server_final), std::nullopt) << server_final;
    EXPECT_FALSE(sasl->satisfied());
  }
}

TEST(Sasl, ScramGivesUpOnAChallengeThatMakesNoSense) {
  const std::string nonce(24, 'A');
  for (const std::string& challenge :
       {std::string(), "r=" + nonce + ",s=c2FsdA==,i=4096", "r=BBBB" + nonce + ",s=c2FsdA==,i=4096",
        "r=" + nonce + "x,s=c2FsdA==,i=4095", "r=" + nonce + "x,s=c2FsdA==,i=99999999", "r=" + nonce + "x,s=,i=4096",
        "r=" + nonce + "x,s=*,i=4096", "m=new,r=" + nonce + "x,s=c2FsdA==,i=4096"}) {
    const auto sasl = choose(SaslChoice::automatic, {"SCRAM-SHA-256"});
    sasl->initial_response();
    EXPECT_EQ(sasl->respond(challenge), std::nullopt) << challenge;
  }
}

TEST(Sasl, ScramEscapesTheUserName) {
  EXPECT_EQ(choose(SaslChoice::automatic, {"SCRAM-SHA-256"}, "a=b,c")->initial_response(),
            "n,,n=a=3Db=2Cc,r=AAAAAAAAAAAAAAAAAAAAAAAA");
}

}  // namespace
}  // namespace postroom::smtp
