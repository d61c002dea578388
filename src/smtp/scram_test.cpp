#include "smtp/scram.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "base/text.h"
#include "smtp/sasl.h"

namespace postroom::smtp {
namespace {

// RFC 7677 §3, with the server's part of the nonce as its own.
TEST(ScramServer, SpeaksTheExampleOfTheStandard) {
  std::string salt;
  ASSERT_TRUE(base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==", salt));
  ScramServer server("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  EXPECT_EQ(server.take_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"), "user");
  EXPECT_EQ(server.challenge(make_scram_keys(Secret("pencil"), salt, 4096)),
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_EQ(server.take_final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="),
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

struct Exchange {
  bool proved = false, believed = false;
};

Exchange talk(const std::string& username, const std::string& password, const std::string& right_password) {
  SeededRandom chance(7);
  auto client = choose_sasl(SaslChoice::scram_sha_256, {"SCRAM-SHA-256"}, username, Secret(password), chance);
  ScramServer server("server");
  const auto name = server.take_first(*client->initial_response());
  if (name != username) return {};
  const auto final = client->respond(server.challenge(make_scram_keys(Secret(right_password), "salt", 4096)));
  const auto proof = final ? server.take_final(*final) : std::nullopt;
  return {proof.has_value(), proof && client->respond(*proof) && client->satisfied()};
}

TEST(ScramServer, AgreesWithOurClient) {
  for (const std::string& name : {std::string("shop"), std::string("a=b,c=2C")}) {
    const Exchange exchange = talk(name, "pencil", "pencil");
    EXPECT_TRUE(exchange.proved) << name;
    EXPECT_TRUE(exchange.believed) << name;
  }
  EXPECT_FALSE(talk("shop", "pencil", "pen").proved);
}

TEST(ScramServer, RefusesWhatIsNoFirstMessage) {
  for (const char* message :
       {"", "n", "n,", "n,,", "n,,n=,r=x", "n,,n=user", "n,,n=user,r=", "n,,r=x,n=user", "n,,m=ext,n=user,r=x",
        "p=tls-unique,,n=user,r=x", "n,a=boss,n=user,r=x", "n,,n=us=er,r=x", "x,,n=user,r=x", "n,,n=user,r=\xff"})
    EXPECT_EQ(ScramServer("s").take_first(message), std::nullopt) << message;
  EXPECT_EQ(ScramServer("s").take_first("y,a=user,n=user,r=x"), "user");
}

TEST(ScramServer, RefusesAFinalMessageOfAnotherExchange) {
  const auto final_of = [](const std::string& final) {
    ScramServer server("server");
    server.take_first("n,,n=user,r=client");
    server.challenge(make_scram_keys(Secret("pencil"), "salt", 4096));
    return server.take_final(final);
  };
  const std::string proof = ",p=" + base64_encode(std::string(32, 'x'));
  const std::vector<std::string> finals{"",
                                        "c=biws",
                                        "c=biws,r=clientserver",
                                        "c=biws,r=clientserver,p=",
                                        "c=biws,r=clientserver,p=!!!!",
                                        "c=biws,r=client" + proof,
                                        "c=eSws,r=clientserver" + proof,
                                        "c=biws,r=clientserver" + proof};
  for (const std::string& final : finals) EXPECT_EQ(final_of(final), std::nullopt) << final;
}

TEST(ScramKeys, KnowTheirPassword) {
  const ScramKeys keys = make_scram_keys(Secret("pencil"), "salt", 4096);
  EXPECT_TRUE(is_password_of(keys, Secret("pencil")));
  EXPECT_FALSE(is_password_of(keys, Secret("pencil ")));
  EXPECT_FALSE(is_password_of({}, Secret("")));
}

}  // namespace
}  // namespace postroom::smtp
