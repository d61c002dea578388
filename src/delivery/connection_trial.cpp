#include "delivery/connection_trial.h"

#include <set>
#include <utility>

#include "delivery/session_reports.h"
#include "mail/address.h"

namespace postroom::delivery {
namespace {

constexpr Duration step_patience = std::chrono::seconds(5);
// The contract says 30 s. What nothing cuts short, a connection attempt and a QUIT, has its 6 s after it.
constexpr Duration all_patience = std::chrono::seconds(24);

constexpr const char* advice_on_credentials = "Check username and password, and that the account may send by SMTP.";

const char* step_of(smtp::Phase phase) {
  switch (phase) {
    case smtp::Phase::resolve:
      return "resolve";
    case smtp::Phase::connect:
      return "connect";
    case smtp::Phase::starttls:
    case smtp::Phase::tls:
      return "tls";
    case smtp::Phase::greeting:
    case smtp::Phase::ehlo:
      return "ehlo";
    case smtp::Phase::auth:
      return "auth";
    default:
      return "mail";
  }
}

// OpenSSL's words for bytes that are no TLS: the server speaks first, in clear.
bool met_clear_text(const smtp::Fault& fault) {
  return fault.phase == smtp::Phase::tls && fault.detail.contains("wrong version number");
}

// What an operator can do about it. What the reply means is the classifier's to say.
std::string advice_for(const smtp::Fault& fault, const store::ConnectionRecord& connection) {
  const policy::Scope scope = fault.reply ? classify_fault(fault, connection).scope : policy::Scope::none;
  if (scope == policy::Scope::quota)
    return "The account has sent all that it may for now: wait until its quota is renewed, or raise it.";
  if (scope == policy::Scope::credential) return advice_on_credentials;
  if (fault.reply && fault.reply->code / 100 == 4) return "The server asks for patience: test again in some minutes.";
  if (met_clear_text(fault)) return "This port does not begin with TLS: choose TLS (STARTTLS), or the port for SSL.";
  switch (fault.phase) {
    case smtp::Phase::resolve:
      return "Check the host's spelling.";
    case smtp::Phase::connect:
      return "Check host and port, and that no firewall stands between.";
    case smtp::Phase::tls:
      return "Check the encryption and the host name; for a private authority set ca_file.";
    case smtp::Phase::starttls:
      return "Choose the encryption that this port speaks.";
    case smtp::Phase::auth:
      return advice_on_credentials;
    case smtp::Phase::greeting:
    case smtp::Phase::ehlo:
      return "Check that an SMTP server for submission listens on this port, with this encryption, and lets this "
             "machine in.";
    case smtp::Phase::mail:
      return "Check that the account may send from this address.";
    default:
      return "Check that the account may send to this recipient, and what the server says against it.";
  }
}

std::string words_of(const smtp::Fault& fault) {
  if (fault.code == ErrorCode::canceled) return "the test has taken too long; it was ended here";
  return fault.reply ? fault.reply->text() : fault.detail;
}

mail::Envelope rehearsal(const store::ConnectionRecord& connection, const std::string& send_to) {
  mail::Envelope envelope;
  const std::string from = !connection.send_from.empty() ? connection.send_from : connection.username;
  if (const Result<mail::Address> address = mail::parse_address(from)) envelope.reverse_path = *address;
  const Result<mail::Address> to = mail::parse_address(!send_to.empty() ? send_to : from);
  if (to) envelope.recipients.push_back(*to);
  return envelope;
}

}  // namespace

async::Task<std::vector<TriedStep>> try_connection(async::Loop& loop, Network& network,
                                                   store::ConnectionRecord connection, Secret password,
                                                   std::string ehlo_name, std::string send_to, std::string message) {
  std::vector<TriedStep> steps;
  std::set<smtp::ClientSession*> trying;
  async::Timer end(loop);
  end.arm(loop.now() + all_patience, [&trying] {
    for (smtp::ClientSession* session : trying) session->abort();
  });
  const smtp::Deadlines quick{step_patience, step_patience, step_patience, step_patience,
                              step_patience, step_patience, step_patience, std::chrono::seconds(1)};
  smtp::Conversation conversation;
  const auto observe = [&steps](smtp::Phase phase, bool ok, std::string_view detail, Duration took) {
    // Of several addresses the last one tried counts.
    const std::string step = step_of(phase);
    if (!steps.empty() && steps.back().step == step) steps.pop_back();
    steps.push_back({step, ok, took, std::string(detail), ""});
  };
  auto opened =
      co_await open_session(loop, network, client_options(connection, std::move(password), std::move(ehlo_name), quick),
                            trying, conversation, observe);
  if (!opened) {
    const smtp::Fault& fault = opened.error();
    if (steps.empty() || steps.back().ok) steps.push_back({step_of(fault.phase), false, Duration{0}, "", ""});
    steps.back().detail = words_of(fault);
    steps.back().advice = advice_for(fault, connection);
    co_return steps;
  }
  const std::unique_ptr<smtp::ClientSession> session = std::move(*opened);
  trying.insert(session.get());
  const mail::Envelope envelope = rehearsal(connection, send_to);
  const Monotonic began = loop.now();
  if (envelope.recipients.empty()) {
    steps.push_back({"mail", true, Duration{0}, "not tried: the connection has no send_from to try it with", ""});
  } else {
    const std::optional<smtp::Fault> fault = co_await session->rehearse(envelope, conversation);
    steps.push_back({"mail", !fault, loop.now() - began,
                     fault ? words_of(*fault) : "sender and recipient accepted, then taken back",
                     fault ? advice_for(*fault, connection) : ""});
    if (!fault && !message.empty()) {
      const Monotonic sending = loop.now();
      const smtp::TransactionResult result = co_await session->send(envelope, message, conversation);
      const smtp::RecipientOutcome& outcome = result.recipients.front();
      const bool ok = outcome.kind == smtp::RecipientOutcome::Kind::accepted;
      steps.push_back(
          {"send", ok, loop.now() - sending, ok && outcome.reply ? outcome.reply->text() : describe(outcome), ""});
    }
  }
  co_await session->quit();
  co_return steps;
}

}  // namespace postroom::delivery
