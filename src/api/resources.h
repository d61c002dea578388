// The endpoints, one function each; a file per resource. api.cpp says which path and scope leads to which.
#pragma once

#include "api/services.h"
#include "async/task.h"
#include "http/response.h"

namespace postroom::api {

using Answering = async::Task<http::Response>;

// messages.cpp
Answering post_message(Services& services, Call& call);
Answering post_batch(Services& services, Call& call);
Answering post_raw(Services& services, Call& call);
Answering get_message(Services& services, Call& call);
Answering get_content(Services& services, Call& call);
// emails.cpp
Answering get_email(Services& services, Call& call);
Answering send_again(Services& services, Call& call);
// connections.cpp
Answering list_connections(Services& services, Call& call);
Answering get_connection(Services& services, Call& call);
Answering create_connection(Services& services, Call& call);
Answering update_connection(Services& services, Call& call);
Answering delete_connection(Services& services, Call& call);
// connection_tests.cpp
Answering test_unsaved_connection(Services& services, Call& call);
Answering test_connection(Services& services, Call& call);
// routing.cpp
Answering get_routing(Services& services, Call& call);
Answering set_routing(Services& services, Call& call);
Answering explain_route(Services& services, Call& call);
// delivery.cpp
Answering get_delivery(Services& services, Call& call);
Answering pause_delivery(Services& services, Call& call);
Answering resume_delivery(Services& services, Call& call);
Answering confirm_clock(Services& services, Call& call);
Answering list_events(Services& services, Call& call);
// presets.cpp
Answering list_presets(Services& services, Call& call);
// queue.cpp
Answering list_queue(Services& services, Call& call);
Answering get_queued(Services& services, Call& call);
Answering delete_queued(Services& services, Call& call);
Answering act_on_queue(Services& services, Call& call);
// log.cpp
Answering list_log(Services& services, Call& call);
Answering get_attempt(Services& services, Call& call);
Answering list_audit(Services& services, Call& call);
// api_keys.cpp
Answering list_api_keys(Services& services, Call& call);
Answering create_api_key(Services& services, Call& call);
Answering revoke_api_key(Services& services, Call& call);
// submission_logins.cpp
Answering list_submission_logins(Services& services, Call& call);
Answering create_submission_login(Services& services, Call& call);
Answering update_submission_login(Services& services, Call& call);
Answering renew_submission_password(Services& services, Call& call);
Answering delete_submission_login(Services& services, Call& call);
// session.cpp
Answering get_sign_in_methods(Services& services, Call& call);
Answering sign_in(Services& services, Call& call);
Answering accept_invitation(Services& services, Call& call);
Answering get_session(Services& services, Call& call);
Answering sign_out(Services& services, Call& call);
// oidc.cpp
Answering start_oidc(Services& services, Call& call);
Answering finish_oidc(Services& services, Call& call);
// profile.cpp
Answering update_profile(Services& services, Call& call);
Answering change_password(Services& services, Call& call);
Answering begin_totp(Services& services, Call& call);
Answering confirm_totp(Services& services, Call& call);
Answering drop_totp(Services& services, Call& call);
Answering list_views(Services& services, Call& call);
Answering put_view(Services& services, Call& call);
Answering delete_view(Services& services, Call& call);
// users.cpp
Answering list_users(Services& services, Call& call);
Answering create_user(Services& services, Call& call);
Answering update_user(Services& services, Call& call);
Answering delete_user(Services& services, Call& call);
Answering invite_user(Services& services, Call& call);
Answering get_settings(Services& services, Call& call);
Answering update_settings(Services& services, Call& call);
// live_events.cpp
Answering stream_events(Services& services, Call& call);
// log_export.cpp
Answering export_log(Services& services, Call& call);
// stats.cpp
Answering get_stats(Services& services, Call& call);
// description.cpp
Answering get_description(Services& services, Call& call);
// health.cpp
Answering healthz(Services& services, Call& call);
Answering readyz(Services& services, Call& call);
Answering get_metrics(Services& services, Call& call);

// What the audit log says of this caller.
store::AuditRecord audit(const Services& services, const Call& call, std::string action, std::string object);

}  // namespace postroom::api
