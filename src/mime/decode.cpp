#include <gmime/gmime.h>

#include <memory>
#include <mutex>

#include "base/text.h"
#include "mime/header.h"

namespace postroom::mime {
namespace {

void begin_gmime() {
  static std::once_flag once;
  std::call_once(once, [] { g_mime_init(); });
}

}  // namespace

std::string decode_text(std::string_view value) {
  std::string unfolded;
  unfolded.reserve(value.size());
  for (const char c : trim(value))
    if (c != '\r' && c != '\n') unfolded += c == '\t' ? ' ' : c;
  if (unfolded.find("=?") != std::string::npos) {
    begin_gmime();
    const std::unique_ptr<char, decltype(&g_free)> decoded(g_mime_utils_header_decode_text(nullptr, unfolded.c_str()),
                                                           &g_free);
    unfolded = decoded.get();
  }
  return printable(unfolded, unfolded.size());
}

}  // namespace postroom::mime
