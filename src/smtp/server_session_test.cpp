#include "smtp/server_session.h"

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

namespace postroom::smtp {
namespace {

using testing::PretendedTls;

class KeepingHandler final : public ServerHandler {
 public:
  bool offers_authentication() const override { return true; }
  async::Task<Login> authenticate(std::string username, Secret password) override {
    if (username == "busy") co_return Login::unavailable;
    co_return username == "user" && password.reveal() == "pencil" ? Login::granted : Login::denied;
  }
  mail::Reply sender(const mail::Address&) override { return {250, {"ok"}, {}}; }
  mail::Reply recipient(const mail::Address& address) override {
    if (address.local == "nobody") return {550, {"5.1.1 no such user"}, {}};
    return {250, {"ok"}, {}};
  }
  async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) override {
    envelopes.push_back(std::move(envelope));
    contents.push_back(std::move(content));
    co_return mail::Reply{250, {"2.0.0 kept"}, {}};
  }

  std::vector<mail::Envelope> envelopes;
  std::vector<std::string> contents;
};

struct Outcome {
  std::string said;   // all replies
  std::string codes;  // "220 250 354 250": the code of each reply's last line
  std::vector<std::string> contents;
  std::vector<mail::Envelope> envelopes;
};

using Pieces = std::vector<std::string>;

// Sends the pieces with a pause after each, says goodbye and hears everything.
async::Task<void> speak(async::Loop& loop, net::StreamPtr stream, Pieces pieces, std::string& heard,
                        Duration pause = std::chrono::milliseconds(1)) {
  for (const std::string& piece : pieces) {
    if (!(co_await stream->write(piece)).has_value()) break;
    co_await async::sleep_until(loop, loop.now() + pause);
  }
  co_await stream->shutdown();
  net::LineReader reader(*stream);
  for (;;) {
    const Result<std::string> chunk = co_await reader.read_chunk();
    if (!chunk || chunk->empty()) co_return;
    heard += *chunk;
  }
}

Outcome serve(const Pieces& pieces, ServerOptions options = {}) {
  async::SimLoop loop;
  auto [near, far] = net::stream_pair(loop);
  PretendedTls tls;
  KeepingHandler handler;
  SeededRandom chance(1);
  auto session = std::make_unique<ServerSession>(loop, std::move(far), tls, chance, handler, std::move(options));
  Outcome outcome;
  async::TaskGroup group(loop);
  group.spawn(speak(loop, std::move(near), pieces, outcome.said));
  loop.run(session->run());
  session.reset();
  loop.run(group.join());
  for (const std::string_view line : split(outcome.said, '\n'))
    if (line.size() > 3 && line[3] == ' ')
      outcome.codes += (outcome.codes.empty() ? "" : " ") + std::string(line.substr(0, 3));
  outcome.contents = handler.contents;
  outcome.envelopes = handler.envelopes;
  return outcome;
}

std::string codes_of(const std::string& commands, ServerOptions options = {}) {
  return serve({commands}, std::move(options)).codes;
}

const std::string mail = "MAIL FROM:<s@example.org>\r\n";
const std::string rcpt = "RCPT TO:<a@example.org>\r\n";
const std::string transaction = mail + rcpt + "DATA\r\n";

TEST(ServerSession, TakesMailInOneTransactionAfterAnother) {
  const std::string message = transaction + "Subject: x\r\n\r\n..dot\r\n.\r\n";
  const Outcome outcome = serve({"EHLO me\r\n" + message + message + "QUIT\r\n"});
  EXPECT_EQ(outcome.codes, "220 250 250 250 354 250 250 250 354 250 221");
  EXPECT_EQ(outcome.contents, (Pieces{"Subject: x\r\n\r\n.dot\r\n", "Subject: x\r\n\r\n.dot\r\n"}));
  EXPECT_EQ(outcome.envelopes.at(0).recipients.at(0).text(), "a@example.org");
}

TEST(ServerSession, GivesTheSameWhereverItsInputIsSplit) {
  const std::string wire = "EHLO me\r\n" + transaction + ".\r\r\nx\r\n.\r\n" + transaction + "y\r\n.\r\nQUIT\r\n";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    const Outcome outcome = serve({wire.substr(0, cut), wire.substr(cut)});
    EXPECT_EQ(outcome.codes, "220 250 250 250 354 554 250 250 354 250 221") << cut;
    EXPECT_EQ(outcome.contents, Pieces{"y\r\n"}) << cut;
  }
}

