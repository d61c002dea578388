// What the endpoints of connections share: reading their fields, and the rules on where a stored password may go.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/object_reader.h"
#include "api/services.h"
#include "async/task.h"
#include "base/secret.h"

namespace postroom::api {

struct GivenConnection {
  store::ConnectionRecord connection;
  std::optional<Secret> password;
};

// Lays the fields that the body has over `given.connection`.
void read_connection(ObjectReader& reader, GivenConnection& given, std::vector<intake::FieldError>& errors);
// Refuses what no connection may be.
void check_connection(const Services& services, ObjectReader& reader, const store::ConnectionRecord& connection);
// A stored password stays in its place: when `now` is another place than `before`, the password must be given again.
void check_password(ObjectReader& reader, const store::ConnectionRecord& before, const GivenConnection& now);

// The id in the path.
std::optional<store::ConnectionId> connection_id(const Call& call);
async::Task<Result<store::ConnectionRecord>> find_connection(Services& services, std::optional<store::ConnectionId> id);

}  // namespace postroom::api
