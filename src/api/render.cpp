#include "api/render.h"

#include "api/reply_rules.h"
#include "base/text.h"

namespace postroom::api {
namespace {

void render_limits(JsonWriter& json, std::string_view name, const store::SendingLimits& limits) {
  const auto value = [](std::uint32_t n) { return n == 0 ? std::nullopt : std::optional<std::int64_t>(n); };
  json.key(name).begin_object();
  json.number_or_null("per_second", value(limits.per_second)).number_or_null("per_minute", value(limits.per_minute));
  json.number_or_null("per_hour", value(limits.per_hour)).number_or_null("per_day", value(limits.per_day));
  json.number_or_null("per_month", value(limits.per_month)).end_object();
}

void render_used(JsonWriter& json, const store::SendingLimits& used) {
  json.key("used").begin_object();
  json.number("per_second", used.per_second).number("per_minute", used.per_minute).number("per_hour", used.per_hour);
  json.number("per_day", used.per_day).number("per_month", used.per_month).end_object();
}

}  // namespace

void render_email(JsonWriter& json, const store::EmailRecord& email) {
  json.text("id", to_string(email.id)).text("message_id", to_string(email.message_id));
  json.text("email", email.address).text("subject", email.subject);
  json.text("status", to_word(email.status));
  json.text_or_null("reason", email.reason);
  json.text_or_null("reason_class", to_word(email.reason_class));
  json.number("attempts", email.attempts);
  json.time("last_attempt_at", email.last_attempt_at);
  json.time("next_attempt_at", email.next_attempt_at);
  json.time("created_at", email.created_at()).time("expires_at", email.expires_at);
  json.text("lane", email.lane);
  json.number_or_null("connection_id", email.in_doubt_with ? email.in_doubt_with : email.pinned_to);
  json.boolean("in_doubt", email.in_doubt_with.has_value());
  json.texts("tags", email.tags).number("size_bytes", static_cast<std::int64_t>(email.size_bytes));
}

std::array<std::pair<store::EmailStatus, std::uint64_t>, 6> by_status(const store::QueueDepth& depth) {
  using enum store::EmailStatus;
  return {{{queued, depth.queued},
           {scheduled, depth.scheduled},
           {sending, depth.sending},
           {deferred, depth.deferred},
           {held, depth.held},
           {unknown, depth.unknown}}};
}

void render_attempt(JsonWriter& json, const store::AttemptRecord& attempt) {
  json.text("id", to_string(attempt.id)).text("active_queue_id", to_string(attempt.email_id));
  json.text("message_id", to_string(attempt.message_id));
  json.text("email", attempt.address).text("subject", attempt.subject);
  json.time("attempted_at", attempt.attempted_at()).text("status", to_word(attempt.status));
  json.text_or_null("reason", attempt.reason).text_or_null("reason_class", to_word(attempt.reason_class));
  json.text_or_null("decided_by", attempt.decided_by);
  json.number("attempt", attempt.ordinal).number("connection_id", attempt.connection_id);
  json.text("connection_caption", attempt.connection_caption);
  json.text_or_null("remote_host", attempt.remote_host).text_or_null("tls", attempt.tls);
  json.number_or_null("reply_code",
                      attempt.reply_code == 0 ? std::nullopt : std::optional<std::int64_t>(attempt.reply_code));
  json.text_or_null("enhanced_code", attempt.enhanced_code).text_or_null("provider_id", attempt.provider_id);
  json.number_or_null("duration_ms", attempt.duration_ms);
}

void render_connection(JsonWriter& json, const store::ConnectionRecord& c, const ConnectionState& state) {
  json.number("id", c.id).number("version", c.version).text("caption", c.caption).text("driver", c.driver);
  json.text("host", c.host).number("port", c.port).text("username", c.username);
  json.boolean("has_password", !c.sealed_password.empty());
  json.text("send_from", c.send_from).text("send_from_name", c.send_from_name);
  json.text("encryption", to_word(c.encryption)).boolean("enabled", c.enabled);
  json.number("priority", c.priority).number("weight", c.weight);
  render_limits(json, "limits", c.limits);
  json.text("over_limit", to_word(c.over_limit)).text("timezone", c.timezone);
  render_used(json, state.used);
  json.number("max_sessions", c.max_sessions).number("sessions_allowed", state.sessions);
  json.number("max_messages_per_session", c.max_messages_per_session).text("auth", to_word(c.auth));
  json.boolean("verify_certificate", c.verify_certificate).text("ca_file", c.ca_file);
  json.text("on_doubt", to_word(c.on_doubt)).text("profile", to_word(c.profile));
  render_reply_rules(json, c.reply_rules);
  json.boolean("paused", state.paused);
  json.key("health").begin_object().text("state", to_word(state.health.state)).time("since", state.health.since);
  json.text_or_null("reason", state.health.reason).end_object();
  json.time("created_at", c.created_at).time("updated_at", c.updated_at);
}

void render_api_key(JsonWriter& json, const store::ApiKeyRecord& key) {
  json.number("id", key.id).text("name", key.name).text("prefix", key.prefix).texts("scopes", key.scopes);
  json.time("created_at", key.created_at).time("last_used_at", key.last_used_at).time("revoked_at", key.revoked_at);
}

void render_submission_login(JsonWriter& json, const store::SubmissionLoginRecord& login) {
  json.number("id", login.id).text("username", login.username).texts("senders", login.senders);
  json.text_or_null("lane", login.lane).number("per_minute", login.per_minute).number("per_day", login.per_day);
  json.boolean("enabled", login.enabled).time("created_at", login.created_at).time("last_used_at", login.last_used_at);
}

std::string conversation_for(std::string_view conversation, std::string_view address) {
  constexpr std::string_view verb = "C: RCPT TO:<";
  std::string shown;
  const std::string own = std::string(address) + ">";
  for (const auto line : split(conversation, '\n')) {
    if (!shown.empty()) shown += '\n';
    const bool recipient = starts_with_ignoring_case(line, verb);
    if (recipient && !starts_with_ignoring_case(line.substr(verb.size()), own)) {
      shown += "C: RCPT TO:<other recipient>";
    } else {
      shown += line;
    }
  }
  return shown;
}

}  // namespace postroom::api
