// Rows to records and back: one place for each table's column order.
#pragma once

#include <string>
#include <vector>

#include "store/queries.h"
#include "store/records.h"
#include "store/sqlite/database.h"

namespace postroom::store::sqlite {

std::string join_lines(const std::vector<std::string>& parts);
std::vector<std::string> split_lines(const std::string& text);
std::string domain_of(const std::string& address);  // lower case

// email e JOIN message m: the columns of a queue row, and how it is read.
extern const char* const email_columns;
EmailRecord read_email(const Statement& row);
// email e by itself: the same columns, those of the message empty. complete() brings the message's.
extern const char* const email_alone_columns;
struct MessagePart {
  bool found = false;
  std::string submitted_by;
};
Result<MessagePart> complete(Database& database, EmailRecord& email);
constexpr int email_column_count = 18;
extern const char* const due_columns;  // after those of email_columns: what delivery needs beside them

// finished f JOIN message m.
extern const char* const finished_columns;
EmailRecord read_finished(const Statement& row);

// attempt a JOIN message m.
extern const char* const attempt_columns;
AttemptRecord read_attempt(const Statement& row);
extern const char* const attempt_alone_columns;  // attempt a by itself
Result<MessagePart> complete(Database& database, AttemptRecord& attempt);
Result<> insert_attempt(Database& database, const AttemptRecord& attempt);

extern const char* const message_columns;
MessageRecord read_message(const Statement& row);

// Writes a queue row's new state, or moves it to `finished` when it is final.
Result<> store_email(Database& database, const EmailRecord& email);
Result<std::int64_t> last_row(Database& database);  // the id that the insert before it gave
Result<> insert_event(Database& database, EmailId email, const EmailEvent& event);
Result<> insert_audit(Database& database, const AuditRecord& audit);
Result<RoutingTable> read_routing(Database& database);

}  // namespace postroom::store::sqlite
