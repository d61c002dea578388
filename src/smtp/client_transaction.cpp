// One mail transaction (RFC 5321 §3.3), and the small commands beside it.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "smtp/client_dialogue.h"
#include "smtp/dot_transparency.h"

namespace postroom::smtp {
namespace {

using mail::Reply;
using Kind = RecipientOutcome::Kind;

RecipientOutcome refusal(Phase phase, Reply reply) {
  return {Kind::refused, phase, std::move(reply), std::nullopt};
}

bool open_still(const RecipientOutcome& outcome) {
  return outcome.kind == Kind::accepted;
}

}  // namespace

std::string ClientDialogue::mail_command(const mail::Envelope& envelope, std::size_t bytes) const {
  std::string line = "MAIL FROM:<" + envelope.reverse_path.text() + ">";
  if (extensions_.size) line += " SIZE=" + std::to_string(bytes);
  if (envelope.body == mail::BodyType::eight_bit_mime) line += " BODY=8BITMIME";
  if (envelope.smtputf8) line += " SMTPUTF8";
  return line;
}

// What the message needs and this server does not offer. Nothing has been sent then.
std::optional<Fault> ClientDialogue::why_unfit(const mail::Envelope& envelope, std::size_t bytes) const {
  if (envelope.smtputf8 && !extensions_.smtputf8)
    return Fault{Phase::mail, std::nullopt, "5.6.7 the server does not offer SMTPUTF8, which an address needs",
                 ErrorCode::denied};
  if (envelope.body == mail::BodyType::eight_bit_mime && !extensions_.eight_bit_mime)
    return Fault{Phase::mail, std::nullopt, "5.6.3 the server does not offer 8BITMIME, which the content needs",
                 ErrorCode::denied};
  if (extensions_.size && *extensions_.size != 0 && bytes > *extensions_.size)
    return Fault{
        Phase::mail, std::nullopt,
        "5.3.4 the message is larger than the " + std::to_string(*extensions_.size) + " bytes the server takes",
        ErrorCode::too_large};
  return std::nullopt;
}

// Every recipient that has no reply of its own yet shares the fault.
void ClientDialogue::break_all(TransactionResult& result, const Fault& fault) const {
  for (RecipientOutcome& outcome : result.recipients)
    if (open_still(outcome)) outcome = {Kind::broken, fault.phase, fault.reply, fault};
}

async::Task<TransactionResult> ClientDialogue::send(const mail::Envelope& envelope, std::string_view body,
                                                    Conversation& conversation) {
  POSTROOM_ASSERT(!envelope.recipients.empty());
  TransactionResult result;
  // `accepted` stands for "not refused so far" until the dot is answered.
  result.recipients.assign(envelope.recipients.size(), {Kind::accepted, Phase::mail, std::nullopt, std::nullopt});
  // RFC 5321 §2.3.8: what is not CRLF-terminated could be taken for the end of the message by a lenient server.
  POSTROOM_ASSERT(has_only_crlf_lines(body));
  if (const std::optional<Fault> unfit = why_unfit(envelope, body.size())) {
    break_all(result, *unfit);
    result.session_usable = true;
    co_return result;
  }
  if (reader_.has_buffered()) {  // RFC 5321 §4.3.1: replies answer commands; this one answers none
    break_all(result, {Phase::mail, std::nullopt, "the server spoke out of turn", ErrorCode::closed});
    co_return result;
  }
  if (const std::optional<Fault> fault = co_await converse(envelope, body.size(), result, conversation)) {
    break_all(result, *fault);
    co_return result;
  }
  if (!result.session_usable) co_return result;
  if (std::ranges::any_of(result.recipients, open_still)) {
    result.session_usable = false;
    co_await finish_data(body, result, conversation);
  }
  co_return result;
}

// MAIL, the RCPTs and DATA, in one segment where the server allows it (RFC 2920). On return without a fault either the
// server waits for data and some recipient is open, or all are refused and session_usable says whether it may go on.
async::Task<std::optional<Fault>> ClientDialogue::converse(const mail::Envelope& envelope, std::size_t bytes,
                                                           TransactionResult& result, Conversation& conversation) {
  std::vector<std::string> commands{mail_command(envelope, bytes)};
  for (const mail::Address& recipient : envelope.recipients) commands.push_back("RCPT TO:<" + recipient.text() + ">");
  commands.emplace_back("DATA");
  const bool pipelined = extensions_.pipelining;
  result.mail_sent = true;
  if (pipelined) {
    std::string segment;
    for (const std::string& line : commands) {
      conversation.client(line);
      segment += line;
      segment += "\r\n";
    }
    if (const Result<void> sent = co_await write(segment, options_.deadlines.command); !sent)
      co_return Fault{Phase::mail, std::nullopt, sent.error().message, sent.error().code};
  }

  bool mail_refused = false;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const Phase phase = i == 0 ? Phase::mail : i + 1 == commands.size() ? Phase::data : Phase::rcpt;
    const bool none_open = std::ranges::none_of(result.recipients, open_still);
    if (!pipelined && none_open) {  // lockstep can stop before DATA
      co_await reset(result, conversation);
      co_return std::nullopt;
    }
    const Duration patience = phase == Phase::data ? options_.deadlines.data : options_.deadlines.command;
    Result<Reply> reply =
        pipelined ? co_await read_reply(patience, conversation) : co_await command(commands[i], patience, conversation);
    if (!reply) co_return Fault{phase, std::nullopt, reply.error().message, reply.error().code};
    if (reply->code == 421) co_return Fault{phase, std::move(*reply), "", ErrorCode::refused};
    const bool yes = phase == Phase::data ? reply->code == 354 : reply->positive();
    if (!yes && !reply->transient() && !reply->permanent())  // neither yes nor no: it answers some other command
      co_return Fault{phase, std::nullopt, "the server's replies are out of step: " + reply->text(),
                      ErrorCode::protocol};
    if (phase == Phase::data) {
      if (yes && none_open) {
        // RFC 2920 §3.1 would have us end an empty message; closing says the same and can't be taken for a mail.
        conversation.note("closing: the server asked for data though no recipient was accepted");
        result.session_usable = false;
        co_return std::nullopt;
      }
      for (RecipientOutcome& outcome : result.recipients)
        if (!yes && open_still(outcome)) outcome = refusal(phase, *reply);
      if (yes && reader_.has_buffered())  // it would be taken for the answer to the dot
        co_return Fault{phase, std::nullopt, "the server sent replies that answer nothing", ErrorCode::protocol};
      if (!yes) co_await reset(result, conversation);
      if (yes) result.session_usable = true;
      co_return std::nullopt;
    }
    if (phase == Phase::mail && !yes) {
      mail_refused = true;
      for (RecipientOutcome& outcome : result.recipients) outcome = refusal(phase, *reply);
    } else if (phase == Phase::rcpt && !yes && !mail_refused) {
      result.recipients[i - 1] = refusal(phase, std::move(*reply));
    }
  }
  co_return std::nullopt;
}