TEST(ServerSession, LetsNothingBeSmuggledPastTheEndOfTheData) {
  using namespace std::string_view_literals;
  const std::string smuggled = "MAIL FROM:<evil@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\nevil\r\n";
  for (const std::string_view end :
       {"\n.\n"sv, "\n.\r\n"sv, "\r\n.\n"sv, "\r.\r"sv, "\r.\r\n"sv, "\r\n.\r"sv, "\r\r\n.\r\r\n"sv, "\n.\r"sv,
        "\r\n\0.\r\n"sv, "\r\n.\0\r\n"sv, "\r\0\n.\r\n"sv, "\r\n.\r\0\n"sv}) {
    const std::string data = "Subject: x\r\n\r\ninnocent" + std::string(end) + smuggled + ".\r\n";
    const std::string before = "EHLO me\r\n" + transaction;
    for (std::size_t cut = 0; cut <= data.size(); ++cut) {
      const Outcome outcome = serve({before + data.substr(0, cut), data.substr(cut) + "QUIT\r\n"});
      EXPECT_EQ(outcome.codes, "220 250 250 250 354 554 221") << cut;
      EXPECT_TRUE(outcome.contents.empty());
    }
  }
}

TEST(ServerSession, HoldsNoMoreThanAllSessionsMayTogether) {
  ServerOptions options;
  options.memory = std::make_shared<MessageMemory>(100);
  const std::string large = transaction + std::string(90, 'x') + "\r\n" + std::string(90, 'x') + "\r\n.\r\n";
  const std::string small = transaction + "y\r\n.\r\n";
  const Outcome outcome = serve({"EHLO me\r\n" + large + small + "QUIT\r\n"}, options);
  EXPECT_EQ(outcome.codes, "220 250 250 250 354 452 250 250 354 250 221");
  EXPECT_EQ(outcome.contents, Pieces{"y\r\n"}) << "what was too much is read to its end, and given back";
  {
    MessageMemory::Share others(options.memory);
    EXPECT_TRUE(others.grow(100));
    EXPECT_EQ(serve({"EHLO me\r\n" + transaction + "QUIT\r\n"}, options).codes, "220 250 250 250 452 221");
  }
  EXPECT_EQ(serve({"EHLO me\r\n" + small + "QUIT\r\n"}, options).contents, Pieces{"y\r\n"});
}

TEST(ServerSession, KeepsTheOrderOfCommands) {
  const struct {
    std::string commands, codes;
  } cases[] = {
      {mail, "220 503"},                                       // no EHLO yet
      {"EHLO me\r\n" + rcpt, "220 250 503"},                   // no MAIL yet
      {"EHLO me\r\nDATA\r\n", "220 250 503"},                  //
      {"EHLO me\r\n" + mail + mail, "220 250 250 503"},        // nested
      {"EHLO me\r\n" + mail + "DATA\r\n", "220 250 250 554"},  // no recipient
      {"EHLO me\r\n" + mail + "RCPT TO:<nobody@example.org>\r\nDATA\r\n", "220 250 250 550 554"},
      {"EHLO me\r\n" + mail + "RSET\r\n" + rcpt, "220 250 250 250 503"},     // RSET ends it
      {"EHLO me\r\n" + mail + "EHLO me\r\n" + rcpt, "220 250 250 250 503"},  // so does EHLO
      {"EHLO me\r\n" + transaction + "a\nb\r\n.\r\n" + rcpt, "220 250 250 250 354 554 503"},
      {"HELO me\r\n" + mail + "NOOP\r\nVRFY a\r\nHELP\r\nEXPN a\r\nHELO a b\r\n", "220 250 250 250 252 214 502 501"},
      {"EHLO\r\n" + mail, "220 501 503"},
      {"QUIT\r\n" + mail, "220 221"},
      {"QUIT now\r\nRSET now\r\nQUIT\r\n", "220 501 501 221"},
      {"ehlo me\r\nmail from:<s@example.org>\r\nrcpt to: <a@example.org>\r\n", "220 250 250 250"},
  };
  for (const auto& c : cases) EXPECT_EQ(codes_of(c.commands), c.codes) << c.commands;
}

