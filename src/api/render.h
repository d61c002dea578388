// Records as the JSON that clients see: the words and fields of docs/api/openapi.yaml.
#pragma once

#include <array>
#include <utility>

#include "api/delivery_door.h"
#include "api/list_query.h"
#include "base/json_writer.h"
#include "store/account_records.h"
#include "store/list_store.h"

namespace postroom::api {

// Fields only, so that callers may add theirs.
void render_email(JsonWriter& json, const store::EmailRecord& email);
void render_attempt(JsonWriter& json, const store::AttemptRecord& attempt);
void render_connection(JsonWriter& json, const store::ConnectionRecord& connection, const ConnectionState& state);
// The states of unfinished mail, each with how much of it there is.
std::array<std::pair<store::EmailStatus, std::uint64_t>, 6> by_status(const store::QueueDepth& depth);
void render_api_key(JsonWriter& json, const store::ApiKeyRecord& key);
void render_submission_login(JsonWriter& json, const store::SubmissionLoginRecord& login);

// {"items": […], "next_cursor": …, "total": {…}}; `each` writes one item's fields.
template <class Item, class Each>
std::string render_page(const store::Page<Item>& page, std::string_view cursor_key, Each each) {
  JsonWriter json;
  json.begin_object().key("items").begin_array();
  for (const auto& item : page.items) {
    json.begin_object();
    each(json, item);
    json.end_object();
  }
  json.end_array();
  json.text_or_null("next_cursor", page.next ? make_cursor(*page.next, cursor_key) : std::string());
  json.key("total").begin_object().number("count", static_cast<std::int64_t>(page.total));
  json.boolean("exact", page.total_exact).end_object().end_object();
  return json.take();
}

// The conversation as one email's reader may see it: RCPT lines of others become "<other recipient>".
std::string conversation_for(std::string_view conversation, std::string_view address);

}  // namespace postroom::api
