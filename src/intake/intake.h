// Intake turns a submission into a stored message: validate, compose and freeze the MIME, give ids, one commit. Its
// answer "accepted" exists only after that commit.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "async/loop.h"
#include "base/id.h"
#include "base/random.h"
#include "intake/submission.h"
#include "store/store.h"

namespace postroom::intake {

// The call's Idempotency-Key, with what "the same" means.
struct Idempotency {
  std::string key;
  std::string body_sha256;
};

struct Limits {
  std::uint64_t message_bytes;
  std::size_t recipients;
  std::size_t attachments;
  std::vector<std::string> lanes;  // the first is the default of composed mail
  Milliseconds expires_in_default = std::chrono::hours(72);
};

// The outcome of one submission: a refusal, or the answer's JSON text (the same text a replay gets).
struct Answered {
  std::string json;  // {"id": …, "emails": […]}; "" of mail that came by SMTP
  std::string id;    // the message's; "" of a batch and of a dry run
  bool replayed = false;
  bool dry_run = false;
};
using Outcome = std::variant<Answered, Refusal>;

using AnySubmission = std::variant<ComposedSubmission, RawSubmission>;

class Intake {
 public:
  using Router = std::function<std::optional<store::ConnectionId>(const mail::Address& to, const std::string& lane,
                                                                  const std::vector<std::string>& tags)>;

  // `room` says whether there is disk for more mail: nullopt, or the sentence of the 503. Called before each
  // acceptance. `router` says which connection such mail would go over now.
  Intake(async::Loop& loop, store::Store& store, IdGenerator& ids, Random& random, std::string host_name, Limits limits,
         std::function<std::optional<std::string>()> room, Router router);

  // Why nothing can be accepted now: the disk's room; nullopt when it can.
  std::optional<std::string> no_room() const { return room_(); }

  // One message. `credential` scopes idempotency and stands as MessageRecord::submitted_by.
  // `audit`: of an operator's act, written with the message and only with it.
  async::Task<Outcome> accept(AnySubmission submission, std::string credential, std::optional<Idempotency> idempotency,
                              std::optional<store::AuditRecord> audit = std::nullopt);

  // Up to limits::batch_messages; the outcomes are in order and independent; good ones share one commit. The call's
  // answer text is {"results": […]} as api.md says. Items may carry their own idempotency (body hash of the item).
  struct BatchItem {
    std::variant<ComposedSubmission, Refusal> submission;  // a Refusal when its JSON was already wrong
    std::optional<Idempotency> idempotency;
  };
  async::Task<Outcome> accept_batch(std::vector<BatchItem> items, std::string credential,
                                    std::optional<Idempotency> idempotency);

  // The connections were created, changed or deleted: read them again at the next acceptance.
  void connections_changed() {
    connections_.reset();
    ++connection_changes_;
  }

 private:
  // A message checked, composed and numbered, and its answer; or why not.
  using Preparation = std::variant<store::NewMessage, Refusal>;

  Preparation prepare(const AnySubmission& submission, const std::vector<store::ConnectionRecord>& connections,
                      const std::string& credential, const std::optional<Idempotency>& idempotency);
  async::Task<Result<std::vector<store::ConnectionRecord>>> known_connections();
  unsigned bucket_for(const std::string& credential, const std::optional<Idempotency>& idempotency);

  async::Loop& loop_;
  store::Store& store_;
  IdGenerator& ids_;
  Random& random_;
  std::string host_name_;
  Limits limits_;
  std::function<std::optional<std::string>()> room_;
  Router router_;
  std::optional<std::vector<store::ConnectionRecord>> connections_;  // as last read
  std::uint64_t connection_changes_ = 0;
};

}  // namespace postroom::intake
