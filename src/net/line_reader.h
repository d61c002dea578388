// LineReader takes lines and blocks off a Stream through one bounded buffer. It never reads past what the peer has
// sent, and says whether unread bytes wait: the STARTTLS rule (RFC 3207 §4.2) depends on it. A reader that waits for a
// line holds little memory: thousands of idle peers cost next to nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/stream.h"

namespace postroom::net {

enum class LineEnd { crlf, bare_lf };

class LineReader {
 public:
  LineReader() = default;  // reads nothing before rebind()
  explicit LineReader(Stream& stream) : stream_(&stream) {}

  // The next line up to and with its LF. Errors: those of Stream; closed at the end of the stream (a line without LF
  // included); too_large when `limit` bytes hold no LF: the bytes read stay in the buffer.
  async::Task<Result<std::string>> read_line(std::size_t limit);
  // Forgets the rest of a line that was too large, and says how it ended. Error too_large: `limit` more bytes hold no
  // LF either.
  async::Task<Result<LineEnd>> skip_line(std::size_t limit);
  // Whatever is buffered, else what one read brings; empty at the end of the stream. It stays in the buffer until
  // consume(), and the view holds until the next call.
  async::Task<Result<std::string_view>> peek();
  void consume(std::size_t bytes);
  // peek() and consume() of everything.
  async::Task<Result<std::string>> read_chunk();

  bool has_buffered() const { return begin_ < buffer_.size(); }
  void discard_buffered();
  void rebind(Stream& stream) { stream_ = &stream; }  // once connected, and after TLS has wrapped the old one

 private:
  async::Task<Result<std::size_t>> fill(std::size_t block);

  Stream* stream_ = nullptr;
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace postroom::net
