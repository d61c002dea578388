#include "intake/submission_session.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "async/signal.h"
#include "base/text.h"
#include "mime/header.h"

namespace postroom::intake {
namespace {

constexpr Duration longest_tarpit = std::chrono::seconds(10);
constexpr std::size_t reply_text_bytes = 400;

mail::Reply reply(int code, std::string text) {
  mail::Reply reply;
  reply.code = code;
  reply.lines.push_back(std::move(text));
  return reply;
}

// The refusal's sentences, in one line of a reply.
std::string sentence(const Refusal& refusal) {
  std::string text = refusal.errors.empty() ? refusal.detail : "";
  for (const FieldError& error : refusal.errors) {
    if (!text.empty()) text += ' ';
    text += name_over_smtp(error.pointer) + ": " + error.detail;
  }
  return printable(text, reply_text_bytes);
}

// fine-print, "Composition and protocol": what is over our limits or can't be now is 4yz, what is wrong for good 5yz.
mail::Reply reply_to(const Refusal& refusal) {
  if (refusal.code == "no_space") return reply(452, "4.3.1 " + sentence(refusal));
  if (refusal.status == 503 || refusal.status == 429) return reply(451, "4.3.0 " + sentence(refusal));
  if (refusal.status == 413) return reply(552, "5.3.4 " + sentence(refusal));
  if (refusal.code == "idempotency_conflict") return reply(550, "5.5.0 " + sentence(refusal));
  return reply(550, "5.6.0 " + sentence(refusal));
}

bool fits(const std::vector<std::string>& senders, const mail::Address& address) {
  if (senders.empty()) return true;
  return std::ranges::any_of(senders, [&](const std::string& pattern) {
    return pattern.starts_with("*@") ? equals_ignoring_case(address.domain, std::string_view(pattern).substr(2))
                                     : equals_ignoring_case(address.text(), pattern);
  });
}

// The author that a From field names, when it is one mailbox and nothing else (RFC 5322 §3.4): what stands before the
// address must be a phrase, so that no reader finds another author there.
std::optional<mail::Address> only_author(std::string_view field) {
  const std::string value = mime::unfold(field);
  const Result<mail::Mailbox> author = mail::parse_mailbox(value);
  if (!author) return std::nullopt;
  const std::string_view phrase = value.ends_with('>') ? std::string_view(value).substr(0, value.rfind('<')) : "";
  bool quoted = false;
  for (std::size_t at = 0; at < phrase.size(); ++at) {
    if (quoted && phrase[at] == '\\')
      ++at;
    else if (phrase[at] == '"')
      quoted = !quoted;
    else if (!quoted && std::string_view("<>@,;:").find(phrase[at]) != std::string_view::npos)
      return std::nullopt;
  }
  if (quoted) return std::nullopt;
  return author->address;
}

// What makes two messages the same for an idempotency key. The envelope belongs to it: the same text to others is
// another message, and a 250 for it must not mean the first.
std::string digest(const mail::Envelope& envelope, const std::string& content) {
  std::set<std::string> recipients;
  for (const mail::Address& address : envelope.recipients) recipients.insert(address.text());
  std::string all = envelope.reverse_path.text() + "\n";
  for (const std::string& recipient : recipients) all += recipient + "\n";
  return auth::sha256(all + auth::sha256(content));
}

}  // namespace

const store::SubmissionLoginRecord* SubmissionSession::login() const {
  return login_name_.empty() ? nullptr : doors_.logins.find(login_name_);
}

bool SubmissionSession::lost_authentication() const {
  if (!key_name_.empty()) return !doors_.keys.holds(key_name_);
  return !login_name_.empty() && login() == nullptr;
}

async::Task<SubmissionSession::Login> SubmissionSession::authenticate(std::string username, Secret password) {
  if (const std::optional<auth::Principal> key = doors_.keys.find(password.reveal(), peer_.address.text)) {
    if (!key->may(auth::Scope::send)) co_return co_await wrong_password(username);
    key_name_ = key->name;
    co_await doors_.keys.touch(key_name_);
    co_return Login::granted;
  }
  if (doors_.logins.verify(username, password) == nullptr) co_return co_await wrong_password(username);
  co_return co_await authenticate_by_proof(std::move(username), Proof::right);
}

async::Task<SubmissionSession::Login> SubmissionSession::authenticate_by_proof(std::string username, Proof proof) {
  if (proof == Proof::wrong || doors_.logins.find(username) == nullptr) co_return co_await wrong_password(username);
  login_name_ = username;
  co_await doors_.logins.touch(std::move(username));
  co_return Login::granted;
}

// Guessing costs the guesser time, more with each failure; whoever has the right password never waits for it.
async::Task<SubmissionSession::Login> SubmissionSession::wrong_password(const std::string& username) {
  const std::string account = "smtp:" + std::string(truncate_utf8(username, limits::path));
  doors_.guesses.failed(account, peer_.address.text, doors_.loop.now());
  if (const auto wait = doors_.guesses.wait(account, peer_.address.text, doors_.loop.now()))
    co_await async::sleep_until(doors_.loop, doors_.loop.now() + std::min(*wait, longest_tarpit));
  co_return Login::denied;
}

void SubmissionSession::forget_authentication() {
  key_name_.clear();
  login_name_.clear();
}

mail::Reply SubmissionSession::sender(const mail::Address& reverse_path) {
  recipients_ = 0;
  if (const std::optional<std::string> full = doors_.intake.no_room()) return reply(452, "4.3.1 " + *full);
  if (lost_authentication())
    return reply(530, "5.7.0 This session's key or login has been taken away; authenticate again");
  if (const store::SubmissionLoginRecord* mine = login()) {
    if (!reverse_path.empty() && !fits(mine->senders, reverse_path))
      return reply(550, "5.7.1 This login may not send as <" + printable(reverse_path.text(), 256) + ">");
    if (const auto why = doors_.allowance.refusal(*mine, 1)) return reply(451, "4.7.1 " + *why);
  }
  return reply(250, "2.1.0 Ok");
}

mail::Reply SubmissionSession::recipient(const mail::Address& address) {
  if (address.empty()) return reply(501, "5.1.3 A recipient has an address");
  if (const store::SubmissionLoginRecord* mine = login())
    if (const auto why = doors_.allowance.refusal(*mine, recipients_ + 1)) return reply(452, "4.7.1 " + *why);
  ++recipients_;
  return reply(250, "2.1.5 Ok");
}

std::string SubmissionSession::credential() const {
  if (!key_name_.empty()) return key_name_;
  return login_name_.empty() ? "smtp:" + peer_.address.text : "login:" + login_name_;
}

// RFC 5321 §4.4, with the protocol's words of RFC 3848. The client's name is what it said: only its letters are kept.
Trace SubmissionSession::trace() const {
  std::string name = session_->helo();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
        std::string_view(".-_:[]").find(c) == std::string_view::npos)
      c = '?';
  const bool v6 = peer_.address.text.find(':') != std::string::npos;
  std::string protocol = session_->extended() ? "ESMTP" : "SMTP";
  if (session_->extended() && session_->encrypted()) protocol += 'S';
  if (session_->extended() && session_->authenticated()) protocol += 'A';
  const std::string address =
      peer_.address.text.empty() ? "unknown" : "[" + std::string(v6 ? "IPv6:" : "") + peer_.address.text + "]";
  return {name + " (" + address + ")", std::move(protocol)};
}