TEST(ServerSession, ReadsPathsAndParametersStrictly) {
  const struct {
    std::string command, code;
  } cases[] = {
      {"MAIL FROM:<>", "250"},
      {"MAIL FROM:<s@example.org> SIZE=10 BODY=8BITMIME", "250"},
      {"MAIL FROM:<s@example.org> body=7bit", "250"},
      {"MAIL FROM:<\"a>b\"@example.org>", "250"},
      {"MAIL FROM:<jürgen@example.org> SMTPUTF8", "250"},
      {"MAIL FROM:s@example.org", "501"},
      {"MAIL FROM:<s@example.org", "501"},
      {"MAIL FROM:<s@example.org>x", "501"},
      {"MAIL FROM:<\"a@example.org>", "501"},
      {"MAIL FROM:<s@@>", "501"},
      {"MAIL FROM:<@a.example:>", "501"},  // a route to nobody is no null sender
      {"MAIL FROM:<@" + std::string(300, 'x') + ":s@example.org>", "501"},
      {"MAIL TO:<s@example.org>", "501"},
      {"MAIL", "501"},
      {"MAIL FROM:<s@example.org> SIZE=", "501"},
      {"MAIL FROM:<s@example.org> SIZE=-1", "501"},
      {"MAIL FROM:<s@example.org> SIZE=101", "552"},
      {"MAIL FROM:<s@example.org> SIZE=99999999999999999999999", "552"},
      {"MAIL FROM:<s@example.org> FUTURE=1", "555"},
      {"MAIL FROM:<" + std::string(300, 'x') + "@example.org>", "501"},
  };
  ServerOptions options;
  options.message_bytes = 100;
  for (const auto& c : cases)
    EXPECT_EQ(codes_of("EHLO me\r\n" + c.command + "\r\n", options), "220 250 " + c.code) << c.command;
}

TEST(ServerSession, ReadsAWholeMessageThatIsTooLarge) {
  ServerOptions options;
  options.message_bytes = 10;
  EXPECT_EQ(codes_of("EHLO me\r\n" + transaction + "0123456789\r\n.\r\nNOOP\r\n", options),
            "220 250 250 250 354 552 250");
}

TEST(ServerSession, BoundsItsRecipients) {
  ServerOptions options;
  options.recipients = 2;
  EXPECT_EQ(codes_of("EHLO me\r\n" + mail + rcpt + rcpt + rcpt, options), "220 250 250 250 250 452");
}

TEST(ServerSession, RefusesWhatIsNoCommandLine) {
  using namespace std::string_literals;
  EXPECT_EQ(codes_of("EHLO me\nMAIL FROM:<s@example.org>\r\n"), "220 500");  // bare LF: closes
  for (const std::size_t size : {5000, 13000, 100000})                       // however long the line is
    EXPECT_EQ(codes_of("NOOP " + std::string(size, 'x') + "\nNOOP\r\n"), "220 500") << size;
  EXPECT_EQ(codes_of("EHLO m\0e\r\nNOOP\r\n"s), "220 500 250");
  EXPECT_EQ(codes_of("NOOP \xff\r\nNOOP\r\n"), "220 500 250");
  EXPECT_EQ(codes_of("NOOP " + std::string(limits::smtp_command_line - 7, 'x') + "\r\nNOOP\r\n"), "220 250 250");
  EXPECT_EQ(codes_of("NOOP " + std::string(limits::smtp_command_line - 6, 'x') + "\r\nNOOP\r\n"), "220 500 250");
  EXPECT_EQ(codes_of(std::string(100000, 'x') + "\r\nNOOP\r\n"), "220 500 250");
  EXPECT_EQ(codes_of(std::string(1000000, 'x')), "220 500");
}

TEST(ServerSession, LeavesAPeerThatOnlyGuesses) {
  std::string commands;
  for (int i = 0; i < 100; ++i) commands += "GUESS\r\n";
  const std::string codes = codes_of(commands);
  EXPECT_TRUE(codes.ends_with("500 421"));
  EXPECT_EQ(codes.size(), 4U * 22 - 1);
}

