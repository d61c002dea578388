#include "net/stream_pair.h"

#include <algorithm>
#include <memory>
#include <string>

#include "async/signal.h"

namespace postroom::net {
namespace {

// One direction, shared by its writer and its reader; the last of them to go takes it along.
struct Pipe {
  explicit Pipe(async::Loop& loop) : changed(loop) {}
  std::string bytes;
  bool ended = false;      // the writer has said goodbye or is gone
  bool abandoned = false;  // the reader is gone
  async::Signal changed;
};

class PairedStream final : public Stream {
 public:
  PairedStream(async::Loop& loop, std::shared_ptr<Pipe> in, std::shared_ptr<Pipe> out, StreamPairOptions options)
      : loop_(loop), in_(std::move(in)), out_(std::move(out)), options_(std::move(options)) {}
  ~PairedStream() override {
    in_->abandoned = true;
    out_->ended = true;
    wake();
  }

  async::Task<Result<std::size_t>> read_some(std::span<char> into) override {
    for (;;) {
      if (const std::optional<Error> stop = why_stop()) co_return std::unexpected(*stop);
      const std::size_t got = std::min({in_->bytes.size(), into.size(), options_.bytes_per_read});
      if (got > 0) {
        std::ranges::copy_n(in_->bytes.begin(), static_cast<std::ptrdiff_t>(got), into.begin());
        in_->bytes.erase(0, got);
        in_->changed.notify_all();
        co_return got;
      }
      if (in_->ended) co_return std::size_t{0};
      co_await in_->changed.wait(deadline_);
    }
  }

  async::Task<Result<void>> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (const std::optional<Error> stop = why_stop()) co_return std::unexpected(*stop);
      if (out_->abandoned || out_->ended) co_return fail(ErrorCode::unreachable, "connection reset by the peer");
      const std::size_t room = options_.capacity - std::min(options_.capacity, out_->bytes.size());
      out_->bytes += bytes.substr(0, room);
      bytes.remove_prefix(std::min(room, bytes.size()));
      out_->changed.notify_all();
      if (!bytes.empty()) co_await out_->changed.wait(deadline_);
    }
    co_return Result<void>{};
  }

  void set_deadline(Monotonic at) override {
    deadline_ = at;
    wake();
  }
  void abort() override {
    aborted_ = true;
    wake();
  }
  async::Task<void> shutdown() override {
    out_->ended = true;
    out_->changed.notify_all();
    co_return;
  }

  Endpoint peer() const override { return options_.second; }
  Endpoint local() const override { return options_.first; }

 private:
  std::optional<Error> why_stop() const {
    if (aborted_) return Error{ErrorCode::canceled, "given up"};
    if (deadline_ <= loop_.now()) return Error{ErrorCode::timeout, "timed out"};
    return std::nullopt;
  }
  void wake() {
    in_->changed.notify_all();
    out_->changed.notify_all();
  }

  async::Loop& loop_;
  std::shared_ptr<Pipe> in_, out_;
  StreamPairOptions options_;
  Monotonic deadline_ = Monotonic::never();
  bool aborted_ = false;
};

}  // namespace

std::pair<StreamPtr, StreamPtr> stream_pair(async::Loop& loop, const StreamPairOptions& options) {
  auto forth = std::make_shared<Pipe>(loop);
  auto back = std::make_shared<Pipe>(loop);
  StreamPairOptions reversed = options;
  std::swap(reversed.first, reversed.second);
  return {std::make_unique<PairedStream>(loop, back, forth, options),
          std::make_unique<PairedStream>(loop, forth, back, reversed)};
}

}  // namespace postroom::net
