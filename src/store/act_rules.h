// Which mail an operator's act takes (fine-print, "Acting on mail"), and what the act is called. Pure; every backend
// asks them inside its writing transaction.
#pragma once

#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {

bool applies(QueueAct act, const EmailRecord& email);  // false: the act skips it
const char* event_of(QueueAct act);                    // in the email's story: "held"
const char* action_of(QueueAct act);                   // in the audit: "queue.hold"

}  // namespace postroom::store
