// What it takes until a session is ready for mail: greeting, EHLO, STARTTLS, AUTH.
#include <gtest/gtest.h>

#include "base/text.h"
#include "scripted/client_talk.h"
#include "smtp/client_session.h"

namespace postroom::smtp::testing {
namespace {

const std::string password = "correct horse";
const Script hello = {"S: 220 mx.example.org", "C: EHLO localhost"};
const Script offers_tls = {"S: 220 mx.example.org", "C: EHLO localhost", "S: 250-mx.example.org", "S: 250 STARTTLS"};

Script operator+(Script first, const Script& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

Part opening(Security security, SaslChoice sasl = SaslChoice::automatic) {
  Part part = plain_part();
  part.options.security = security;
  part.options.sasl = sasl;
  part.options.username = "user";
  part.options.password = Secret(password);
  part.transactions = 0;
  return part;
}

// Runs a transcript, which the client must keep to, and looks for the password in the record.
Talk run(const Script& script, const Part& part) {
  Talk talk;
  for (const std::size_t bytes_per_read : {std::size_t{1}, SIZE_MAX}) {
    Part piecewise = part;
    piecewise.bytes_per_read = bytes_per_read;
    talk = talk_once(script, piecewise);
    EXPECT_EQ(talk.violations, std::vector<std::string>{}) << talk.record;
    for (const std::string& secret : {password, base64_encode(password),
                                      base64_encode(std::string(1, '\0') + "user" + std::string(1, '\0') + password)}) {
      EXPECT_EQ(talk.record.find(secret), std::string::npos) << talk.record;
      if (talk.opening && talk.opening->reply) EXPECT_EQ(talk.opening->reply->text().find(secret), std::string::npos);
    }
  }
  return talk;
}

void expect_open(const Script& script, const Part& part) {
  const Talk talk = run(script, part);
  EXPECT_FALSE(talk.opening) << talk.opening->detail << "\n" << talk.record;
}

// 0: no reply, but an error of this code.
Talk expect_fault(const Script& script, const Part& part, Phase phase, int reply, ErrorCode code) {
  Talk talk = run(script, part);
  EXPECT_TRUE(talk.opening) << talk.record;
  if (!talk.opening) return talk;
  EXPECT_EQ(to_word(talk.opening->phase), to_word(phase)) << talk.record;
  EXPECT_EQ(talk.opening->reply ? talk.opening->reply->code : 0, reply) << talk.record;
  EXPECT_EQ(talk.opening->code, code) << talk.opening->detail;
  return talk;
}

// After TLS, with the given line offered.
Script offers_auth(const std::string& line) {
  return offers_tls +
         Script{"C: STARTTLS", "S: 220 go ahead", "TLS", "C: EHLO localhost", "S: 250-mx.example", "S: 250 " + line};
}

TEST(ClientOpen, ReportsEachStepOfTheOpening) {
  const Talk talk =
      run(offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN *", "S: 235 ok"}, opening(Security::starttls));
  EXPECT_FALSE(talk.opening);
  EXPECT_EQ(talk.steps, (std::vector<std::string>{"connect ok", "tls ok", "ehlo ok", "auth ok"}));
  EXPECT_EQ(talk.policy.server_name, "mx.example.org");
  EXPECT_TRUE(talk.policy.verify_certificate);
  EXPECT_NE(talk.record.find("* TLSv1.3 established\n"), std::string::npos);
  EXPECT_NE(talk.record.find("C: AUTH PLAIN ***\n"), std::string::npos);
}

TEST(ClientOpen, SpeaksTlsFromTheFirstByte) {
  expect_open({"TLS", "S: 220 mx", "C: EHLO localhost", "S: 250-mx", "S: 250 AUTH LOGIN", "C: AUTH LOGIN",
               "S: 334 VXNlcm5hbWU6", "C: " + base64_encode("user"), "S: 334 UGFzc3dvcmQ6",
               "C: " + base64_encode(password), "S: 235 ok"},
              opening(Security::implicit_tls));
}

TEST(ClientOpen, RefusesAGreetingThatIsNone) {
  const Part part = opening(Security::none);
  expect_fault({"S: 554 go away", "CLOSE"}, part, Phase::greeting, 554, ErrorCode::refused);
  expect_fault({"S: 421 busy", "CLOSE"}, part, Phase::greeting, 421, ErrorCode::refused);
  expect_fault({"S: 250 hm"}, part, Phase::greeting, 250, ErrorCode::refused);
  expect_fault({"S: HTTP/1.1 400 Bad Request"}, part, Phase::greeting, 0, ErrorCode::protocol);
  expect_fault({"S: <html>" + std::string(8000, 'x')}, part, Phase::greeting, 0, ErrorCode::too_large);
  expect_fault(Script(200, "S: 220-more"), part, Phase::greeting, 0, ErrorCode::protocol);
  expect_fault({"S: 220-one", "S: 250 two"}, part, Phase::greeting, 0, ErrorCode::protocol);
  expect_fault({"CLOSE"}, part, Phase::greeting, 0, ErrorCode::closed);
  const Talk silent = expect_fault({"PAUSE 10000"}, part, Phase::greeting, 0, ErrorCode::timeout);
  EXPECT_EQ(silent.took, std::chrono::minutes(5));
}

TEST(ClientOpen, ShowsAStrangeBannerWithoutItsControlCharacters) {
  const Talk talk = run({"S: 554 \x1b[2J<b>no</b>\x07", "CLOSE"}, opening(Security::none));
  EXPECT_NE(talk.record.find("S: 554 ?[2J<b>no</b>?\n"), std::string::npos) << talk.record;
}

TEST(ClientOpen, FallsBackToHeloOnlyWhereNothingMoreIsNeeded) {
  Part part = opening(Security::none);
  expect_fault(hello + Script{"S: 502 what"}, part, Phase::ehlo, 502, ErrorCode::refused);
  expect_fault(hello + Script{"S: 502 what"}, opening(Security::starttls), Phase::ehlo, 502, ErrorCode::refused);
  part.options.username.clear();
  expect_open(hello + Script{"S: 502 what", "C: HELO localhost", "S: 250 mx"}, part);
  expect_fault(hello + Script{"S: 502 what", "C: HELO localhost", "S: 550 no"}, part, Phase::ehlo, 550,
               ErrorCode::refused);
  expect_fault(hello + Script{"S: 421 busy", "CLOSE"}, part, Phase::ehlo, 421, ErrorCode::refused);
}

TEST(ClientOpen, SaysNothingSecretToAServerWithoutStarttls) {
  expect_fault(hello + Script{"S: 250-mx", "S: 250 AUTH PLAIN LOGIN"}, opening(Security::starttls), Phase::starttls, 0,
               ErrorCode::denied);
  for (const int code : {454, 501, 421, 250})
    expect_fault(offers_tls + Script{"C: STARTTLS", "S: " + std::to_string(code) + " not now"},
                 opening(Security::starttls), Phase::starttls, code, ErrorCode::refused);
}

TEST(ClientOpen, RefusesWhatWasInjectedAfterThe220) {
  const Talk talk = talk_once(offers_tls + Script{"C: STARTTLS", "S: 220 go ahead", "S: 250-mx", "S: 250 AUTH PLAIN"},
                              opening(Security::starttls));
  EXPECT_EQ(talk.violations, std::vector<std::string>{});
  ASSERT_TRUE(talk.opening);
  EXPECT_EQ(talk.opening->phase, Phase::starttls);
  EXPECT_EQ(talk.opening->code, ErrorCode::protocol);
}

TEST(ClientOpen, RefusesWhatWasInjectedBeforeStarttls) {
  const Talk talk = talk_once(offers_tls + Script{"S: 220 go ahead"}, opening(Security::starttls));
  EXPECT_EQ(talk.violations, std::vector<std::string>{});
  ASSERT_TRUE(talk.opening);
  EXPECT_EQ(talk.opening->code, ErrorCode::protocol);
}

TEST(ClientOpen, TellsTheTroubleWithTheCertificate) {
  Part part = opening(Security::starttls);
  part.tls_trouble = "the server's certificate has expired";
  const Talk talk =
      expect_fault(offers_tls + Script{"C: STARTTLS", "S: 220 go ahead"}, part, Phase::tls, 0, ErrorCode::tls);
  EXPECT_EQ(talk.opening->detail, part.tls_trouble);
}

TEST(ClientOpen, ForgetsWhatWasOfferedBeforeTls) {
  const Script clear =
      hello +
      Script{"S: 250-mx", "S: 250-AUTH PLAIN", "S: 250-PIPELINING", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go",
             "TLS",       "C: EHLO localhost", "S: 250 mx"};
  expect_fault(clear, opening(Security::starttls), Phase::auth, 0, ErrorCode::denied);
  Part part = opening(Security::starttls);
  part.options.username.clear();
  part.transactions = 1;
  const Talk talk =
      run(clear + Script{"C: MAIL FROM:<s@example.org>", "S: 550 no", "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"},
          part);
  EXPECT_EQ(talk.fates(), "refused mail 550");
}

TEST(ClientOpen, AuthenticatesWithPlain) {
  const std::string said = base64_encode(std::string("\0user\0", 6) + password);
  expect_open(offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN " + said, "S: 235 2.7.0 ok"},
              opening(Security::starttls));
  expect_open(offers_auth("AUTH=plain") + Script{"C: AUTH PLAIN " + said, "S: 334 ", "C: " + said, "S: 235 ok"},
              opening(Security::starttls));
}

TEST(ClientOpen, AuthenticatesWithCramMd5) {
  Part part = opening(Security::starttls);
  part.options.username = "tim";
  part.options.password = Secret("tanstaaftanstaaf");
  expect_open(offers_auth("AUTH PLAIN CRAM-MD5") +
                  Script{"C: AUTH CRAM-MD5", "S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+",
                         "C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw", "S: 235 ok"},
              part);
}

TEST(ClientOpen, DoesNotBelieveAScramServerThatProvesNothing) {
  expect_fault(offers_auth("AUTH SCRAM-SHA-256 PLAIN") + Script{"C: AUTH SCRAM-SHA-256 *", "S: 235 welcome"},
               opening(Security::starttls), Phase::auth, 0, ErrorCode::protocol);
  expect_fault(offers_auth("AUTH SCRAM-SHA-256 PLAIN") +
                   Script{"C: AUTH SCRAM-SHA-256 *", "S: 334 cj1ub25lLHM9YWJjZCxpPTQwOTY=", "C: *", "S: 501 given up"},
               opening(Security::starttls), Phase::auth, 0, ErrorCode::protocol);
}

TEST(ClientOpen, IsNotTalkedDownFromTheChosenMechanism) {
  expect_fault(offers_auth("AUTH PLAIN LOGIN"), opening(Security::starttls, SaslChoice::scram_sha_256), Phase::auth, 0,
               ErrorCode::denied);
}

TEST(ClientOpen, PassesOnARefusedCredential) {
  for (const int code : {535, 534, 454, 421, 500})
    expect_fault(offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN *", "S: " + std::to_string(code) + " no"},
                 opening(Security::starttls), Phase::auth, code, ErrorCode::refused);
}

TEST(ClientOpen, KeepsTheSecretOutOfTheRecordWhenTheServerSaysItBack) {
  const std::string said = base64_encode(std::string("\0user\0", 6) + password);
  const Talk talk = expect_fault(
      offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN *", "S: 500 unknown: AUTH PLAIN " + said + " " + password},
      opening(Security::starttls), Phase::auth, 500, ErrorCode::refused);
  EXPECT_EQ(talk.opening->reply->text(), "500 unknown: AUTH PLAIN *** ***");
}

TEST(ClientOpen, LeavesAnAuthExchangeThatDoesNotEnd) {
  const Script login = {
      "C: AUTH LOGIN", "S: 334 ", "C: " + base64_encode("user"), "S: 334 ", "C: " + base64_encode(password),
      "S: 334 ",       "C: *"};
  expect_fault(offers_auth("AUTH LOGIN") + login + Script{"S: 334 "}, opening(Security::starttls), Phase::auth, 0,
               ErrorCode::protocol);
  expect_fault(offers_auth("AUTH LOGIN") + login + Script{"S: 235 well then"}, opening(Security::starttls), Phase::auth,
               0, ErrorCode::protocol);
  expect_fault(offers_auth("AUTH CRAM-MD5") + Script{"C: AUTH CRAM-MD5", "S: 334 not*base64", "C: *", "S: 501 ok"},
               opening(Security::starttls), Phase::auth, 0, ErrorCode::protocol);
}

TEST(ClientOpen, TellsASilentServerFromOneThatLeft) {
  expect_fault(offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN *", "CLOSE"}, opening(Security::starttls), Phase::auth,
               0, ErrorCode::closed);
  expect_fault(offers_auth("AUTH PLAIN") + Script{"C: AUTH PLAIN *", "PAUSE 10000"}, opening(Security::starttls),
               Phase::auth, 0, ErrorCode::timeout);
}

}  // namespace
}  // namespace postroom::smtp::testing
