#include "net/line_reader.h"

namespace postroom::net {

async::Task<Result<std::size_t>> LineReader::fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  constexpr std::size_t block = 16 * 1024;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + block);
  Result<std::size_t> got = co_await stream_->read_some({buffer_.data() + had, block});
  buffer_.resize(had + (got ? *got : 0));
  co_return got;
}

async::Task<Result<std::string>> LineReader::read_line(std::size_t limit) {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = buffer_.find('\n', begin_ + searched);
    if (end != std::string::npos && end - begin_ < limit) {
      std::string line = buffer_.substr(begin_, end - begin_ + 1);
      begin_ = end + 1;
      co_return line;
    }
    searched = buffer_.size() - begin_;
    if (searched >= limit || end != std::string::npos) co_return fail(ErrorCode::too_large, "line too long");
    const Result<std::size_t> got = co_await fill();
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return fail(ErrorCode::closed, "the connection was closed");
  }
}

async::Task<Result<std::string>> LineReader::read_chunk() {
  if (!has_buffered()) {
    const Result<std::size_t> got = co_await fill();
    if (!got) co_return std::unexpected(got.error());
  }
  std::string chunk = buffer_.substr(begin_);
  discard_buffered();
  co_return chunk;
}

void LineReader::unread(std::string_view bytes) {
  buffer_.replace(0, begin_, bytes);
  begin_ = 0;
}

}  // namespace postroom::net
