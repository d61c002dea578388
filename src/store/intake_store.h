// IntakeStore is where mail comes into the store: its commit is the promise that 202 and 250 give.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/answer.h"
#include "store/records.h"

namespace postroom::store {

// "The same key and the same body get the first answer again." Scoped by credential.
struct IdempotencyClaim {
  std::string credential;
  std::string key;
  std::string body_sha256;  // 32 bytes
};

struct NewMessage {
  MessageRecord message;
  Content content;
  std::vector<EmailRecord> emails;  // ids given, status queued or scheduled
  std::optional<IdempotencyClaim> idempotency;
  std::string answer;  // kept with the claim: what a replay says again
};

struct AcceptRequest {
  std::vector<NewMessage> messages;             // one, or a batch
  std::optional<IdempotencyClaim> idempotency;  // over the whole call
  // The call's answer, from what became of each message; kept with the call's claim. Pure; runs on the writer's thread.
  std::function<std::string(const std::vector<struct AcceptedItem>&)> render;
  std::optional<AuditRecord> audit = std::nullopt;  // of an operator's act: written with the messages, or not at all
};

enum class Acceptance { stored, replayed, conflict };  // conflict: the key was used with another body

struct AcceptedItem {
  Acceptance how = Acceptance::stored;
  std::string answer;  // NewMessage::answer, or the first one's when replayed
};

struct AcceptResult {
  Acceptance how = Acceptance::stored;  // of the call
  std::string answer;                   // what render gave, or gave the first time
  std::vector<AcceptedItem> items;      // empty unless `how` is stored
};

class IntakeStore {
 public:
  virtual ~IntakeStore() = default;

  virtual Answer<AcceptResult> accept(AcceptRequest request) = 0;
  // Whether a commit can succeed now: used by readyz. Error unavailable with a sentence why not.
  virtual Answer<> probe() = 0;
};

}  // namespace postroom::store
