// TimeZone says when days and months begin somewhere (IANA names, the system's tzdata). A value; cheap to copy.
#pragma once

#include <string>

#include "base/result.h"
#include "base/timestamp.h"

namespace date {
class time_zone;
}

namespace postroom {

class TimeZone {
 public:
  TimeZone() = default;  // UTC
  // Error invalid: there is no zone of this name.
  static Result<TimeZone> find(const std::string& name);

  Timestamp start_of_day(Timestamp at) const;
  Timestamp start_of_next_day(Timestamp at) const;
  Timestamp start_of_month(Timestamp at) const;
  Timestamp start_of_next_month(Timestamp at) const;

 private:
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_ = nullptr;  // of the library's own list, which lives as long as the process
};

}  // namespace postroom
