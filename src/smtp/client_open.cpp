#include "smtp/client_dialogue.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "smtp/reply_parser.h"

namespace postroom::smtp {
namespace {

using mail::Reply;
using Step = std::expected<void, Fault>;

constexpr int most_challenges = 8;  // a server that asks more than this at AUTH is going round in circles

std::unexpected<Fault> broken(Phase phase, const Error& error) {
  return std::unexpected(Fault{phase, std::nullopt, error.message, error.code});
}
std::unexpected<Fault> refused(Phase phase, Reply reply) {
  return std::unexpected(Fault{phase, std::move(reply), "", ErrorCode::refused});
}
std::unexpected<Fault> demanded(Phase phase, std::string detail) {
  return std::unexpected(Fault{phase, std::nullopt, std::move(detail), ErrorCode::denied});
}

// RFC 5321 §4.1.1.1: one keyword a line, after the greeting line.
Extensions extensions_of(const Reply& reply) {
  Extensions found;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {
    const std::string line = to_upper(trim(reply.lines[i]));
    const std::vector<std::string_view> words = split(line, ' ');
    if (words[0] == "STARTTLS") found.starttls = true;
    if (words[0] == "PIPELINING") found.pipelining = true;
    if (words[0] == "8BITMIME") found.eight_bit_mime = true;
    if (words[0] == "SMTPUTF8") found.smtputf8 = true;
    if (words[0] == "ENHANCEDSTATUSCODES") found.enhanced_codes = true;
    if (words[0] == "SIZE") {
      std::uint64_t size = 0;
      if (words.size() > 1) std::from_chars(words[1].data(), words[1].data() + words[1].size(), size);
      found.size = size;
    }
    // "AUTH=PLAIN LOGIN" is an old spelling that some servers still add.
    if (words[0] == "AUTH" || words[0].starts_with("AUTH="))
      for (const std::string_view word : words)
        if (const std::string_view name = word.starts_with("AUTH=") ? word.substr(5) : word;
            !name.empty() && name != "AUTH")
          found.auth.emplace_back(name);
  }
  return found;
}

}  // namespace

async::Task<Result<void>> ClientDialogue::write(std::string_view bytes, Duration patience) {
  stream_->set_deadline(loop_.now() + patience);
  co_return co_await stream_->write(bytes);
}

async::Task<Result<Reply>> ClientDialogue::read_reply(Duration patience, Conversation& conversation) {
  stream_->set_deadline(loop_.now() + patience);
  ReplyParser parser;
  for (;;) {
    const Result<std::string> line = co_await reader_.read_line(limits::smtp_reply_line);
    if (!line) {
      conversation.note(line.error().message);
      co_return std::unexpected(line.error());
    }
    conversation.server(conceal(trim(*line)));
    parser.push(*line);
    if (parser.status() == ReplyParser::Status::complete) co_return parser.take();
    if (parser.status() == ReplyParser::Status::malformed) co_return fail(ErrorCode::protocol, parser.problem());
  }
}

async::Task<Result<Reply>> ClientDialogue::command(std::string line, Duration patience, Conversation& conversation) {
  if (reader_.has_buffered()) {
    // RFC 5321 §4.3.1: a reply answers a command; this one answers none. Only 421 may come unasked (§3.8).
    Result<Reply> unasked = co_await read_reply(patience, conversation);
    if (!unasked || unasked->code == 421) co_return unasked;
    co_return fail(ErrorCode::protocol, "the server sent replies that answer nothing");
  }
  conversation.client(line);
  line += "\r\n";
  if (const Result<void> sent = co_await write(line, patience); !sent) co_return std::unexpected(sent.error());
  co_return co_await read_reply(patience, conversation);
}

async::Task<Step> ClientDialogue::wrap_in_tls(net::Tls& tls, Phase phase, Conversation& conversation) {
  stream_->set_deadline(loop_.now() + options_.deadlines.tls);
  shaking_hands_ = stream_.get();
  Result<net::StreamPtr> wrapped =
      co_await tls.connect(std::move(stream_), {options_.host, options_.verify_certificate, options_.ca_file});
  shaking_hands_ = nullptr;
  if (!wrapped) {
    conversation.note(wrapped.error().message);
    co_return broken(phase, wrapped.error());
  }
  stream_ = std::move(*wrapped);
  reader_.rebind(*stream_);
  conversation.note(tls_version() + " established");
  co_return Step{};
}

async::Task<Step> ClientDialogue::greet(Conversation& conversation) {
  Result<Reply> greeting = co_await read_reply(options_.deadlines.greeting, conversation);
  if (!greeting) co_return broken(Phase::greeting, greeting.error());
  if (greeting->code != 220) co_return refused(Phase::greeting, std::move(*greeting));
  co_return Step{};
}

async::Task<Step> ClientDialogue::hello(Conversation& conversation) {
  extensions_ = {};
  Result<Reply> reply = co_await command("EHLO " + options_.ehlo_name, options_.deadlines.command, conversation);
  if (!reply) co_return broken(Phase::ehlo, reply.error());
  if (reply->code == 250) {
    extensions_ = extensions_of(*reply);
    co_return Step{};
  }
  // RFC 5321 §3.2: a server that knows no EHLO knows HELO, and offers nothing beyond the basics.
  const bool basics_do = options_.security != Security::starttls && options_.username.empty();
  if (!reply->permanent() || !basics_do) co_return refused(Phase::ehlo, std::move(*reply));
  reply = co_await command("HELO " + options_.ehlo_name, options_.deadlines.command, conversation);
  if (!reply) co_return broken(Phase::ehlo, reply.error());
  if (reply->code != 250) co_return refused(Phase::ehlo, std::move(*reply));
  co_return Step{};
}

async::Task<Step> ClientDialogue::start_tls(net::Tls& tls, Conversation& conversation) {
  if (!extensions_.starttls)
    co_return demanded(Phase::starttls,
                       "the server offers no STARTTLS; nothing was sent in clear. If its port speaks TLS from the "
                       "first byte, choose SSL");
  Result<Reply> reply = co_await command("STARTTLS", options_.deadlines.command, conversation);
  if (!reply) co_return broken(Phase::starttls, reply.error());
  if (reply->code != 220) co_return refused(Phase::starttls, std::move(*reply));
  // RFC 3207 §4.2: what was said in clear after the 220 may be an attacker's.
  if (reader_.has_buffered())
    co_return broken(Phase::starttls,
                     {ErrorCode::protocol, "the server sent data in clear after its reply to STARTTLS"});
  co_return co_await wrap_in_tls(tls, Phase::tls, conversation);
}

async::Task<Step> ClientDialogue::authenticate(Conversation& conversation) {
  SystemRandom random;
  const std::unique_ptr<SaslClient> sasl =
      choose_sasl(options_.sasl, extensions_.auth, options_.username, options_.password, random);
  if (!sasl)
    co_return demanded(Phase::auth, extensions_.auth.empty()
                                        ? "the server offers no AUTH here; clear the username or choose another port"
                                        : "the server offers none of the AUTH mechanisms that may be used");
  unspeakable_.push_back(options_.password);
  Step step = co_await prove_identity(*sasl, conversation);
  if (!step && step.error().reply)
    for (std::string& line : step.error().reply->lines) line = conceal(line);
  unspeakable_.clear();
  co_return step;
}

async::Task<Step> ClientDialogue::prove_identity(SaslClient& sasl, Conversation& conversation) {
  std::string line = "AUTH " + std::string(sasl.mechanism());
  conversation.client_secret(line);
  if (const std::optional<std::string> first = sasl.initial_response()) {
    const std::string coded = first->empty() ? "=" : base64_encode(*first);  // RFC 4954 §4
    unspeakable_.emplace_back(coded);
    line += " " + coded;
  }
  bool gave_up = false;
  for (int challenges = 0;; ++challenges) {
    line += "\r\n";
    if (const Result<void> sent = co_await write(line, options_.deadlines.command); !sent)
      co_return broken(Phase::auth, sent.error());
    Result<Reply> reply = co_await read_reply(options_.deadlines.command, conversation);
    if (!reply) co_return broken(Phase::auth, reply.error());
    if (gave_up && reply->code != 421)
      co_return broken(Phase::auth, {ErrorCode::protocol, "the server's AUTH exchange makes no sense"});
    if (reply->code == 235) {
      if (sasl.satisfied()) co_return Step{};
      co_return broken(Phase::auth, {ErrorCode::protocol, "the server did not prove that it knows the password"});
    }
    if (reply->code != 334) co_return refused(Phase::auth, std::move(*reply));
    std::string challenge;
    std::optional<std::string> response;
    if (challenges < most_challenges && base64_decode(trim(reply->lines.front()), challenge))
      response = sasl.respond(challenge);
    gave_up = !response;
    line = response ? base64_encode(*response) : std::string("*");  // RFC 4954 §4: "*" gives up
    if (response) unspeakable_.emplace_back(line);
    conversation.client_secret("");
  }
}

// Servers that don't know a command tend to quote it.
std::string ClientDialogue::conceal(std::string_view text) const {
  constexpr std::size_t shortest = 4;  // what is shorter stands in many a word by chance
  std::string concealed(text);
  for (const Secret& secret : unspeakable_)
    for (std::size_t at = 0;
         secret.reveal().size() >= shortest && (at = concealed.find(secret.reveal(), at)) != std::string::npos; at += 3)
      concealed.replace(at, secret.reveal().size(), "***");
  return concealed;
}

async::Task<Step> ClientDialogue::prepare(net::Tls& tls, Conversation& conversation, const PhaseObserver& observer) {
  Monotonic began = loop_.now();
  const auto tell = [&](Phase phase, const Step& step, std::string_view found) {
    if (observer) {
      const std::string words = step                 ? std::string(found)
                                : step.error().reply ? step.error().reply->text()
                                                     : step.error().detail;
      observer(phase, step.has_value(), words, loop_.now() - began);
    }
    began = loop_.now();
    return step.has_value();
  };
  if (options_.security == Security::implicit_tls) {
    const Step step = co_await wrap_in_tls(tls, Phase::tls, conversation);
    if (!tell(Phase::tls, step, tls_version())) co_return step;
  }
  Step step = co_await greet(conversation);
  if (step) step = co_await hello(conversation);
  if (!step) {
    tell(Phase::ehlo, step, "");
    co_return step;
  }
  if (options_.security == Security::starttls) {
    step = co_await start_tls(tls, conversation);
    if (!tell(Phase::tls, step, tls_version())) co_return step;
    step = co_await hello(conversation);  // RFC 3207 §4.2: what was learned before TLS is forgotten
    if (!tell(Phase::ehlo, step, offered())) co_return step;
  } else {
    tell(Phase::ehlo, step, offered());
  }
  if (!options_.username.empty()) {
    step = co_await authenticate(conversation);
    if (!tell(Phase::auth, step, "accepted")) co_return step;
  }
  co_return Step{};
}

std::string ClientDialogue::offered() const {
  std::string text = "offers";
  if (extensions_.pipelining) text += " PIPELINING";
  if (extensions_.eight_bit_mime) text += " 8BITMIME";
  if (extensions_.smtputf8) text += " SMTPUTF8";
  if (extensions_.size) text += " SIZE " + std::to_string(*extensions_.size);
  for (const std::string& mechanism : extensions_.auth) text += " AUTH " + mechanism;
  return text == "offers" ? "no extensions" : text;
}

async::Task<Step> ClientDialogue::open(net::Dialer& dialer, net::Tls& tls, net::IpAddress address,
                                       Conversation& conversation, PhaseObserver observer) {
  const Monotonic began = loop_.now();
  const net::Endpoint to{std::move(address), options_.port};
  conversation.note("connecting to " + options_.host + " at " + net::to_string(to));
  Result<net::StreamPtr> stream = co_await dialer.dial(to, began + options_.deadlines.connect);
  if (aborted_) stream = fail(ErrorCode::canceled, "the connection attempt was given up");
  if (observer)
    observer(Phase::connect, stream.has_value(), stream ? net::to_string(to) : stream.error().message,
             loop_.now() - began);
  if (!stream) {
    conversation.note(stream.error().message);
    co_return broken(Phase::connect, stream.error());
  }
  stream_ = std::move(*stream);
  reader_.rebind(*stream_);
  remote_ = options_.host + " [" + stream_->peer().address.text + "]:" + std::to_string(stream_->peer().port);
  co_return co_await prepare(tls, conversation, observer);
}

std::unique_ptr<ClientSession> ClientSession::create(async::Loop& loop, ClientOptions options) {
  return std::make_unique<ClientDialogue>(loop, std::move(options));
}

std::string_view to_word(Phase phase) {
  switch (phase) {
    case Phase::resolve:
      return "resolve";
    case Phase::connect:
      return "connect";
    case Phase::tls:
      return "tls";
    case Phase::greeting:
      return "greeting";
    case Phase::ehlo:
      return "ehlo";
    case Phase::starttls:
      return "starttls";
    case Phase::auth:
      return "auth";
    case Phase::mail:
      return "mail";
    case Phase::rcpt:
      return "rcpt";
    case Phase::data:
      return "data";
    case Phase::dot:
      return "dot";
    case Phase::quit:
      return "quit";
  }
  return "";
}

}  // namespace postroom::smtp
