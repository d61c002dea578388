// A login's session: what it may send, and how it says who it is. The store is the one in memory.
#include "intake/submission_session.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "async/sim_loop.h"
#include "base/limits.h"
#include "base/text.h"
#include "net/stream_pair.h"
#include "scripted/peer.h"
#include "store/memory/memory_store.h"

namespace postroom::intake {
namespace {

class SubmissionSessionTest : public ::testing::Test {
 protected:
  SubmissionSessionTest() {
    loop_.run(logins_.load());
    loop_.run(keys_.load());
  }

  // The password of a new login.
  std::string give_login(store::SubmissionLoginRecord record) {
    auto made = loop_.run(logins_.create(std::move(record), {}));
    EXPECT_TRUE(made);
    return std::string(made->password.reveal());
  }

  // All that a client hears that says these lines.
  std::string hear(const std::string& sent) {
    auto [near, far] = net::stream_pair(loop_, {.second = {{"127.0.0.1"}, 25}});
    smtp::ServerOptions options;
    options.require_authentication = true;
    options.clear_authentication = true;
    SubmissionSession handler(doors_, {{"127.0.0.1"}, 40000}, accepted_);
    smtp::ServerSession session(loop_, std::move(far), tls_, chance_, handler, options);
    handler.serves(session);
    loop_.run(near->write(sent));
    loop_.run(near->shutdown());
    loop_.run(session.run());
    std::string heard;
    net::LineReader reader(*near);
    for (;;) {
      const Result<std::string> chunk = loop_.run(reader.read_chunk());
      if (!chunk || chunk->empty()) return heard;
      heard += *chunk;
    }
  }

  // The last reply's line of a message with this header.
  std::string submit(const std::string& password, const std::string& fields,
                     const std::string& sender = "shop@example.org") {
    const std::string heard =
        hear("EHLO me\r\nAUTH PLAIN " + base64_encode(std::string("\0shop\0", 6) + password) + "\r\nMAIL FROM:<" +
             sender + ">\r\nRCPT TO:<ann@example.net>\r\nDATA\r\n" + fields + "\r\nx\r\n.\r\n");
    const std::size_t last = heard.rfind("\r\n", heard.size() - 3);
    return heard.substr(last + 2, 9);
  }

  async::SimLoop loop_;
  store::memory::MemoryStore store_{loop_};
  SeededRandom chance_{1};
  IdGenerator ids_;
  smtp::testing::PretendedTls tls_;
  auth::ApiKeys keys_{loop_, store_, chance_};
  auth::SubmissionLogins logins_{loop_, store_, chance_};
  SubmissionAllowance allowance_{loop_, store_};
  auth::SignInThrottle guesses_;
  Intake intake_{loop_,
                 store_,
                 ids_,
                 chance_,
                 "post.example",
                 {limits::message_bytes, limits::recipients, limits::attachments, {"transactional", "bulk"}},
                 [] { return std::nullopt; },
                 [](const auto&...) { return std::nullopt; }};
  SubmissionDoors doors_{loop_, intake_, keys_, logins_, allowance_, guesses_};
  std::uint64_t accepted_ = 0;
};

TEST_F(SubmissionSessionTest, LetsALoginNameNoAuthorButItsOwn) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  login.senders = {"*@example.org", "ann@example.com"};
  const std::string password = give_login(login);
  const struct {
    const char* from;
    const char* reply;
  } cases[] = {
      {"From: shop@example.org\r\n", "250 2.6.0"},
      {"From: <shop@EXAMPLE.org>\r\n", "250 2.6.0"},
      {"From: The Shop <shop@example.org>\r\n", "250 2.6.0"},
      {"From: \"Shop, the: <best>\" <shop@example.org>\r\n", "250 2.6.0"},
      {"From: =?UTF-8?Q?Caf=C3=A9?=\r\n <shop@example.org>\r\n", "250 2.6.0"},
      {"From: Ann (of sales) <ann@example.com>\r\n", "250 2.6.0"},
      {"Subject: no author at all\r\n", "250 2.6.0"},
      {"From: boss@example.com\r\n", "550 5.7.1"},
      {"from : boss@example.com\r\n", "550 5.7.1"},
      {"From:\r\n boss@example.com\r\n", "550 5.7.1"},
      {"From: shop@example.org\r\nFrom: boss@example.com\r\n", "550 5.7.1"},
      {"From: boss@example.com, shop@example.org\r\n", "550 5.7.1"},
      {"From: boss@example.com, <shop@example.org>\r\n", "550 5.7.1"},
      {"From: boss@example.com <shop@example.org>\r\n", "550 5.7.1"},
      {"From: <boss@example.com> <shop@example.org>\r\n", "550 5.7.1"},
      {"From: The Boss <boss@example.com>, Shop <shop@example.org>\r\n", "550 5.7.1"},
      {"From: bosses: <shop@example.org>;\r\n", "550 5.7.1"},
      {"From: bosses:boss@example.com; <shop@example.org>\r\n", "550 5.7.1"},
      {"From: \"<shop@example.org>\r\n", "550 5.7.1"},
      {"From: \"\\\" <boss@example.com>, \" <shop@example.org>\r\n", "250 2.6.0"},  // the quotes hold all of it
      {"From: \"a\\\\\" <boss@example.com>, \"b\" <shop@example.org>\r\n", "550 5.7.1"},
      {"From: shop@example.org.example.com\r\n", "550 5.7.1"},
      {"From:\r\n", "550 5.7.1"},
  };
  for (const auto& c : cases) EXPECT_EQ(submit(password, c.from), c.reply) << c.from;
  EXPECT_EQ(hear("EHLO me\r\nAUTH PLAIN " + base64_encode(std::string("\0shop\0", 6) + password) +
                 "\r\nMAIL FROM:<boss@example.com>\r\nQUIT\r\n")
                    .find("550 5.7.1") != std::string::npos,
            true);
}

TEST_F(SubmissionSessionTest, KeepsALoginsMailInItsLane) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  login.lane = "bulk";
  const std::string password = give_login(login);
  EXPECT_EQ(submit(password, "X-Postroom-Lane: bulk\r\n"), "250 2.6.0");
  EXPECT_EQ(submit(password, "Subject: x\r\n"), "250 2.6.0");
  EXPECT_EQ(submit(password, "X-Postroom-Lane: transactional\r\n"), "550 5.7.1");
}