TEST(ServerSession, LeavesAPeerThatOnlyHoldsASession) {
  std::string commands = "EHLO me\r\n" + transaction + "x\r\n.\r\n";  // mail gives new credit
  for (int i = 0; i < 200; ++i) commands += "NOOP\r\n";
  const std::string codes = codes_of(commands);
  EXPECT_TRUE(codes.ends_with("250 421"));
  EXPECT_EQ(codes.size(), 4U * (1 + 5 + 100 + 1) - 1);
}

TEST(ServerSession, LetsOneBadRecipientSpoilNeitherTheOthersNorTheSession) {
  std::string commands = "EHLO me\r\n" + mail;
  for (int i = 0; i < 100; ++i) commands += "RCPT TO:<bad@@>\r\nRCPT TO:<nobody@example.org>\r\n";
  const Outcome outcome = serve({commands + rcpt + "DATA\r\nx\r\n.\r\n"});
  EXPECT_TRUE(outcome.codes.ends_with("501 550 250 354 250"));
  EXPECT_EQ(outcome.envelopes.at(0).recipients.size(), 1U);
}

TEST(ServerSession, NeedsSmtputf8ForAddressesThatAreNotAscii) {
  const std::string hello = "EHLO me\r\n";
  EXPECT_EQ(codes_of(hello + "MAIL FROM:<j\u00fcrgen@example.org>\r\n"), "220 250 553");
  EXPECT_EQ(codes_of(hello + mail + "RCPT TO:<ann@b\u00fccher.example>\r\n"), "220 250 250 553");
  EXPECT_EQ(codes_of(hello + "MAIL FROM:<> SMTPUTF8\r\nRCPT TO:<j\u00fcrgen@example.org>\r\n"), "220 250 250 250");
}

TEST(ServerSession, IgnoresASourceRoute) {
  const Outcome outcome =
      serve({"EHLO me\r\n" + mail + "RCPT TO:<@relay.example,@b.example:ann@example.org>\r\nDATA\r\nx\r\n.\r\n"});
  EXPECT_EQ(outcome.envelopes.at(0).recipients.at(0).text(), "ann@example.org");
}

TEST(ServerSession, MakesBareLineEndsWholeWhereThatIsWantedAndStillEndsNothingWithThem) {
  ServerOptions options;
  options.bare_line_ends = BareLineEnds::made_crlf;
  const std::string data = "Subject: x\n\na\rb\r\n..c\n.\nMAIL FROM:<evil@example.org>\n.\r.\r\n.\r\n";
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const Outcome outcome =
        serve({"EHLO me\r\n" + transaction + data.substr(0, cut), data.substr(cut) + "QUIT\r\n"}, options);
    EXPECT_EQ(outcome.codes, "220 250 250 250 354 250 221") << cut;
    EXPECT_EQ(outcome.contents,
              Pieces{"Subject: x\r\n\r\na\r\nb\r\n.c\r\n.\r\nMAIL FROM:<evil@example.org>\r\n.\r\n.\r\n"});
  }
}

TEST(ServerSession, DropsWhatWasSentInClearAfterStarttls) {
  const Outcome outcome = serve({"EHLO me\r\nSTARTTLS\r\nEHLO evil\r\n" + mail + rcpt, mail + "EHLO me\r\n" + mail});
  EXPECT_EQ(outcome.codes, "220 250 220 503 250 250");  // EHLO is needed again
  EXPECT_EQ(outcome.said.find("STARTTLS"), outcome.said.rfind("STARTTLS"));
}

TEST(ServerSession, StartsTlsOnceAndWithoutParameters) {
  EXPECT_EQ(codes_of("STARTTLS now\r\n"), "220 501");
  EXPECT_EQ(serve({"STARTTLS\r\n", "STARTTLS\r\n"}).codes, "220 220 503");
}

const std::string plain = "AUTH PLAIN " + base64_encode(std::string("\0user\0pencil", 12)) + "\r\n";

TEST(ServerSession, AuthenticatesUnderTlsOnly) {
  EXPECT_EQ(codes_of("EHLO me\r\n" + plain), "220 250 538");
  EXPECT_EQ(serve({"STARTTLS\r\n", "EHLO me\r\n" + plain + mail}).codes, "220 220 250 235 250");
}

