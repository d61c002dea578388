// Store is the narrow door to durable state, made of one part for each who stands at it. Its one promise: when a
// writing call returns success, what it wrote is on stable storage; when it returns an error, none of it counts
// (answer.h). Intake and delivery meet only here.
//
// Backends: sqlite/ in service, memory/ as the double and the reference; tests/store_contract runs one suite over both.
// All calls are made on the loop's thread and complete on it. Concurrent writers share commits.
#pragma once

#include "store/account_store.h"
#include "store/configuration_store.h"
#include "store/delivery_store.h"
#include "store/intake_store.h"
#include "store/list_store.h"

namespace postroom::store {

// What retention may take: finished mail only, by age.
struct RetentionCut {
  Timestamp content_before;  // content of messages whose emails all finished before
  Timestamp log_before;      // attempts, finished emails, messages, rollups
  Timestamp audit_before;    // events too
  Timestamp idempotency_before;
};

class Store : public IntakeStore,
              public DeliveryStore,
              public ListStore,
              public ConfigurationStore,
              public AccountStore {
 public:
  virtual Answer<std::size_t> remove_old(RetentionCut cut, std::size_t limit) = 0;  // rows removed; < limit: done
  // From the moment of opening: the highest id any row bears, and the last time written (clock guard).
  virtual std::uint64_t highest_id() const = 0;
  virtual Timestamp last_stored_time() const = 0;
};

}  // namespace postroom::store
