// Whether a row is what a list's filter asks for. Pure, and the one meaning of each filter: a backend may find rows by
// an index, but what it shows has passed these.
#pragma once

#include <string>

#include "store/queries.h"
#include "store/records.h"

namespace postroom::store {

// `email` as of now (as_of.h), with its message's fields.
bool matches(const EmailRecord& email, const std::string& submitted_by, const QueueFilter& filter);
bool matches(const AttemptRecord& attempt, const LogFilter& filter);

bool matches(const AuditRecord& record, const AuditFilter& filter);

// The same, of the fields that the row has without its message: a backend that passes over many rows asks these first.
bool matches_without_message(const EmailRecord& email, const QueueFilter& filter);
bool matches_without_message(const AttemptRecord& attempt, const LogFilter& filter);
bool asks_message(const QueueFilter& filter);  // whether the message has a say at all
bool asks_message(const LogFilter& filter);

}  // namespace postroom::store