TEST(ServerSession, ForgetsAnAuthenticationThatCameBeforeTls) {
  ServerOptions options;
  options.clear_authentication = true;
  options.require_authentication = true;
  EXPECT_EQ(serve({"EHLO me\r\n" + plain + "STARTTLS\r\n", "EHLO me\r\n" + mail}, options).codes,
            "220 250 235 220 250 530");
}

TEST(ServerSession, FollowsTheRulesOfAuth) {
  ServerOptions options;
  options.clear_authentication = true;
  options.require_authentication = true;
  const std::string user = base64_encode("user") + "\r\n";
  const std::string pencil = base64_encode("pencil") + "\r\n";
  const std::string wrong = "AUTH PLAIN " + base64_encode(std::string("\0user\0pen", 9)) + "\r\n";
  const struct {
    std::string commands, codes;
  } cases[] = {
      {mail, "530"},
      {plain + mail, "235 250"},
      {plain + plain, "235 503"},
      {plain + mail + plain, "235 250 503"},
      {"AUTH PLAIN\r\n" + base64_encode(std::string("\0user\0pencil", 12)) + "\r\n", "334 235"},
      {"AUTH LOGIN\r\n" + user + pencil, "334 334 235"},
      {"auth login " + user + pencil, "334 235"},
      {"AUTH LOGIN\r\n" + user + user + mail, "334 334 535 530"},
      {"AUTH LOGIN\r\n*\r\nNOOP\r\n", "334 501 250"},
      {"AUTH LOGIN\r\nnot base64\r\nNOOP\r\n", "334 501 250"},
      {"AUTH LOGIN\r\nbm9ib2R5\nNOOP\r\n", "334 500"},  // a bare LF ends no answer either
      {"AUTH LOGIN\r\n" + std::string(20000, 'x') + "\nNOOP\r\n", "334 500"},
      {"AUTH PLAIN =\r\n", "501"},
      {"AUTH PLAIN " + base64_encode(std::string("user\0user\0pencil", 16)) + "\r\n", "235"},
      {"AUTH PLAIN " + base64_encode(std::string("boss\0user\0pencil", 16)) + "\r\n", "501"},
      {"AUTH PLAIN " + base64_encode(std::string("\0user\0pen\0cil", 13)) + "\r\n", "501"},
      {"AUTH LOGIN\r\n" + std::string(20000, 'x') + "\r\nNOOP\r\n", "334 501 250"},
      {"AUTH SCRAM-SHA-256\r\n", "504"},
      {wrong + wrong + "NOOP\r\n" + wrong + "NOOP\r\n", "535 535 250 535 421"},
      {"AUTH PLAIN " + user, "501"},
      {"AUTH PLAIN !!!\r\n", "501"},
      {"AUTH NTLM\r\n", "504"},
      {"AUTH\r\n", "504"},
      {"AUTH LOGIN " + base64_encode("busy") + "\r\n" + pencil, "334 454"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(codes_of("EHLO me\r\n" + c.commands, options), "220 250 " + c.codes) << c.commands;
  EXPECT_EQ(codes_of(plain, options), "220 503");  // EHLO comes first
}

async::Task<void> say_and_wait(async::Loop& loop, net::Stream& stream, std::string words) {
  co_await stream.write(words);
  co_await async::sleep_until(loop, loop.now() + std::chrono::hours(1));
}

TEST(ServerSession, LeavesASilentPeer) {
  std::string much;  // and fast: that buys no patience afterwards
  for (int line = 0; line < 3000; ++line) much += std::string(998, 'x') + "\r\n";
  for (const std::string& words : {std::string(), std::string("EHLO m"), "EHLO me\r\n" + transaction + "half a mess",
                                   "EHLO me\r\n" + transaction + much}) {
    async::SimLoop loop;
    auto [near, far] = net::stream_pair(loop);
    PretendedTls tls;
    KeepingHandler handler;
    SeededRandom chance(1);
    ServerSession session(loop, std::move(far), tls, chance, handler, {});
    async::TaskGroup group(loop);
    group.spawn(say_and_wait(loop, *near, words));
    const Monotonic began = loop.now();
    loop.run(session.run());
    EXPECT_LE(loop.now() - began, std::chrono::minutes(5) + std::chrono::seconds(1)) << words.substr(0, 100);
    EXPECT_TRUE(handler.contents.empty());
    loop.run(group.join());
  }
}

// Its handshake waits for a peer that says nothing.
class PatientTls final : public net::Tls {
 public:
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr, net::TlsClientPolicy) override {
    co_return fail(ErrorCode::tls, "not here");
  }
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr lower) override {
    net::LineReader reader(*lower);
    const Result<std::string> hello = co_await reader.read_line(100);
    co_return fail(ErrorCode::tls, hello ? "no TLS" : hello.error().message);
  }
  bool can_accept() const override { return true; }
};

