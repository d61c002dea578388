// What every call of the store gives. A writing call that succeeded has put what it wrote on stable storage; when it
// fails, none of it counts. Error `unavailable`: try again later; `corrupt`: a damaged row.
#pragma once

#include <memory>
#include <string>

#include "async/task.h"
#include "base/result.h"

namespace postroom::store {

template <class T = void>
using Answer = async::Task<Result<T>>;

using Content = std::shared_ptr<const std::string>;  // the frozen MIME, CRLF lines

}  // namespace postroom::store
