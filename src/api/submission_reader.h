// Reads the JSON of POST /messages into a submission. What it refuses is shape; what the values mean, intake checks.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "api/object_reader.h"
#include "intake/submission.h"

namespace postroom::api {

// `idempotency_key` is a field only of a batch's items.
enum class SubmissionPlace { alone, in_batch };

struct ReadSubmission {
  intake::ComposedSubmission submission;
  std::optional<std::string> idempotency_key;
  std::vector<intake::FieldError> errors;  // empty: all is well
};

ReadSubmission read_submission(const boost::json::object& object, SubmissionPlace place);

}  // namespace postroom::api
