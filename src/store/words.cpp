#include <array>
#include <utility>

#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {
namespace {

template <class Enum>
struct Words;

template <>
struct Words<EmailStatus> {
  static constexpr std::array words{"queued",   "scheduled", "sending", "deferred", "held",      "unknown",
                                    "accepted", "failed",    "expired", "canceled", "suppressed"};
};
template <>
struct Words<AttemptStatus> {
  static constexpr std::array words{"in_progress", "success", "fail"};
};
template <>
struct Words<ReasonClass> {
  static constexpr std::array words{"",           "recipient", "message", "sender", "credential", "quota",
                                    "throttle",   "outage",    "tls",     "policy", "protocol",   "unknown",
                                    "connection", "operator",  "expired", "content"};
};
template <>
struct Words<OnDoubt> {
  static constexpr std::array words{"", "retry", "hold"};
};
template <>
struct Words<Encryption> {
  static constexpr std::array words{"none", "tls", "ssl"};
};
template <>
struct Words<AuthMechanism> {
  static constexpr std::array words{"auto", "plain", "login", "cram_md5", "scram_sha_256", "xoauth2"};
};
template <>
struct Words<HealthState> {
  static constexpr std::array words{"up", "degraded", "down"};
};

template <>
struct Words<OverLimit> {
  static constexpr std::array words{"wait", "spill"};
};
template <>
struct Words<Otherwise> {
  static constexpr std::array words{"wait", "any"};
};

template <>
struct Words<Permanence> {
  static constexpr std::array words{"transient", "permanent"};
};
template <>
struct Words<ProviderProfile> {
  static constexpr std::array words{"auto",    "generic",  "gmail",     "microsoft365", "amazon_ses", "sendgrid",
                                    "mailgun", "postmark", "sparkpost", "brevo",        "mailjet",    "yahoo",
                                    "icloud",  "zoho",     "fastmail",  "gmx",          "ovh",        "ionos",
                                    "yandex",  "mailtrap", "mandrill",  "smtp2go"};
};
template <>
struct Words<ReplyStage> {
  static constexpr std::array words{"any", "greeting", "auth", "mail", "recipient", "data", "dot"};
};

template <class Enum>
std::string_view word_of(Enum value) {
  return Words<Enum>::words[static_cast<std::size_t>(value)];
}

}  // namespace

std::string_view to_word(EmailStatus value) {
  return word_of(value);
}
std::string_view to_word(AttemptStatus value) {
  return word_of(value);
}
std::string_view to_word(ReasonClass value) {
  return word_of(value);
}
std::string_view to_word(OnDoubt value) {
  return word_of(value);
}
std::string_view to_word(Encryption value) {
  return word_of(value);
}
std::string_view to_word(AuthMechanism value) {
  return word_of(value);
}
std::string_view to_word(HealthState value) {
  return word_of(value);
}

std::string_view to_word(OverLimit value) {
  return word_of(value);
}
std::string_view to_word(Otherwise value) {
  return word_of(value);
}
std::string_view to_word(Permanence value) {
  return word_of(value);
}
std::string_view to_word(ProviderProfile value) {
  return word_of(value);
}
std::string_view to_word(ReplyStage value) {
  return word_of(value);
}

template <class Enum>
std::optional<Enum> from_word(std::string_view word) {
  const auto& words = Words<Enum>::words;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (word == words[i] && !word.empty()) return static_cast<Enum>(i);
  return std::nullopt;
}

template std::optional<EmailStatus> from_word(std::string_view);
template std::optional<AttemptStatus> from_word(std::string_view);
template std::optional<ReasonClass> from_word(std::string_view);
template std::optional<OnDoubt> from_word(std::string_view);
template std::optional<Encryption> from_word(std::string_view);
template std::optional<AuthMechanism> from_word(std::string_view);
template std::optional<HealthState> from_word(std::string_view);
template std::optional<OverLimit> from_word(std::string_view);
template std::optional<Otherwise> from_word(std::string_view);
template std::optional<Permanence> from_word(std::string_view);
template std::optional<ProviderProfile> from_word(std::string_view);
template std::optional<ReplyStage> from_word(std::string_view);

bool QueueFilter::empty() const {
  return !id && statuses.empty() && !email && !subject && !reason && !reason_class && !connection_id && !lane && !tag &&
         !message_id && !created_at.from && !created_at.to && !next_attempt_at.from && !next_attempt_at.to &&
         !last_attempt_at.from && !last_attempt_at.to && !attempts_from && !attempts_to && !submitted_by;
}

}  // namespace postroom::store
