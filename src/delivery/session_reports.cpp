#include "delivery/session_reports.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::delivery {
namespace {

smtp::Security security_of(store::Encryption encryption) {
  switch (encryption) {
    case store::Encryption::none:
      return smtp::Security::none;
    case store::Encryption::tls:
      return smtp::Security::starttls;
    case store::Encryption::ssl:
      return smtp::Security::implicit_tls;
  }
  return smtp::Security::starttls;
}

smtp::SaslChoice sasl_of(store::AuthMechanism mechanism) {
  switch (mechanism) {
    case store::AuthMechanism::automatic:
      return smtp::SaslChoice::automatic;
    case store::AuthMechanism::plain:
      return smtp::SaslChoice::plain;
    case store::AuthMechanism::login:
      return smtp::SaslChoice::login;
    case store::AuthMechanism::cram_md5:
      return smtp::SaslChoice::cram_md5;
    case store::AuthMechanism::scram_sha_256:
      return smtp::SaslChoice::scram_sha_256;
    case store::AuthMechanism::xoauth2:
      return smtp::SaslChoice::xoauth2;
  }
  return smtp::SaslChoice::automatic;
}

policy::Event event_over(const store::ConnectionRecord& connection) {
  policy::Event event;
  event.host = connection.host;
  event.profile = connection.profile;
  event.own_rules = connection.reply_rules;
  return event;
}

}  // namespace

policy::Stage stage_of(smtp::Phase phase) {
  switch (phase) {
    case smtp::Phase::resolve:
    case smtp::Phase::connect:
      return policy::Stage::connect;
    case smtp::Phase::tls:
      return policy::Stage::tls;
    case smtp::Phase::greeting:
      return policy::Stage::greeting;
    case smtp::Phase::ehlo:
      return policy::Stage::hello;
    case smtp::Phase::starttls:
      return policy::Stage::starttls;
    case smtp::Phase::auth:
      return policy::Stage::auth;
    case smtp::Phase::mail:
      return policy::Stage::mail;
    case smtp::Phase::rcpt:
      return policy::Stage::recipient;
    case smtp::Phase::data:
      return policy::Stage::data;
    case smtp::Phase::dot:
    case smtp::Phase::quit:
      return policy::Stage::dot;
  }
  return policy::Stage::connect;
}

policy::Verdict classify_fault(const smtp::Fault& fault, const store::ConnectionRecord& connection) {
  policy::Event event = event_over(connection);
  event.stage = stage_of(fault.phase);
  event.reply = fault.reply;
  event.fault = fault.code;
  event.detail = fault.detail;
  return policy::classify(event);
}

policy::Verdict classify_outcome(const smtp::RecipientOutcome& outcome, policy::Company company,
                                 const store::ConnectionRecord& connection) {
  using Kind = smtp::RecipientOutcome::Kind;
  policy::Event event = event_over(connection);
  event.company = company;
  event.stage = stage_of(outcome.phase);
  event.reply = outcome.reply;
  if (outcome.kind == Kind::doubt) event.certainty = policy::Certainty::doubt;
  if (outcome.kind == Kind::broken && outcome.fault) {
    event.fault = outcome.fault->code;
    event.detail = outcome.fault->detail;
    if (!event.reply) event.reply = outcome.fault->reply;
    event.stage = stage_of(outcome.fault->phase);
  }
  return policy::classify(event);
}

policy::Company company_in(const smtp::TransactionResult& result) {
  const bool any_passed = std::ranges::any_of(result.recipients, [](const smtp::RecipientOutcome& outcome) {
    return outcome.phase == smtp::Phase::data || outcome.phase == smtp::Phase::dot;
  });
  return any_passed ? policy::Company::beside_accepted : policy::Company::any;
}

std::string describe(const smtp::Fault& fault) {
  std::string text(to_word(fault.phase));
  text += ": ";
  text += fault.reply ? fault.reply->text() : fault.detail;
  return printable(text, limits::reason);
}

std::string describe(const smtp::RecipientOutcome& outcome) {
  using Kind = smtp::RecipientOutcome::Kind;
  if (outcome.kind == Kind::doubt) {
    std::string text = "No clear reply to the end of the message; it may have been sent";
    if (outcome.reply) text += ": " + outcome.reply->text();
    if (!outcome.reply && outcome.fault) text += ": " + outcome.fault->detail;
    return printable(text, limits::reason);
  }
  if (outcome.reply) return printable(outcome.reply->text(), limits::reason);
  return outcome.fault ? describe(*outcome.fault) : std::string("the session broke");
}

std::string provider_id_of(const mail::Reply& reply) {
  constexpr std::array<std::string_view, 4> openings{"queued as ", "queued mail as ", "id=", "message-id: "};
  const std::string text = reply.text();
  const std::string lower = to_lower(text);
  for (const std::string_view opening : openings) {
    const std::size_t place = lower.find(opening);
    if (place == std::string::npos) continue;
    const std::string_view rest = std::string_view(text).substr(place + opening.size());
    return printable(rest.substr(0, rest.find_first_of(" ,;)]")), 128);
  }
  return {};
}

smtp::ClientOptions client_options(const store::ConnectionRecord& connection, Secret password, std::string ehlo_name,
                                   const smtp::Deadlines& deadlines) {
  smtp::ClientOptions options;
  options.host = connection.host;
  options.port = connection.port;
  options.security = security_of(connection.encryption);
  options.verify_certificate = connection.verify_certificate;
  options.ca_file = connection.ca_file;
  options.username = connection.username;
  options.password = std::move(password);
  options.sasl = sasl_of(connection.auth);
  options.ehlo_name = std::move(ehlo_name);
  options.deadlines = deadlines;
  return options;
}

}  // namespace postroom::delivery
