// SubmissionSession takes what one SMTP client submits: it knows who the client is and what it may, reads the options
// in the header, and hands the message to Intake. Its 250 is Intake's "accepted": on disk.
#pragma once

#include <optional>
#include <string>

#include "async/loop.h"
#include "auth/api_keys.h"
#include "auth/sign_in_throttle.h"
#include "auth/submission_logins.h"
#include "intake/intake.h"
#include "intake/option_headers.h"
#include "intake/submission_allowance.h"
#include "smtp/server_session.h"

namespace postroom::intake {

// What all sessions share.
struct SubmissionDoors {
  async::Loop& loop;
  Intake& intake;
  auth::ApiKeys& keys;
  auth::SubmissionLogins& logins;
  SubmissionAllowance& allowance;
  auth::SignInThrottle& guesses;
};

class SubmissionSession final : public smtp::ServerHandler {
 public:
  // `peer` is the client's address, which a proxy may have told. `accepted` counts the messages.
  SubmissionSession(SubmissionDoors& doors, net::Endpoint peer, std::uint64_t& accepted)
      : doors_(doors), peer_(std::move(peer)), accepted_(accepted) {}

  // The session that it serves; set before the first command.
  void serves(const smtp::ServerSession& session) { session_ = &session; }

  bool offers_authentication() const override { return true; }
  bool offers_scram() const override { return doors_.logins.any(); }
  async::Task<Login> authenticate(std::string username, Secret password) override;
  smtp::ScramKeys scram_keys(const std::string& username) override { return doors_.logins.scram_keys(username); }
  async::Task<Login> authenticate_by_proof(std::string username, Proof proof) override;
  void forget_authentication() override;
  mail::Reply sender(const mail::Address& reverse_path) override;
  mail::Reply recipient(const mail::Address& address) override;
  async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) override;

 private:
  // What the client authenticated with has been taken away meanwhile.
  bool lost_authentication() const;
  // The login as it is now; nullptr when there is none, or it has been taken away meanwhile.
  const store::SubmissionLoginRecord* login() const;
  async::Task<Login> wrong_password(const std::string& username);
  std::string credential() const;
  Trace trace() const;
  std::optional<mail::Reply> refuse_by_login(const std::string& content, OptionHeaders& options);

  SubmissionDoors& doors_;
  net::Endpoint peer_;
  const smtp::ServerSession* session_ = nullptr;
  std::string key_name_;    // the principal of an API key; "": none
  std::string login_name_;  // of a submission login; "": none
  std::size_t recipients_ = 0;
  std::uint64_t& accepted_;
};

}  // namespace postroom::intake
