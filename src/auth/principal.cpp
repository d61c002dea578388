#include "auth/principal.h"

namespace postroom::auth {

bool Principal::may(Scope scope) const {
  if (scopes.contains(scope) || scopes.contains(Scope::admin)) return true;
  return scope == Scope::read && scopes.contains(Scope::manage);
}

}  // namespace postroom::auth
