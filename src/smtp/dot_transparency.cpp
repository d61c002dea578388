#include "smtp/dot_transparency.h"

#include <algorithm>

#include "base/assert.h"

namespace postroom::smtp {

bool has_only_crlf_lines(std::string_view body) {
  // When each CR has its LF and there are as many LFs as CRs, each LF has its CR.
  std::size_t crs = 0;
  for (std::size_t at = body.find('\r'); at != std::string_view::npos; at = body.find('\r', at + 2)) {
    if (at + 1 == body.size() || body[at + 1] != '\n') return false;
    ++crs;
  }
  return static_cast<std::size_t>(std::ranges::count(body, '\n')) == crs;
}

std::string with_crlf_lines(std::string_view body) {
  std::string lines;
  lines.reserve(body.size() + body.size() / 16);
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] != '\r' && body[at] != '\n') {
      lines += body[at];
      continue;
    }
    lines += "\r\n";
    if (body[at] == '\r' && at + 1 < body.size() && body[at + 1] == '\n') ++at;
  }
  return lines;
}

std::string_view DotStuffer::next() {
  const bool last = at_last();
  std::string_view block = rest_.substr(0, block_bytes);
  rest_.remove_prefix(block.size());
  const bool dot_first = at_line_start_ && block.starts_with('.');
  at_line_start_ = block.empty() ? at_line_start_ : block.ends_with('\n');

  std::size_t dotted = dot_first ? 0 : block.find("\n.");
  if (!last && dotted == std::string_view::npos) return block;

  copy_.clear();
  copy_.reserve(block.size() + block.size() / 64 + 8);
  if (dot_first) copy_ += '.';
  if (dot_first) dotted = block.find("\n.");
  while (dotted != std::string_view::npos) {
    copy_ += block.substr(0, dotted + 1);
    copy_ += '.';
    block.remove_prefix(dotted + 1);
    dotted = block.find("\n.");
  }
  copy_ += block;
  // RFC 5321 §4.1.1.4: the CRLF of the last line is the first of the end-of-data's two, unless that line has none.
  if (last) copy_ += at_line_start_ ? ".\r\n" : "\r\n.\r\n";
  return copy_;
}

std::size_t DotDecoder::push(std::string_view bytes) {
  std::size_t taken = 0;
  if (body_.empty()) body_.reserve(bytes.size());  // most messages come in one piece
  while (taken < bytes.size() && !done()) {
    taken += push_whole_lines(bytes.substr(taken));
    if (taken < bytes.size() && !done()) push_byte(bytes[taken++]);
  }
  return taken;
}

// The common case at the speed of memchr: lines that end with CRLF, begin with no dot and hold no CR, LF or NUL.
std::size_t DotDecoder::push_whole_lines(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::line_start || state_ == State::in_line) {
    const std::string_view rest = bytes.substr(taken);
    if (rest.empty() || (state_ == State::line_start && rest[0] == '.')) break;
    const std::size_t cr = rest.find('\r');
    if (cr == std::string_view::npos || cr + 1 >= rest.size() || rest[cr + 1] != '\n') break;
    const std::string_view line = rest.substr(0, cr + 2);
    if (line.find('\n') != cr + 1 || line.find('\0') != std::string_view::npos) break;
    keep(line);
    taken += line.size();
    state_ = State::line_start;
  }
  return taken;
}

void DotDecoder::push_byte(char byte) {
  switch (state_) {
    case State::line_start:
      if (byte == '.') {
        state_ = State::dot;
        return;
      }
      break;
    case State::dot:  // RFC 5321 §4.5.2: a leading dot followed by anything but CRLF is taken away
      if (byte == '\r') {
        state_ = State::dot_cr;
        return;
      }
      break;
    case State::dot_cr:
      if (byte == '\n') {
        state_ = State::end;
        return;
      }
      keep("\r");
      bare_ = true;
      break;
    case State::cr:
      if (byte == '\n') {
        keep("\r\n");
        state_ = State::line_start;
        return;
      }
      keep("\r");
      bare_ = true;
      break;
    case State::in_line:
      break;
    case State::end:
      POSTROOM_ASSERT(state_ != State::end);
  }
  if (byte == '\r') {
    state_ = State::cr;
    return;
  }
  bare_ = bare_ || byte == '\n';
  nul_ = nul_ || byte == '\0';
  keep(std::string_view(&byte, 1));
  state_ = State::in_line;
}

void DotDecoder::keep(std::string_view bytes) {
  size_ += bytes.size();
  if (!too_large()) {
    body_ += bytes;
  } else if (!body_.empty()) {
    std::string().swap(body_);
  }
}

}  // namespace postroom::smtp
