// What the program says to people: talk on stderr, answers on stdout. What can't be said is not said: a terminal that
// has gone or a full disk behind it ends no server (fmt::print would throw).
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace postroom::app {

template <class... Values>
void say(fmt::format_string<Values...> text, Values&&... values) {
  std::fputs(fmt::format(text, std::forward<Values>(values)...).c_str(), stderr);
}

template <class... Values>
void answer(fmt::format_string<Values...> text, Values&&... values) {
  std::fputs(fmt::format(text, std::forward<Values>(values)...).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace postroom::app
