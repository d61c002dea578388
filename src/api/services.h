// What the API's resources work with; the composition root (src/app) owns all of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "api/delivery_door.h"
#include "async/loop.h"
#include "auth/accounts.h"
#include "auth/api_keys.h"
#include "auth/oidc.h"
#include "auth/secret_box.h"
#include "auth/submission_logins.h"
#include "http/router.h"
#include "intake/intake.h"
#include "observe/metrics.h"
#include "store/store.h"

namespace postroom::api {

enum class MetricsAccess { key_with_read, open };

struct ApiConfig {
  unsigned owner_uid = 0;  // of the local socket's peers, this one and root are the operator
  MetricsAccess metrics = MetricsAccess::key_with_read;
  std::vector<std::string> lanes;
  // Whether a connection may name this host: nullopt, or the sentence of the refusal.
  std::function<std::optional<std::string>(const std::string& host)> check_host;
  // Whether there is disk for more mail: nullopt, or the sentence of the 503.
  std::function<std::optional<std::string>()> room;
  bool secure_cookies = false;  // the Back Office is reached over TLS
  std::function<bool()> is_stopping = [] { return false; };
};

struct Services {
  async::Loop& loop;
  store::Store& store;
  intake::Intake& intake;
  DeliveryDoor& delivery;
  auth::ApiKeys& keys;
  auth::SubmissionLogins& logins;
  auth::Accounts& accounts;
  auth::Oidc* oidc;  // null where none is configured
  auth::SecretBox& secrets;
  observe::Metrics& metrics;
  ApiConfig config;
};

// One authorised call.
struct Call {
  http::Request& request;
  const http::PathParams& params;
  auth::Principal principal;
  std::optional<auth::Visitor> visitor;  // when it is a person with a session
};

}  // namespace postroom::api