// After the last byte of the dot is handed over, only a complete reply tells what happened; nothing is written
// meanwhile.
async::Task<void> ClientDialogue::finish_data(std::string_view body, TransactionResult& result,
                                              Conversation& conversation) {
  conversation.client_body(body.size());
  const auto doubt = [&result](std::optional<Reply> reply, const Error& error) {
    for (RecipientOutcome& outcome : result.recipients)
      if (open_still(outcome))
        outcome = {Kind::doubt, Phase::dot, reply, Fault{Phase::dot, std::nullopt, error.message, error.code}};
  };
  DotStuffer blocks(body);
  for (bool last = false; !last;) {
    // The last block holds the dot: once any of it may have left, a failure is no longer definite.
    last = blocks.at_last();
    const Result<void> sent = co_await write(blocks.next(), options_.deadlines.block);
    if (sent) continue;
    conversation.note(sent.error().message);
    if (last) {
      doubt(std::nullopt, sent.error());
    } else {
      break_all(result, {Phase::data, std::nullopt, sent.error().message, sent.error().code});
    }
    co_return;
  }
  Result<Reply> reply = co_await read_reply(options_.deadlines.dot, conversation);
  if (!reply) {
    doubt(std::nullopt, reply.error());
    co_return;
  }
  // 221 says goodbye, it does not say yes (fine-print, "Doubt").
  if (reply->positive() && reply->code != 221) {
    for (RecipientOutcome& outcome : result.recipients)
      if (open_still(outcome)) outcome = {Kind::accepted, Phase::dot, *reply, std::nullopt};
    result.session_usable = !reader_.has_buffered();
  } else if (reply->transient() || reply->permanent()) {
    for (RecipientOutcome& outcome : result.recipients)
      if (open_still(outcome)) outcome = refusal(Phase::dot, *reply);
    result.session_usable = reply->code != 421 && !reader_.has_buffered();
  } else {
    doubt(*reply, {ErrorCode::protocol, "the reply to the end of the message says neither yes nor no"});
  }
}

// Brings a refused transaction to its end, so that the session may carry another.
async::Task<void> ClientDialogue::reset(TransactionResult& result, Conversation& conversation) {
  if (reader_.has_buffered()) co_return;
  const Result<Reply> reply = co_await command("RSET", options_.deadlines.command, conversation);
  result.session_usable = reply && reply->code == 250;
}

async::Task<std::optional<Fault>> ClientDialogue::rehearse(const mail::Envelope& envelope, Conversation& conversation) {
  POSTROOM_ASSERT(envelope.recipients.size() == 1);
  Result<Reply> reply = co_await command(mail_command(envelope, 0), options_.deadlines.command, conversation);
  if (!reply) co_return Fault{Phase::mail, std::nullopt, reply.error().message, reply.error().code};
  if (!reply->positive()) co_return Fault{Phase::mail, std::move(*reply), "", ErrorCode::refused};
  reply = co_await command("RCPT TO:<" + envelope.recipients.front().text() + ">", options_.deadlines.command,
                           conversation);
  if (!reply) co_return Fault{Phase::rcpt, std::nullopt, reply.error().message, reply.error().code};
  if (!reply->positive()) co_return Fault{Phase::rcpt, std::move(*reply), "", ErrorCode::refused};
  TransactionResult ignored;
  co_await reset(ignored, conversation);
  co_return std::nullopt;
}

async::Task<void> ClientDialogue::quit() {
  Conversation unrecorded;
  const Result<Reply> farewell = co_await command("QUIT", options_.deadlines.quit, unrecorded);
  static_cast<void>(farewell);  // 221 or not, the session is over
  co_await stream_->shutdown();
}

}  // namespace postroom::smtp
