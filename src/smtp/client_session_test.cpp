// Transactions: what each turn of a server means for each recipient.
#include "smtp/client_session.h"

#include <gtest/gtest.h>

#include "scripted/client_talk.h"

namespace postroom::smtp::testing {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Script lockstep_hello = {"S: 220 mx.example.org", "C: EHLO localhost", "S: 250 mx.example.org"};
const Script pipelined_hello = {"S: 220 mx.example.org", "C: EHLO localhost", "S: 250-mx.example.org",
                                "S: 250-PIPELINING", "S: 250 SIZE 1000"};
const std::string from = "C: MAIL FROM:<s@example.org>";
const std::string from_sized = "C: MAIL FROM:<s@example.org> SIZE=25";
const std::string to_a = "C: RCPT TO:<a@example.org>";
const std::string to_b = "C: RCPT TO:<b@example.org>";

Script operator+(Script first, const Script& rest) {
  first.insert(first.end(), rest.begin(), rest.end());
  return first;
}

// Up to the 354, everything accepted.
Script to_the_data() {
  return lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", "C: DATA", "S: 354 go"};
}

// The transcript must give the same whatever the pieces in which the server's bytes come.
Talk expect(const Script& script, const Part& part, const std::string& fates, bool usable) {
  Talk talk;
  for (const std::size_t bytes_per_read : {std::size_t{1}, std::size_t{7}, SIZE_MAX}) {
    Part piecewise = part;
    piecewise.bytes_per_read = bytes_per_read;
    talk = talk_once(script, piecewise);
    EXPECT_FALSE(talk.opening) << talk.opening->detail;
    EXPECT_EQ(talk.violations, std::vector<std::string>{}) << bytes_per_read << "\n" << talk.record;
    EXPECT_FALSE(talk.results.empty());
    if (talk.results.empty()) return talk;
    EXPECT_EQ(talk.fates(), fates) << bytes_per_read << "\n" << talk.record;
    EXPECT_EQ(talk.usable(), usable) << bytes_per_read;
  }
  return talk;
}

// One recipient, and what the server does once the dot has come.
Talk expect_after_dot(const Script& end, const std::string& fates, bool usable) {
  return expect(to_the_data() + Script{"DATA"} + end, plain_part(), fates, usable);
}

TEST(ClientSession, SendsInLockstep) {
  const Talk talk = expect_after_dot({"S: 250 2.0.0 queued as 7", "C: QUIT", "S: 221 bye"}, "accepted dot 250", true);
  EXPECT_EQ(talk.message, "Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n");
  EXPECT_EQ(talk.record,
            "* connecting to mx.example.org at 192.0.2.2:587\n"
            "S: 220 mx.example.org\nC: EHLO localhost\nS: 250 mx.example.org\n"
            "C: MAIL FROM:<s@example.org>\nS: 250 ok\nC: RCPT TO:<a@example.org>\nS: 250 ok\nC: DATA\nS: 354 go\n"
            "C: <message of 25 bytes>\nS: 250 2.0.0 queued as 7\n");
}

TEST(ClientSession, SendsPipelined) {
  const Script script =
      pipelined_hello + Script{from_sized,  to_a,        to_b,   "C: DATA",   "S: 250 ok", "S: 250 ok",
                               "S: 251 ok", "S: 354 go", "DATA", "S: 250 ok", "C: QUIT",   "S: 221 bye"};
  expect(script, plain_part({"a@example.org", "b@example.org"}), "accepted dot 250, accepted dot 250", true);
}

TEST(ClientSession, SendsSeveralMessagesOnOneSession) {
  const Script once = {from_sized, to_a, "C: DATA", "S: 250 ok", "S: 250 ok", "S: 354 go", "DATA", "S: 250 ok"};
  Part part = plain_part();
  part.transactions = 3;
  const Talk talk =
      expect(pipelined_hello + once + once + once + Script{"C: QUIT", "S: 221 bye"}, part, "accepted dot 250", true);
  EXPECT_EQ(talk.results.size(), 3U);
}

TEST(ClientSession, SendsToTheAcceptedOfMixedRecipients) {
  const Part two = plain_part({"a@example.org", "b@example.org"});
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 550 5.1.1 no such user", to_b, "S: 250 ok", "C: DATA",
                                 "S: 354 go", "DATA", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         two, "refused rcpt 550, accepted dot 250", true);
  expect(pipelined_hello + Script{from_sized, to_a, to_b, "C: DATA", "S: 250 ok", "S: 250 ok", "S: 452 4.2.2 full",
                                  "S: 354 go", "DATA", "S: 554 spam", "C: QUIT", "S: 221 bye"},
         two, "refused dot 554, refused rcpt 452", true);
}

