#include "base/secret.h"

namespace postroom {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = other.bytes_;
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  for (volatile char& c : bytes_) c = 0;  // volatile: the compiler may not drop these writes
  bytes_.clear();
}

}  // namespace postroom
