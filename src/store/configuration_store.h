// ConfigurationStore is what operators set: connections, routing rules and settings.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/answer.h"
#include "store/records.h"

namespace postroom::store {

// A store's refusal to change a connection is one of these codes in Error::message's place: the API turns them into
// answers. ErrorCode::conflict with message "last_connection", "stale_version", "connection_in_use:<count>" or
// "connection_in_rules:<the first one's number>"; not_found when there is no such connection.
struct ConnectionChange {
  ConnectionRecord connection;
  std::int64_t expected_version = 0;
  AuditRecord audit;
};

// The setting in which a running server leaves the time now and then, in milliseconds since 1970.
inline constexpr std::string_view last_seen_setting = "last_seen";
// Set while expiry is held because the clock was found far ahead at the start: the two times, as a sentence.
inline constexpr std::string_view clock_jump_setting = "clock_jump";

class ConfigurationStore {
 public:
  virtual ~ConfigurationStore() = default;

  // Connections. Rules (fine-print, "Connections"): the only or the last enabled one can't be disabled or deleted, the
  // first can't be created disabled, one with unfinished mail pinned, in doubt or on its way can't be deleted.
  virtual Answer<std::vector<ConnectionRecord>> connections() = 0;  // by priority, then id
  virtual Answer<ConnectionRecord> create_connection(ConnectionRecord connection, AuditRecord audit) = 0;
  // What was known of its health is forgotten: what made it sick may be mended.
  virtual Answer<ConnectionRecord> update_connection(ConnectionChange change) = 0;
  virtual Answer<> delete_connection(ConnectionId id, AuditRecord audit) = 0;
  virtual Answer<RoutingTable> routing() = 0;
  // Replaces all rules. Error conflict, "stale_version"; not_found when a rule names no connection.
  virtual Answer<RoutingTable> set_routing(RoutingTable table, AuditRecord audit) = 0;
  // Called on the loop's thread after an operator's change of connections, rules or settings.
  virtual void on_connections_changed(std::function<void()> listener) = 0;

  virtual Answer<std::optional<std::string>> setting(std::string name) = 0;
  virtual Answer<> set_setting(std::string name, std::string value) = 0;
  // An operator's change, with its line in the audit log; nullopt removes the setting.
  virtual Answer<> change_setting(std::string name, std::optional<std::string> value, AuditRecord audit) = 0;
  virtual Answer<std::vector<std::pair<std::string, std::string>>> settings(std::string prefix) = 0;  // by name
};

}  // namespace postroom::store
