#include "net/line_reader.h"

namespace postroom::net {
namespace {

constexpr std::size_t line_block = 1024;
constexpr std::size_t chunk_block = 16 * 1024;

}  // namespace

async::Task<Result<std::size_t>> LineReader::fill(std::size_t block) {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
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
      consume(line.size());
      co_return line;
    }
    searched = buffer_.size() - begin_;
    if (searched >= limit || end != std::string::npos) co_return fail(ErrorCode::too_large, "line too long");
    const Result<std::size_t> got = co_await fill(line_block);
    if (!got) co_return std::unexpected(got.error());
    if (*got == 0) co_return fail(ErrorCode::closed, "the connection was closed");
  }
}

async::Task<Result<LineEnd>> LineReader::skip_line(std::size_t limit) {
  char last = '\0';  // of the bytes before
  for (std::size_t skipped = 0; skipped < limit;) {
    const Result<std::string_view> bytes = co_await peek();
    if (!bytes) co_return std::unexpected(bytes.error());
    if (bytes->empty()) co_return fail(ErrorCode::closed, "the connection was closed");
    const std::size_t end = bytes->find('\n');
    if (end != 0) last = (*bytes)[(end == std::string_view::npos ? bytes->size() : end) - 1];
    skipped += bytes->size();
    consume(end == std::string_view::npos ? bytes->size() : end + 1);
    if (end != std::string_view::npos) co_return last == '\r' ? LineEnd::crlf : LineEnd::bare_lf;
  }
  co_return fail(ErrorCode::too_large, "line too long");
}

async::Task<Result<std::string_view>> LineReader::peek() {
  if (!has_buffered()) {
    const Result<std::size_t> got = co_await fill(chunk_block);
    if (!got) co_return std::unexpected(got.error());
  }
  co_return std::string_view(buffer_).substr(begin_);
}

void LineReader::consume(std::size_t bytes) {
  begin_ += bytes;
  if (!has_buffered()) discard_buffered();
}

async::Task<Result<std::string>> LineReader::read_chunk() {
  const Result<std::string_view> bytes = co_await peek();
  if (!bytes) co_return std::unexpected(bytes.error());
  std::string chunk(*bytes);
  discard_buffered();
  co_return chunk;
}

void LineReader::discard_buffered() {
  begin_ = 0;
  buffer_.clear();
  if (buffer_.capacity() > 2 * line_block) std::string().swap(buffer_);
}

}  // namespace postroom::net
