// While it lives, this process may have no more of a resource: as on a full disk, or when every file is open.
#pragma once

#include <sys/resource.h>

#include <csignal>

namespace postroom::scripted {

class NoneLeft {
 public:
  explicit NoneLeft(__rlimit_resource_t resource) : resource_(resource) {
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow says so by an error
    ::getrlimit(resource_, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(resource_, &none);
  }
  ~NoneLeft() { ::setrlimit(resource_, &before_); }
  NoneLeft(const NoneLeft&) = delete;
  NoneLeft& operator=(const NoneLeft&) = delete;

 private:
  __rlimit_resource_t resource_;
  rlimit before_{};
};

}  // namespace postroom::scripted