TEST(ClientSession, SendsNoDataWhenEveryRecipientIsRefused) {
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 550 no", "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         plain_part(), "refused rcpt 550", true);
  expect(pipelined_hello + Script{from_sized, to_a, "C: DATA", "S: 250 ok", "S: 550 no", "S: 554 no recipients",
                                  "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         plain_part(), "refused rcpt 550", true);
}

TEST(ClientSession, SendsNoDotToAServerThatWantsDataForNobody) {
  expect(pipelined_hello + Script{from_sized, to_a, "C: DATA", "S: 250 ok", "S: 550 no", "S: 354 go"}, plain_part(),
         "refused rcpt 550", false);
  expect(pipelined_hello + Script{from_sized, to_a, "C: DATA", "S: 450 no", "S: 250 ok", "S: 354 go"}, plain_part(),
         "refused mail 450", false);
}

TEST(ClientSession, GivesTheRefusalOfMailToAllRecipients) {
  const Part two = plain_part({"a@example.org", "b@example.org"});
  expect(lockstep_hello + Script{from, "S: 553 5.1.8 not yours", "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"}, two,
         "refused mail 553, refused mail 553", true);
  expect(pipelined_hello + Script{from_sized, to_a, to_b, "C: DATA", "S: 451 later", "S: 503 no", "S: 503 no",
                                  "S: 503 no", "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         two, "refused mail 451, refused mail 451", true);
}

TEST(ClientSession, GivesTheRefusalOfDataToTheOpenRecipients) {
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", to_b, "S: 550 no", "C: DATA", "S: 451 later",
                                 "C: RSET", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         plain_part({"a@example.org", "b@example.org"}), "refused data 451, refused rcpt 550", true);
}

TEST(ClientSession, IsOverWhenRsetIsRefused) {
  expect(lockstep_hello + Script{from, "S: 550 no", "C: RSET", "S: 421 bye"}, plain_part(), "refused mail 550", false);
}

TEST(ClientSession, TakesA421AsTheSessionsEndAtEachCommand) {
  const Part two = plain_part({"a@example.org", "b@example.org"});
  expect(lockstep_hello + Script{from, "S: 421 busy", "CLOSE"}, two, "broken mail 421, broken mail 421", false);
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 550 no", to_b, "S: 421 busy", "CLOSE"}, two,
         "refused rcpt 550, broken rcpt 421", false);
  expect(lockstep_hello +
             Script{from, "S: 250 ok", to_a, "S: 250 ok", to_b, "S: 250 ok", "C: DATA", "S: 421 busy", "CLOSE"},
         two, "broken data 421, broken data 421", false);
  expect(pipelined_hello + Script{from_sized, to_a, to_b, "C: DATA", "S: 250 ok", "S: 250 ok", "S: 421 busy", "CLOSE"},
         two, "broken rcpt 421, broken rcpt 421", false);
}

TEST(ClientSession, KnowsThatNothingWasSentWhenTheConnectionEndsBeforeTheDot) {
  expect(lockstep_hello + Script{from, "CLOSE"}, plain_part(), "broken mail", false);
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "CLOSE"}, plain_part(), "broken rcpt", false);
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", "C: DATA", "CLOSE"}, plain_part(), "broken data",
         false);
}