TEST_F(SubmissionSessionTest, TakesAMessageOnceForOneIdempotencyKeyAndEnvelope) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  const std::string password = give_login(login);
  const std::string key = "X-Postroom-Idempotency-Key: one\r\n";
  EXPECT_EQ(submit(password, key), "250 2.6.0");
  EXPECT_EQ(submit(password, key), "250 2.6.0");
  EXPECT_EQ(submit(password, key, "else@example.org"), "550 5.5.0");
}

TEST_F(SubmissionSessionTest, CountsOnlyWhatWasAcceptedAgainstTheAllowance) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  login.per_day = 2;
  const std::string password = give_login(login);
  const std::string key = "X-Postroom-Idempotency-Key: one\r\n";
  EXPECT_EQ(submit(password, "X-Postroom-Send-At: yesterday\r\n"), "550 5.6.0");
  EXPECT_EQ(submit(password, key), "250 2.6.0");
  EXPECT_EQ(submit(password, key), "250 2.6.0") << "a replay";
  store_.on_commit([](store::memory::Write write) {
    return write == store::memory::Write::accept ? store::memory::CommitFate::refused
                                                 : store::memory::CommitFate::committed;
  });
  EXPECT_EQ(submit(password, "Subject: x\r\n"), "451 4.3.0");
  EXPECT_EQ(submit(password, "Subject: x\r\n"), "451 4.3.0");
  store_.on_commit({});
  EXPECT_EQ(submit(password, "Subject: x\r\n"), "250 2.6.0");
  EXPECT_EQ(submit(password, "Subject: x\r\n").substr(0, 3), "500")
      << "two a day: MAIL is refused, and the text is no command";
}

// reliability: a yes comes only from the result of COMMIT, and an unknown one is settled by the key.
TEST_F(SubmissionSessionTest, SaysYesOnlyWhenTheStoreDid) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  const std::string password = give_login(login);
  const std::string key = "X-Postroom-Idempotency-Key: one\r\n";
  store::memory::CommitFate fate = store::memory::CommitFate::refused;
  store_.on_commit([&](store::memory::Write write) {
    return write == store::memory::Write::accept ? fate : store::memory::CommitFate::committed;
  });
  EXPECT_EQ(submit(password, key), "451 4.3.0");
  fate = store::memory::CommitFate::committed_but_reported_lost;
  EXPECT_EQ(submit(password, key), "451 4.3.0");
  EXPECT_EQ(accepted_, 0U);
  fate = store::memory::CommitFate::committed;
  EXPECT_EQ(submit(password, key), "250 2.6.0");
  const auto queue = loop_.run(store_.list_queue({}, {}, {}, {}, loop_.wall()));
  ASSERT_TRUE(queue);
  EXPECT_EQ(queue->items.size(), 1U);
}

TEST_F(SubmissionSessionTest, TellsNoNameThatExistsFromOneThatDoesNot) {
  store::SubmissionLoginRecord login;
  login.username = "shop";
  give_login(login);
  const auto challenge = [&](const std::string& name) {
    const std::string heard =
        hear("EHLO me\r\nAUTH SCRAM-SHA-256 " + base64_encode("n,,n=" + name + ",r=abc") + "\r\n*\r\n");
    const std::size_t at = heard.find("\r\n334 ") + 6;
    std::string told;
    EXPECT_TRUE(base64_decode(heard.substr(at, heard.find("\r\n", at) - at), told)) << heard;
    return std::string(smtp::scram_value(told, 's')) + " " + std::string(smtp::scram_value(told, 'i'));
  };
  EXPECT_EQ(challenge("shop").size(), challenge("nobody").size());
  EXPECT_EQ(challenge("nobody"), challenge("nobody"));
  EXPECT_NE(challenge("nobody"), challenge("anybody"));
}

}  // namespace
}  // namespace postroom::intake
