// ConfigurationStore is what operators set: connections, routing rules and settings.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/answer.h"
#include "store/records.h"

namespace postroom::store {

// Why a connection is not changed as asked.
struct ConnectionRefusal {
  enum class Kind { last_enabled, stale_version, in_use, in_rules, error };
  Kind kind = Kind::error;
  std::uint64_t number = 0;  // in_use: of unfinished emails; in_rules: the first rule's, from 1
  Error error = {};          // of Kind::error; not_found when there is no such connection
};
template <class T = void>
using ConnectionAnswer = async::Task<std::expected<T, ConnectionRefusal>>;

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
  virtual ConnectionAnswer<ConnectionRecord> create_connection(ConnectionRecord connection, AuditRecord audit) = 0;
  // What was known of its health is forgotten: what made it sick may be mended.
  virtual ConnectionAnswer<ConnectionRecord> update_connection(ConnectionChange change) = 0;
  virtual ConnectionAnswer<> delete_connection(ConnectionId id, AuditRecord audit) = 0;
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