// In the handshake a session can't be told to stop: so it must end soon by itself, for a stop takes 30 s at most.
TEST(ServerSession, LeavesAPeerThatSaysNothingInTheHandshakeSoon) {
  async::SimLoop loop;
  auto [near, far] = net::stream_pair(loop);
  PatientTls tls;
  KeepingHandler handler;
  SeededRandom chance(1);
  ServerSession session(loop, std::move(far), tls, chance, handler, {});
  async::TaskGroup group(loop);
  group.spawn(say_and_wait(loop, *near, "EHLO me\r\nSTARTTLS\r\n"));
  const Monotonic began = loop.now();
  loop.run(session.run());
  EXPECT_LE(loop.now() - began, std::chrono::seconds(16));
  loop.run(group.join());
}

// A byte a second is more than silence, and far less than the minimum rate.
async::Task<void> dribble(async::Loop& loop, net::Stream& stream, std::string words) {
  if (!(co_await stream.write(words)).has_value()) co_return;
  for (int second = 0; second < 24 * 3600; ++second) {
    co_await async::sleep_until(loop, loop.now() + std::chrono::seconds(1));
    if (!(co_await stream.write("x")).has_value()) co_return;
  }
}

TEST(ServerSession, LeavesAPeerThatSaysOneByteASecond) {
  for (const std::string& words :
       {std::string("EHLO m"), "EHLO me\r\n" + transaction, std::string("EHLO me\r\nAUTH LOGIN\r\n")}) {
    async::SimLoop loop;
    auto [near, far] = net::stream_pair(loop);
    PretendedTls tls;
    KeepingHandler handler;
    SeededRandom chance(1);
    ServerOptions options;
    options.clear_authentication = true;
    auto session = std::make_unique<ServerSession>(loop, std::move(far), tls, chance, handler, options);
    async::TaskGroup group(loop);
    group.spawn(dribble(loop, *near, words));
    const Monotonic began = loop.now();
    loop.run(session->run());
    EXPECT_LE(loop.now() - began, std::chrono::minutes(11)) << words;
    EXPECT_TRUE(handler.contents.empty());
    session.reset();
    loop.run(group.join());
  }
}

TEST(ServerSession, WaitsForAMessageThatComesAtTheMinimumRate) {
  const std::size_t seconds = 3600;
  Pieces pieces{"EHLO me\r\n" + transaction};
  for (std::size_t second = 0; second < seconds; ++second) pieces.push_back(std::string(1022, 'x') + "\r\n");
  pieces.push_back(".\r\n");
  async::SimLoop loop;
  auto [near, far] = net::stream_pair(loop);
  PretendedTls tls;
  KeepingHandler handler;
  SeededRandom chance(1);
  auto session = std::make_unique<ServerSession>(loop, std::move(far), tls, chance, handler, ServerOptions{});
  async::TaskGroup group(loop);
  std::string said;
  group.spawn(speak(loop, std::move(near), pieces, said, std::chrono::seconds(1)));
  loop.run(session->run());
  session.reset();
  loop.run(group.join());
  EXPECT_EQ(handler.contents.size(), 1U);
}

TEST(ServerSession, TakesNoMessageWhosePeerLeftBeforeItsEnd) {
  EXPECT_TRUE(serve({"EHLO me\r\n" + transaction + "half\r\n."}).contents.empty());
  EXPECT_TRUE(serve({"EHLO me\r\n" + transaction + "half\r\n.\r"}).contents.empty());
}

TEST(ServerSession, CountsAMessageWhosePeerDidNotWaitForTheReply) {
  EXPECT_EQ(serve({"EHLO me\r\n" + transaction + "all\r\n.\r\n"}).contents, Pieces{"all\r\n"});
}

}  // namespace
}  // namespace postroom::smtp
