// How what the SMTP session reports reads to policy and to people.
#pragma once

#include <string>
#include <string_view>

#include "policy/classify.h"
#include "smtp/client_session.h"
#include "store/records.h"

namespace postroom::delivery {

policy::Stage stage_of(smtp::Phase phase);
// By the connection's own rules, its profile, and the table for all.
policy::Verdict classify_fault(const smtp::Fault& fault, const store::ConnectionRecord& connection);
policy::Verdict classify_outcome(const smtp::RecipientOutcome& outcome, policy::Company company,
                                 const store::ConnectionRecord& connection);
// Whether a recipient of the transaction got past RCPT.
policy::Company company_in(const smtp::TransactionResult& result);

// "greeting: 421 4.3.2 Service not available", "tls: certificate has expired".
std::string describe(const smtp::Fault& fault);
std::string describe(const smtp::RecipientOutcome& outcome);

// The provider's own id in its reply to the dot: "250 2.0.0 Ok: queued as 4F2A1" gives "4F2A1"; "" when it names none.
std::string provider_id_of(const mail::Reply& reply);

smtp::ClientOptions client_options(const store::ConnectionRecord& connection, Secret password, std::string ehlo_name,
                                   const smtp::Deadlines& deadlines);

}  // namespace postroom::delivery