// What the login does not allow in the header: an author that is not its own, a lane that is not its own.
std::optional<mail::Reply> SubmissionSession::refuse_by_login(const std::string& content, OptionHeaders& options) {
  const store::SubmissionLoginRecord* mine = login();
  if (mine == nullptr) return std::nullopt;
  std::optional<mail::Reply> refusal;
  mime::for_each_field(content, [&](std::string_view name, std::string_view value) {
    if (!equals_ignoring_case(name, "From") || mine->senders.empty()) return;
    const std::optional<mail::Address> author = only_author(value);
    if (!author || !fits(mine->senders, *author))
      refusal = reply(550, "5.7.1 This login may not send with this From field");
  });
  if (refusal || mine->lane.empty()) return refusal;
  if (options.options.lane && *options.options.lane != mine->lane)
    return reply(550, "5.7.1 This login's mail goes in the lane " + printable(mine->lane, 64));
  options.options.lane = mine->lane;
  return std::nullopt;
}

async::Task<mail::Reply> SubmissionSession::message(mail::Envelope envelope, std::string content) {
  if (lost_authentication()) co_return reply(451, "4.7.0 This session's key or login has been taken away");
  OptionHeaders options = read_option_headers(content);
  if (!options.errors.empty()) co_return reply_to(Refusal{422, "invalid", "", std::move(options.errors)});
  if (const std::optional<mail::Reply> refusal = refuse_by_login(content, options)) co_return *refusal;
  RawSubmission submission;
  submission.from = envelope.reverse_path.text();
  for (const mail::Address& address : envelope.recipients) submission.to.push_back(address.text());
  submission.trace = trace();
  submission.options = std::move(options.options);
  std::optional<Idempotency> idempotency;
  if (options.idempotency_key) idempotency = Idempotency{*options.idempotency_key, digest(envelope, content)};
  submission.content = std::move(content);
  SubmissionAllowance::Taken taken;
  if (const store::SubmissionLoginRecord* mine = login()) {
    if (const auto why = doors_.allowance.refusal(*mine, submission.to.size())) co_return reply(451, "4.7.1 " + *why);
    const auto took = co_await doors_.allowance.take(*mine, submission.to.size());
    if (!took) co_return reply(451, "4.3.0 The message can't be stored now; try again later");
    taken = *took;
  }
  const Outcome outcome = co_await doors_.intake.accept(std::move(submission), credential(), std::move(idempotency));
  const auto* answered = std::get_if<Answered>(&outcome);
  if (answered == nullptr || answered->replayed) doors_.allowance.give_back(taken);
  if (answered == nullptr) co_return reply_to(std::get<Refusal>(outcome));
  ++accepted_;
  co_return reply(250, "2.6.0 Queued as " + answered->id);
}

}  // namespace postroom::intake
