// Principal is whoever asks: an API key, a person, or the local operator (command line, DIR/postroom.sock).
#pragma once

#include <set>
#include <string>

namespace postroom::auth {

enum class Scope { send, read, manage, admin, content };

struct Principal {
  std::string name;  // "key:3", "local:root"; stands in the audit log and in MessageRecord::submitted_by
  std::string from;  // peer address, or "local"
  std::set<Scope> scopes;

  // admin ⊃ manage ⊃ read, and admin ⊃ content, send. (fine-print, "Keys, ids, numbers")
  bool may(Scope scope) const;
};

}  // namespace postroom::auth
