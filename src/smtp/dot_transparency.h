// Transparency of the message's text (RFC 5321 §4.5.2), both ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postroom::smtp {

// Whether every CR is followed by LF and every LF preceded by CR (RFC 5321 §2.3.8). What is not must never be sent:
// some servers would see the end of the message in it.
bool has_only_crlf_lines(std::string_view body);
// Each bare CR and each bare LF made CRLF.
std::string with_crlf_lines(std::string_view body);

// Cuts a message into the blocks that go over the wire: lines that begin with a dot get a second one, and the last
// block ends with CRLF "." CRLF. A block without such a line is a view of the message, not a copy. The message has CRLF
// lines only and outlives the stuffer.
class DotStuffer {
 public:
  static constexpr std::size_t block_bytes = 64 * 1024;  // of the message; a block grows by its dots

  explicit DotStuffer(std::string_view body) : rest_(body) {}

  // Whether next() gives the block with the final dot.
  bool at_last() const { return rest_.size() <= block_bytes; }
  // The next block, valid until the next call. Not to be called again after the last.
  std::string_view next();

 private:
  std::string_view rest_;
  bool at_line_start_ = true;
  std::string copy_;
};

// Undoes dot-stuffing as DATA's bytes come in, in pieces of any size. Only CRLF "." CRLF ends the message; a bare CR, a
// bare LF or a NUL is content that the caller refuses once the whole message has been read.
class DotDecoder {
 public:
  explicit DotDecoder(std::uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes bytes up to the end of the message and says how many.
  std::size_t push(std::string_view bytes);

  bool done() const { return state_ == State::end; }
  bool has_bare_cr_or_lf() const { return bare_; }
  bool has_nul() const { return nul_; }
  bool too_large() const { return size_ > max_bytes_; }
  std::uint64_t size() const { return size_; }          // of the message as sent, unstuffed
  std::string take_body() { return std::move(body_); }  // empty when too large
  // The rest is read and nothing is kept: it counts as too large.
  void discard() {
    max_bytes_ = 0;
    std::string().swap(body_);
  }

 private:
  enum class State { line_start, in_line, cr, dot, dot_cr, end };

  std::size_t push_whole_lines(std::string_view bytes);
  void push_byte(char byte);
  void keep(std::string_view bytes);

  State state_ = State::line_start;
  std::uint64_t max_bytes_;
  std::uint64_t size_ = 0;
  bool bare_ = false;
  bool nul_ = false;
  std::string body_;
};

}  // namespace postroom::smtp