TEST(ClientSession, KnowsThatNothingWasSentWhenTheServerIsSilentBeforeTheDot) {
  const Talk at_mail = expect(lockstep_hello + Script{from, "PAUSE 10000"}, plain_part(), "broken mail", false);
  EXPECT_EQ(at_mail.took, minutes(5));
  const Talk at_data = expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", "C: DATA", "PAUSE 10000"},
                              plain_part(), "broken data", false);
  EXPECT_EQ(at_data.took, minutes(2));
}

TEST(ClientSession, TakesAnyClearReplyToTheDotAsItsAnswer) {
  const Script bye = {"C: QUIT", "S: 221 bye"};
  expect_after_dot(Script{"S: 251 will forward"} + bye, "accepted dot 251", true);
  expect_after_dot(Script{"S: 200 fine"} + bye, "accepted dot 200", true);
  expect_after_dot(Script{"S: 250-2.0.0 queued", "S: 250 2.0.0 as 7"} + bye, "accepted dot 250", true);
  expect_after_dot(Script{"S: 451 4.3.0 later"} + bye, "refused dot 451", true);
  expect_after_dot(Script{"S: 554 5.7.1 spam"} + bye, "refused dot 554", true);
  expect_after_dot({"S: 421 4.3.2 shutting down", "CLOSE"}, "refused dot 421", false);
}

TEST(ClientSession, WaitsTenMinutesForTheAnswerToTheDot) {
  const Talk talk = expect_after_dot({"PAUSE 599", "S: 250 ok", "C: QUIT", "S: 221 bye"}, "accepted dot 250", true);
  EXPECT_EQ(talk.took, seconds(599));
}

TEST(ClientSession, IsInDoubtWithoutAClearReplyToTheDot) {
  const Talk silent = expect_after_dot({"PAUSE 10000"}, "doubt dot", false);
  EXPECT_EQ(silent.took, minutes(10));
  EXPECT_EQ(silent.results[0].recipients[0].fault->code, ErrorCode::timeout);
  expect_after_dot({"CLOSE"}, "doubt dot", false);
  expect_after_dot({"S: 221 bye", "CLOSE"}, "doubt dot 221", false);
  expect_after_dot({"S: 354 go on"}, "doubt dot 354", false);
  expect_after_dot({"S: 150 hm"}, "doubt dot 150", false);
  expect_after_dot({"S: queued"}, "doubt dot", false);
  expect_after_dot({"S: 250-queued", "CLOSE"}, "doubt dot", false);
  expect_after_dot({"S: 250-queued", "S: 550 not"}, "doubt dot", false);
  expect_after_dot({"S: 650 odd"}, "doubt dot", false);
}

TEST(ClientSession, IsInDoubtAboutAnEndlessReplyToTheDot) {
  expect_after_dot({"S: 250 " + std::string(8000, 'x')}, "doubt dot", false);
  expect_after_dot(Script(200, "S: 250-more"), "doubt dot", false);
}

TEST(ClientSession, IsInDoubtOnlyAboutTheRecipientsThatWereAccepted) {
  expect(lockstep_hello +
             Script{from, "S: 250 ok", to_a, "S: 550 no", to_b, "S: 250 ok", "C: DATA", "S: 354 go", "DATA", "CLOSE"},
         plain_part({"a@example.org", "b@example.org"}), "refused rcpt 550, doubt dot", false);
}

TEST(ClientSession, SendsNothingToAServerWhoseRepliesAreOutOfStep) {
  expect(lockstep_hello + Script{from, "S: 354 go"}, plain_part(), "broken mail", false);
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 354 go"}, plain_part(), "broken rcpt", false);
  expect(lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", "C: DATA", "S: 250 ok"}, plain_part(),
         "broken data", false);
  expect(lockstep_hello + Script{from, "S: 250-ok", "S: 550 no"}, plain_part(), "broken mail", false);
  expect(pipelined_hello + Script{from_sized, to_a, "C: DATA", "S: 354 go", "S: 250 ok", "S: 250 ok"}, plain_part(),
         "broken mail", false);
}

