// What known providers ask of an SMTP client, so that nobody has to look it up.
#include <string_view>

#include "api/problem.h"
#include "api/resources.h"
#include "base/json_writer.h"

namespace postroom::api {
namespace {

using store::Encryption;

struct Preset {
  std::string_view id;
  std::string_view name;
  std::string_view host;  // "" or with a {part} that the account decides
  std::uint16_t port;
  Encryption encryption;
  std::string_view username;  // "": the account's own; a {part} stands for what the account decides
  std::string_view hint;      // which password the provider means
};

constexpr Preset presets[] = {
    {"gmail", "Gmail and Google Workspace", "smtp.gmail.com", 587, Encryption::tls, "{address}",
     "The full address and an app password; the account's own password is refused."},
    {"microsoft365", "Microsoft 365", "smtp.office365.com", 587, Encryption::tls, "{address}",
     "Authenticated SMTP must be switched on for the mailbox; tenants may allow OAuth only (auth xoauth2)."},
    {"amazon_ses", "Amazon SES", "email-smtp.{region}.amazonaws.com", 587, Encryption::tls, "{smtp username}",
     "SMTP credentials made in the SES console, not an IAM access key; they belong to one region."},
    {"sendgrid", "SendGrid", "smtp.sendgrid.net", 587, Encryption::tls, "apikey",
     "The username is the word apikey; the password is an API key that may send mail."},
    {"mailgun", "Mailgun", "smtp.mailgun.org", 587, Encryption::tls, "postmaster@{domain}",
     "The domain's SMTP credentials; domains in the EU use smtp.eu.mailgun.org."},
    {"postmark", "Postmark", "smtp.postmarkapp.com", 587, Encryption::tls, "{server token}",
     "The server's API token is both username and password; bulk mail goes to smtp-broadcasts.postmarkapp.com."},
    {"brevo", "Brevo", "smtp-relay.brevo.com", 587, Encryption::tls, "{smtp login}",
     "The SMTP login and an SMTP key; neither an API key nor the account's password."},
    {"mailjet", "Mailjet", "in-v3.mailjet.com", 587, Encryption::tls, "{api key}",
     "The API key is the username, the secret key the password."},
    {"sparkpost", "SparkPost", "smtp.sparkpostmail.com", 587, Encryption::tls, "SMTP_Injection",
     "The username is SMTP_Injection; the password an API key; EU accounts use smtp.eu.sparkpostmail.com."},
    {"zoho", "Zoho Mail", "smtp.zoho.com", 465, Encryption::ssl, "{address}",
     "An app password where two-factor sign-in is on; accounts of other regions have hosts of their own."},
    {"fastmail", "Fastmail", "smtp.fastmail.com", 465, Encryption::ssl, "{address}",
     "An app password that may use SMTP."},
    {"yandex", "Yandex", "smtp.yandex.com", 465, Encryption::ssl, "{address}",
     "An app password; mail clients must be allowed in the mailbox's settings."},
    {"icloud", "iCloud Mail", "smtp.mail.me.com", 587, Encryption::tls, "{address}",
     "The full iCloud address and an app-specific password."},
    {"ovh", "OVHcloud", "ssl0.ovh.net", 465, Encryption::ssl, "{address}", "The mailbox's address and password."},
    {"generic", "Another SMTP server", "", 587, Encryption::tls, "", "Ask the server's operator."},
};

void render(JsonWriter& json, const Preset& preset) {
  json.begin_object().text("id", preset.id).text("name", preset.name);
  json.text("host", preset.host).number("port", preset.port).text("encryption", to_word(preset.encryption));
  json.text("username", preset.username).text("hint", preset.hint).end_object();
}

}  // namespace

Answering list_presets(Services&, Call&) {
  JsonWriter json;
  json.begin_object().key("items").begin_array();
  for (const Preset& preset : presets) render(json, preset);
  json.end_array().end_object();
  co_return json_answer(200, json.take());
}

}  // namespace postroom::api
