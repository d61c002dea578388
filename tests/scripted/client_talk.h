// Runs a ClientSession against a ScriptedPeer in simulated time, for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scripted/peer.h"
#include "smtp/client_session.h"

namespace postroom::smtp::testing {

inline constexpr std::string_view body = "Subject: x\r\n\r\n.dot\r\nend\r\n";

struct Talk {
  std::optional<Fault> opening;  // why the session did not open
  std::vector<TransactionResult> results;
  std::string record;  // the conversation
  std::string message;
  std::vector<std::string> violations;
  std::vector<std::string> steps;  // as the observer was told: "tls ok", "auth failed"
  net::TlsClientPolicy policy;
  Duration took{};

  // "accepted dot 250, refused rcpt 550, doubt dot": the recipients of one transaction.
  std::string fates(std::size_t transaction = 0) const {
    static constexpr const char* kinds[] = {"accepted", "refused", "broken", "doubt"};
    std::string text;
    for (const RecipientOutcome& outcome : results.at(transaction).recipients) {
      if (!text.empty()) text += ", ";
      text += kinds[static_cast<int>(outcome.kind)];
      text += " " + std::string(to_word(outcome.phase));
      if (outcome.reply) text += " " + std::to_string(outcome.reply->code);
    }
    return text;
  }
  bool usable(std::size_t transaction = 0) const { return results.at(transaction).session_usable; }
};

struct Part {
  ClientOptions options;
  std::vector<std::string> recipients = {"a@example.org"};
  int transactions = 1;
  bool smtputf8 = false;
  mail::BodyType content = mail::BodyType::seven_bit;
  std::size_t bytes_per_read = SIZE_MAX;
  std::string tls_trouble;
  std::string content_sent = std::string(body);
};

inline Part plain_part(std::vector<std::string> recipients = {"a@example.org"}) {
  Part part;
  part.options.host = "mx.example.org";
  part.options.security = Security::none;
  part.recipients = std::move(recipients);
  return part;
}

inline mail::Envelope envelope_of(const Part& part) {
  mail::Envelope envelope{{"s", "example.org"}, {}, part.content, part.smtputf8};
  for (const std::string& recipient : part.recipients) {
    const std::size_t at = recipient.find('@');
    envelope.recipients.push_back({recipient.substr(0, at), recipient.substr(at + 1)});
  }
  return envelope;
}

inline async::Task<void> act(async::Loop& loop, net::Dialer& dialer, net::Tls& tls, const Part& part, Talk& talk) {
  Conversation conversation;
  const Monotonic began = loop.now();
  const PhaseObserver observer = [&talk](Phase phase, auto ok, std::string_view, Duration) {
    talk.steps.push_back(std::string(to_word(phase)) + (ok ? " ok" : " failed"));
  };
  const std::unique_ptr<ClientSession> session = ClientSession::create(loop, part.options);
  const auto opened = co_await session->open(dialer, tls, {"192.0.2.2"}, conversation, observer);
  const mail::Envelope envelope = envelope_of(part);
  if (!opened) talk.opening = opened.error();
  for (int i = 0; opened && i < part.transactions; ++i) {
    talk.results.push_back(co_await session->send(envelope, part.content_sent, conversation));
    if (!talk.results.back().session_usable) break;
  }
  if (opened && part.transactions > 0 && talk.results.back().session_usable) co_await session->quit();
  talk.took = loop.now() - began;
  talk.record = conversation.text();
}

inline Talk talk_once(Script script, const Part& part) {
  async::SimLoop loop;
  net::StreamPairOptions pair;
  pair.bytes_per_read = part.bytes_per_read;
  auto [near, far] = net::stream_pair(loop, pair);
  ScriptedPeer peer(loop, std::move(far), std::move(script));
  OneDialer dialer(std::move(near));
  PretendedTls tls;
  tls.trouble = part.tls_trouble;
  async::TaskGroup group(loop);
  Talk talk;
  group.spawn(peer.run());
  loop.run(act(loop, dialer, tls, part, talk));
  loop.run(group.join());
  talk.message = peer.message();
  talk.violations = peer.violations();
  talk.policy = tls.policy;
  return talk;
}

}  // namespace postroom::smtp::testing