TEST(ClientSession, SendsNothingAfterRepliesThatAnswerNothing) {
  for (const Script& script :
       {lockstep_hello + Script{from, "S: 250 ok", "S: 250 ok"},
        lockstep_hello + Script{from, "S: 250 ok", to_a, "S: 250 ok", "C: DATA", "S: 354 go", "S: 250 ok"},
        pipelined_hello + Script{from_sized, to_a, "C: DATA", "S: 250 ok", "S: 250 ok", "S: 354 go", "S: 250 ok"}}) {
    const Talk talk = talk_once(script, plain_part());
    EXPECT_EQ(talk.violations, std::vector<std::string>{});
    EXPECT_EQ(talk.results.at(0).recipients.at(0).kind, RecipientOutcome::Kind::broken) << talk.record;
    EXPECT_FALSE(talk.usable());
  }
}

TEST(ClientSession, TakesA421ThatCameUnaskedAsTheSessionsEnd) {
  Part part = plain_part();
  part.transactions = 2;
  const Talk talk = talk_once(to_the_data() + Script{"DATA", "S: 250 ok", "S: 421 that was enough", "CLOSE"}, part);
  EXPECT_EQ(talk.fates(), "accepted dot 250");
  EXPECT_FALSE(talk.usable());
}

TEST(ClientSession, SendsNoMailThatTheServerCanNotTake) {
  Part part = plain_part();
  part.content_sent = std::string(998, 'x') + "\r\n\r\n";
  const Talk large = expect(pipelined_hello + Script{"C: QUIT", "S: 221 bye"}, part, "broken mail", true);
  EXPECT_EQ(large.results[0].recipients[0].fault->code, ErrorCode::too_large);
  EXPECT_FALSE(large.results[0].mail_sent);

  part = plain_part();
  part.content = mail::BodyType::eight_bit_mime;
  const Talk eight_bit = expect(lockstep_hello + Script{"C: QUIT", "S: 221 bye"}, part, "broken mail", true);
  EXPECT_TRUE(eight_bit.results[0].recipients[0].fault->detail.starts_with("5.6.3 "));

  part = plain_part({"jürgen@example.org"});
  part.smtputf8 = true;
  const Talk international = expect(lockstep_hello + Script{"C: QUIT", "S: 221 bye"}, part, "broken mail", true);
  EXPECT_TRUE(international.results[0].recipients[0].fault->detail.starts_with("5.6.7 "));
}

TEST(ClientSession, SaysWhichExtensionsTheMailUses) {
  Part part = plain_part({"jürgen@example.org"});
  part.smtputf8 = true;
  part.content = mail::BodyType::eight_bit_mime;
  expect({"S: 220 mx", "C: EHLO localhost", "S: 250-mx", "S: 250-8bitmime", "S: 250-SMTPUTF8", "S: 250 SIZE",
          "C: MAIL FROM:<s@example.org> SIZE=25 BODY=8BITMIME SMTPUTF8", "S: 250 ok", "C: RCPT TO:<jürgen@example.org>",
          "S: 250 ok", "C: DATA", "S: 354 go", "DATA", "S: 250 ok", "C: QUIT", "S: 221 bye"},
         part, "accepted dot 250", true);
}

TEST(ClientSession, TellsABodyThatBrokeOffFromOneThatMayHaveArrived) {
  // The server leaves once it has seen the start of the data: the blocks before the last fail definitely.
  Part part = plain_part();
  part.content_sent.clear();
  while (part.content_sent.size() < 3 * 64 * 1024) part.content_sent += std::string(70, 'x') + "\r\n";
  const Talk talk = talk_once(to_the_data() + Script{"CLOSE"}, part);
  EXPECT_EQ(talk.fates(), "broken data");
}

}  // namespace
}  // namespace postroom::smtp::testing
