#include "api/submission_reader.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/limits.h"
#include "base/text.h"

namespace postroom::api {
namespace {

namespace json = boost::json;
using Errors = std::vector<intake::FieldError>;

std::string as_string(const json::string& text) {
  return {text.data(), text.size()};
}

std::optional<intake::GivenMailbox> read_mailbox(const json::value& value, const std::string& pointer, Errors& errors) {
  if (const auto* text = value.if_string()) return intake::GivenMailbox{as_string(*text), std::nullopt};
  if (const auto* object = value.if_object()) {
    ObjectReader reader(*object, pointer, errors);
    intake::GivenMailbox mailbox;
    const auto email = reader.text("email");
    if (!reader.has("email")) reader.error("email", "required", "An address is needed here.");
    mailbox.email = email.value_or("");
    mailbox.name = reader.text("name").value_or("");
    reader.finish();
    return mailbox;
  }
  errors.push_back({pointer, "address_invalid", "This must be an address, or an object of email and name."});
  return std::nullopt;
}

// One mailbox or a list of them.
std::vector<intake::GivenMailbox> read_mailboxes(ObjectReader& reader, std::string_view name, Errors& errors) {
  std::vector<intake::GivenMailbox> mailboxes;
  const json::value* value = reader.take(name);
  if (!value) return mailboxes;
  const json::array* list = value->if_array();
  if (!list) {
    if (auto mailbox = read_mailbox(*value, reader.pointer_to(name), errors)) mailboxes.push_back(std::move(*mailbox));
    return mailboxes;
  }
  for (std::size_t i = 0; i < list->size() && errors.size() < limits::recipients; ++i)
    if (auto mailbox = read_mailbox((*list)[i], fmt::format("{}/{}", reader.pointer_to(name), i), errors))
      mailboxes.push_back(std::move(*mailbox));
  return mailboxes;
}

void read_headers(ObjectReader& reader, intake::ComposedSubmission& submission) {
  const json::value* value = reader.take("headers");
  if (!value) return;
  const json::object* object = value->if_object();
  if (!object) return reader.error("headers", "not_an_object", "This must be an object of strings.");
  for (const auto& entry : *object) {
    const json::string* text = entry.value().if_string();
    if (!text) return reader.error("headers", "not_a_string", "Each header's value must be a string.");
    submission.headers.emplace_back(std::string(entry.key().data(), entry.key().size()), as_string(*text));
  }
}

void read_attachments(ObjectReader& reader, intake::ComposedSubmission& submission, Errors& errors) {
  const json::value* value = reader.take("attachments");
  if (!value) return;
  const json::array* list = value->if_array();
  if (!list) return reader.error("attachments", "not_a_list", "This must be a list of attachments.");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string pointer = fmt::format("/attachments/{}", i);
    const json::object* object = (*list)[i].if_object();
    if (!object) {
      errors.push_back({pointer, "not_an_object", "An attachment is an object."});
      continue;
    }
    ObjectReader item(*object, pointer, errors);
    intake::Attachment attachment;
    attachment.filename = item.text("filename").value_or("");
    attachment.content_type = item.text("content_type").value_or("");
    attachment.content_id = item.text("content_id").value_or("");
    if (!item.has("filename")) item.error("filename", "required", "An attachment needs a file name.");
    if (!item.has("content")) item.error("content", "required", "An attachment needs its content.");
    if (const auto content = item.text("content"); content && !base64_decode(*content, attachment.content))
      item.error("content", "not_base64", "The content must be base64 (RFC 4648, with padding, without line breaks).");
    item.finish();
    submission.attachments.push_back(std::move(attachment));
  }
}

std::string read_metadata(ObjectReader& reader) {
  const json::value* value = reader.take("metadata");
  if (!value) return "{}";
  const json::object* object = value->if_object();
  if (!object) {
    reader.error("metadata", "not_an_object", "This must be an object of strings.");
    return "{}";
  }
  for (const auto& entry : *object)
    if (!entry.value().is_string()) {
      reader.error("metadata", "not_a_string", "Each value must be a string.");
      return "{}";
    }
  return json::serialize(*object);
}

void read_options(ObjectReader& reader, intake::DeliveryOptions& options) {
  options.tags = reader.texts("tags");
  options.metadata = read_metadata(reader);
  options.lane = reader.text("lane");
  options.connection_id = reader.integer("connection_id", 1, INT32_MAX);
  options.send_at = reader.time("send_at");
  options.expires_in_s = reader.integer("expires_in", 1, 366L * 24 * 3600);
  options.dry_run = reader.boolean("dry_run").value_or(false);
  if (const auto word = reader.text("on_doubt")) {
    const auto on_doubt = store::from_word<store::OnDoubt>(*word);
    if (!on_doubt || *on_doubt == store::OnDoubt::inherit)
      return reader.error("on_doubt", "invalid", "This must be retry or hold.");
    options.on_doubt = *on_doubt;
  }
}

}  // namespace

ReadSubmission read_submission(const json::object& object, SubmissionPlace place) {
  ReadSubmission read;
  intake::ComposedSubmission& submission = read.submission;
  ObjectReader reader(object, "", read.errors);
  if (const json::value* from = reader.take("from")) submission.from = read_mailbox(*from, "/from", read.errors);
  submission.to = read_mailboxes(reader, "to", read.errors);
  submission.cc = read_mailboxes(reader, "cc", read.errors);
  submission.bcc = read_mailboxes(reader, "bcc", read.errors);
  submission.reply_to = read_mailboxes(reader, "reply_to", read.errors);
  submission.subject = reader.text("subject").value_or("");
  if (!reader.has("subject")) reader.error("subject", "required", "Give the message a subject.");
  submission.text = reader.text("text");
  submission.html = reader.text("html");
  read_headers(reader, submission);
  read_attachments(reader, submission, read.errors);
  read_options(reader, submission.options);
  if (place == SubmissionPlace::in_batch) read.idempotency_key = reader.text("idempotency_key");
  reader.finish();
  return read;
}

}  // namespace postroom::api
