#include "intake/validate.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"

namespace postroom::intake {
namespace {

constexpr std::int64_t longest_expiry_s = 366LL * 24 * 3600;
constexpr Duration furthest_send_at = std::chrono::hours(366 * 24);

// Fields that Postroom or the provider writes; an application may not set them.
bool is_reserved_field(std::string_view name) {
  constexpr std::array<std::string_view, 16> reserved{"from",
                                                      "to",
                                                      "cc",
                                                      "bcc",
                                                      "subject",
                                                      "date",
                                                      "message-id",
                                                      "sender",
                                                      "reply-to",
                                                      "mime-version",
                                                      "received",
                                                      "received-spf",
                                                      "return-path",
                                                      "delivered-to",
                                                      "domainkey-signature",
                                                      "authentication-results"};
  constexpr std::array<std::string_view, 5> families{"content-", "resent-", "arc-", "dkim-", "x-postroom-"};
  const std::string lower = to_lower(name);
  return std::ranges::find(reserved, lower) != reserved.end() ||
         std::ranges::any_of(families, [&](std::string_view family) { return lower.starts_with(family); });
}

class Checker {
 public:
  explicit Checker(std::vector<FieldError>& errors) : errors_(errors) {}

  void wrong(std::string pointer, std::string code, std::string detail) {
    errors_.push_back({std::move(pointer), std::move(code), std::move(detail)});
  }

  // Text that becomes part of a header: no control characters, so no new line and no new field (CWE-93).
  bool plain(const std::string& pointer, std::string_view text, std::size_t limit) {
    if (has_control_characters(text))
      wrong(pointer, "control_characters", "Remove line breaks and other control characters.");
    else if (!is_valid_utf8(text))
      wrong(pointer, "not_utf8", "Send it as UTF-8.");
    else if (text.size() > limit)
      wrong(pointer, "too_long", "At most " + std::to_string(limit) + " bytes are allowed.");
    else
      return true;
    return false;
  }

  std::optional<mail::Mailbox> mailbox(const std::string& pointer, const GivenMailbox& given) {
    if (!plain(pointer, given.email, 1000) || (given.name && !plain(pointer + "/name", *given.name, 500)))
      return std::nullopt;
    Result<mail::Mailbox> parsed = mail::parse_mailbox(given.email);
    if (!parsed) {
      wrong(pointer, "address_invalid", "It is not an address Postroom can send to: " + parsed.error().message + ".");
      return std::nullopt;
    }
    if (given.name) parsed->name = *given.name;
    return std::move(*parsed);
  }

  std::vector<mail::Mailbox> mailboxes(const std::string& field, const std::vector<GivenMailbox>& given) {
    std::vector<mail::Mailbox> all;
    for (std::size_t i = 0; i < given.size(); ++i)
      if (std::optional<mail::Mailbox> one = mailbox("/" + field + "/" + std::to_string(i), given[i]))
        all.push_back(std::move(*one));
    return all;
  }

