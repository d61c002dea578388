// Any bytes as a client's side of a session, in two pieces: the session ends, and hands on the same messages and gives
// the same answers wherever the bytes are cut. Each message has CRLF lines only.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "async/sim_loop.h"
#include "base/assert.h"
#include "net/stream_pair.h"
#include "smtp/dot_transparency.h"
#include "smtp/server_session.h"

namespace {

using namespace postroom;

class NoTls final : public net::Tls {
 public:
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr, net::TlsClientPolicy) override {
    co_return fail(ErrorCode::tls, "no TLS here");
  }
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr) override { co_return fail(ErrorCode::tls, "no TLS here"); }
  bool can_accept() const override { return false; }
};

class Recorder final : public smtp::ServerHandler {
 public:
  bool offers_authentication() const override { return true; }
  async::Task<Login> authenticate(std::string username, Secret) override {
    co_return username.empty() ? Login::denied : Login::granted;
  }
  mail::Reply sender(const mail::Address&) override { return {250, {"ok"}, {}}; }
  mail::Reply recipient(const mail::Address& address) override {
    return {address.local == "no" ? 550 : 250, {"-"}, {}};
  }
  async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) override {
    POSTROOM_ASSERT(!envelope.recipients.empty());
    POSTROOM_ASSERT(smtp::has_only_crlf_lines(content) && content.find('\0') == std::string::npos);
    story += content + "\n";
    co_return mail::Reply{250, {"kept"}, {}};
  }

  std::string story;
};

async::Task<void> speak(async::Loop& loop, net::StreamPtr stream, std::string first, std::string second,
                        std::string& heard) {
  if (!(co_await stream->write(first)).has_value()) co_return;
  co_await async::sleep_until(loop, loop.now() + std::chrono::milliseconds(1));
  const Result<void> rest = co_await stream->write(second);
  static_cast<void>(rest);  // the session may have closed on what came first
  co_await stream->shutdown();
  net::LineReader reader(*stream);
  for (;;) {
    const Result<std::string> chunk = co_await reader.read_chunk();
    if (!chunk || chunk->empty()) co_return;
    heard += *chunk;
  }
}

std::string story_of(std::string_view bytes, std::size_t cut) {
  async::SimLoop loop;
  auto [near, far] = net::stream_pair(loop);
  NoTls tls;
  Recorder recorder;
  std::string heard;
  async::TaskGroup group(loop);
  group.spawn(speak(loop, std::move(near), std::string(bytes.substr(0, cut)), std::string(bytes.substr(cut)), heard));
  {
    smtp::ServerOptions options;
    options.clear_authentication = true;
    options.message_bytes = 1000;
    SeededRandom chance(1);
    smtp::ServerSession session(loop, std::move(far), tls, chance, recorder, options);
    loop.run(session.run());
  }
  loop.run(group.join());
  return recorder.story + heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  POSTROOM_ASSERT(story_of(bytes, bytes.size() * data[0] / 255) == story_of(bytes, bytes.size()));
  return 0;
}