 private:
  std::vector<FieldError>& errors_;
};

void add_recipients(std::vector<mail::Address>& recipients, std::set<std::string>& known,
                    const std::vector<mail::Mailbox>& mailboxes) {
  for (const mail::Mailbox& mailbox : mailboxes)
    if (known.insert(mailbox.address.text()).second) recipients.push_back(mailbox.address);
}

void check_options(const DeliveryOptions& options, const Surroundings& around, Checker& checker, Checked& checked) {
  checked.lane = options.lane.value_or(around.limits.lanes.front());
  if (std::ranges::find(around.limits.lanes, checked.lane) == around.limits.lanes.end())
    checker.wrong("/lane", "lane_unknown", "There is no such lane.");
  if (options.connection_id && std::ranges::find(around.connections, *options.connection_id,
                                                 &store::ConnectionRecord::id) == around.connections.end())
    checker.wrong("/connection_id", "connection_unknown", "There is no connection with this id.");
  if (options.tags.size() > limits::tags)
    checker.wrong("/tags", "too_many_tags", "At most " + std::to_string(limits::tags) + " tags are allowed.");
  for (std::size_t i = 0; i < options.tags.size(); ++i) {
    const std::string pointer = "/tags/" + std::to_string(i);
    if (options.tags[i].empty())
      checker.wrong(pointer, "tag_invalid", "A tag can't be empty.");
    else
      checker.plain(pointer, options.tags[i], limits::tag);
  }
  if (options.metadata.size() > limits::metadata_bytes)
    checker.wrong("/metadata", "metadata_invalid",
                  "At most " + std::to_string(limits::metadata_bytes) + " bytes are allowed.");

  checked.due_at = around.now;
  if (options.send_at && *options.send_at > around.now) {
    checked.due_at = *options.send_at;
    checked.scheduled = true;
    if (*options.send_at > around.now + furthest_send_at)
      checker.wrong("/send_at", "send_at_too_far", "It may lie at most one year ahead.");
  }
  Duration lifetime = around.limits.expires_in_default;
  if (options.expires_in_s) {
    if (*options.expires_in_s < 1 || *options.expires_in_s > longest_expiry_s)
      checker.wrong("/expires_in", "expires_in_invalid", "Give seconds from 1 to 31622400.");
    else
      lifetime = std::chrono::seconds(*options.expires_in_s);
  }
  checked.expires_at = checked.due_at + lifetime;
}

void check_recipient_count(const Checked& checked, const Surroundings& around, Checker& checker, bool any_given) {
  if (checked.recipients.empty() && !any_given)
    checker.wrong("/to", "recipients_required", "Name at least one recipient in to, cc or bcc.");
  if (checked.recipients.size() > around.limits.recipients)
    checker.wrong(
        "/to", "too_many_recipients",
        "At most " + std::to_string(around.limits.recipients) + " recipients are allowed; split the message.");
}

void check_headers(const ComposedSubmission& submission, Checker& checker) {
  if (submission.headers.size() > limits::custom_headers)
    checker.wrong("/headers", "too_many_headers",
                  "At most " + std::to_string(limits::custom_headers) + " headers are allowed.");
  for (const auto& [name, value] : submission.headers) {
    const std::string pointer = "/headers/" + printable(name, 100);
    if (!mime::is_field_name(name))
      checker.wrong(pointer, "header_invalid",
                    "A header's name has printable ASCII characters, without spaces and colons.");
    else if (is_reserved_field(name))
      checker.wrong(pointer, "header_forbidden", "Postroom writes this header; leave it out or use its own field.");
    checker.plain(pointer, value, limits::header_value);
  }
}

void check_attachments(const ComposedSubmission& submission, const Surroundings& around, Checker& checker) {
  if (submission.attachments.size() > around.limits.attachments)
    checker.wrong("/attachments", "too_many_attachments",
                  "At most " + std::to_string(around.limits.attachments) + " attachments are allowed.");
  for (std::size_t i = 0; i < submission.attachments.size(); ++i) {
    const Attachment& attachment = submission.attachments[i];
    const std::string pointer = "/attachments/" + std::to_string(i);
    checker.plain(pointer + "/filename", attachment.filename, 255);
    const bool id_fits =
        is_ascii(attachment.content_id) && attachment.content_id.find_first_of(" <>") == std::string::npos;
    if (checker.plain(pointer + "/content_id", attachment.content_id, 200) && !id_fits)
      checker.wrong(pointer + "/content_id", "content_id_invalid",
                    "Use printable ASCII without spaces and angle brackets.");
    if (checker.plain(pointer + "/content_type", attachment.content_type, 127) && !attachment.content_type.empty() &&
        !mime::is_content_type(attachment.content_type))
      checker.wrong(pointer + "/content_type", "content_type_invalid",
                    "Write it as type/subtype, such as application/pdf.");
  }
}

}  // namespace

Checked check(const ComposedSubmission& submission, const Surroundings& around, std::vector<FieldError>& errors) {
  Checker checker(errors);
  Checked checked;
  if (submission.from) checked.from = checker.mailbox("/from", *submission.from);
  checked.to = checker.mailboxes("to", submission.to);
  checked.cc = checker.mailboxes("cc", submission.cc);
  checked.bcc = checker.mailboxes("bcc", submission.bcc);
  checked.reply_to = checker.mailboxes("reply_to", submission.reply_to);
  std::set<std::string> known;
  for (const auto* list : {&checked.to, &checked.cc, &checked.bcc}) add_recipients(checked.recipients, known, *list);
  check_recipient_count(checked, around, checker,
                        !submission.to.empty() || !submission.cc.empty() || !submission.bcc.empty());
  checker.plain("/subject", submission.subject, limits::subject);
  if (submission.subject.empty()) checker.wrong("/subject", "subject_required", "Give the message a subject.");
  const bool no_text = !submission.text || submission.text->empty();
  const bool no_html = !submission.html || submission.html->empty();
  if (no_text && no_html) checker.wrong("/text", "body_required", "Give text, html or both.");
  for (const auto& [pointer, body] : {std::pair{"/text", &submission.text}, std::pair{"/html", &submission.html}})
    if (*body && (*body)->find('\0') != std::string::npos)
      checker.wrong(pointer, "control_characters", "Remove the NUL character.");
  check_headers(submission, checker);
  check_attachments(submission, around, checker);
  check_options(submission.options, around, checker, checked);
  return checked;
}

Checked check(const RawSubmission& submission, const Surroundings& around, std::vector<FieldError>& errors) {
  Checker checker(errors);
  Checked checked;
  if (!submission.from.empty() && submission.from != "<>") {
    if (std::optional<mail::Mailbox> from = checker.mailbox("/from", {submission.from, std::nullopt}))
      checked.reverse_path = from->address;
  }
  std::vector<GivenMailbox> to;
  for (const std::string& address : submission.to) to.push_back({address, std::nullopt});
  std::set<std::string> known;
  add_recipients(checked.recipients, known, checker.mailboxes("to", to));
  check_recipient_count(checked, around, checker, !to.empty());
  check_options(submission.options, around, checker, checked);
  return checked;
}

}  // namespace postroom::intake
