// Any bytes as a client's side of a session, in two pieces: the session ends, and hands on the same messages and gives
// the same answers wherever the bytes are cut. Each message has CRLF lines only. The first byte says where the cut is,
// the bits of the second what the session offers.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "async/sim_loop.h"
#include "base/assert.h"
#include "net/stream_pair.h"
#include "scripted/peer.h"
#include "smtp/dot_transparency.h"
#include "smtp/server_session.h"

namespace {

using namespace postroom;

constexpr unsigned mends_bare_line_ends = 1, wants_login = 2, offers_tls = 4, under_tls = 8, clear_login = 16,
                   scram = 32;

// Its TLS changes no byte: what follows STARTTLS in the input is what the peer says under TLS, if it came late enough.
class FuzzedTls final : public net::Tls {
 public:
  explicit FuzzedTls(unsigned mode) : mode_(mode) {}
  async::Task<Result<net::StreamPtr>> connect(net::StreamPtr, net::TlsClientPolicy) override {
    co_return fail(ErrorCode::tls, "no TLS here");
  }
  async::Task<Result<net::StreamPtr>> accept(net::StreamPtr lower) override {
    co_return std::make_unique<smtp::testing::PretendedTlsStream>(std::move(lower));
  }
  bool can_accept() const override { return (mode_ & offers_tls) != 0; }

 private:
  unsigned mode_;
};

const smtp::ScramKeys& keys() {
  static const smtp::ScramKeys made =
      smtp::make_scram_keys(Secret("pencil"), "salt", 1);  // the rounds are not the point
  return made;
}

class Recorder final : public smtp::ServerHandler {
 public:
  explicit Recorder(unsigned mode) : mode_(mode) {}
  void serves(const smtp::ServerSession& session) { session_ = &session; }

  bool offers_authentication() const override { return true; }
  bool offers_scram() const override { return (mode_ & scram) != 0; }
  smtp::ScramKeys scram_keys(const std::string&) override { return keys(); }
  async::Task<Login> authenticate_by_proof(std::string, Proof proof) override {
    may_hear_secrets();
    co_return allow(proof == Proof::right);
  }
  async::Task<Login> authenticate(std::string username, Secret password) override {
    may_hear_secrets();
    if (username == "busy") co_return Login::unavailable;
    co_return allow(password.reveal() == "pencil");
  }
  void forget_authentication() override { known_ = false; }
  mail::Reply sender(const mail::Address&) override {
    POSTROOM_ASSERT(known_ || (mode_ & wants_login) == 0);
    return {250, {"ok"}, {}};
  }
  mail::Reply recipient(const mail::Address& address) override {
    return {address.local == "no" ? 550 : 250, {"-"}, {}};
  }
  async::Task<mail::Reply> message(mail::Envelope envelope, std::string content) override {
    POSTROOM_ASSERT(known_ || (mode_ & wants_login) == 0);
    POSTROOM_ASSERT(!envelope.recipients.empty());
    POSTROOM_ASSERT(smtp::has_only_crlf_lines(content) && content.find('\0') == std::string::npos);
    POSTROOM_ASSERT(envelope.smtputf8 || !envelope.reverse_path.needs_smtputf8());
    story += content + "\n";
    co_return mail::Reply{250, {"kept"}, {}};
  }

  std::string story;

 private:
  // A password is asked for where nobody else hears it, or where that was allowed.
  void may_hear_secrets() const { POSTROOM_ASSERT(session_->encrypted() || (mode_ & clear_login) != 0); }
  Login allow(bool right) {
    known_ = right;
    return right ? Login::granted : Login::denied;
  }

  unsigned mode_;
  const smtp::ServerSession* session_ = nullptr;
  bool known_ = false;
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

std::string story_of(unsigned mode, std::string_view bytes, std::size_t cut) {
  async::SimLoop loop;
  auto [near, far] = net::stream_pair(loop);
  FuzzedTls tls(mode);
  Recorder recorder(mode);
  std::string heard;
  async::TaskGroup group(loop);
  group.spawn(speak(loop, std::move(near), std::string(bytes.substr(0, cut)), std::string(bytes.substr(cut)), heard));
  {
    smtp::ServerOptions options;
    options.require_authentication = (mode & wants_login) != 0;
    options.clear_authentication = (mode & clear_login) != 0;
    options.bare_line_ends =
        (mode & mends_bare_line_ends) != 0 ? smtp::BareLineEnds::made_crlf : smtp::BareLineEnds::refused;
    options.message_bytes = 1000;
    SeededRandom chance(1);
    net::StreamPtr stream = std::move(far);
    if ((mode & under_tls) != 0) stream = std::make_unique<smtp::testing::PretendedTlsStream>(std::move(stream));
    smtp::ServerSession session(loop, std::move(stream), tls, chance, recorder, options);
    recorder.serves(session);
    loop.run(session.run());
  }
  loop.run(group.join());
  return recorder.story + heard;
}

// Whether the cut may matter: what comes in one piece with STARTTLS is dropped, and what comes later is not.
bool may_start_tls(unsigned mode, std::string_view bytes) {
  if ((mode & offers_tls) == 0) return false;
  std::string upper(bytes);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return upper.find("STARTTLS") != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const unsigned mode = data[1];
  const std::string cut = story_of(mode, bytes, bytes.size() * data[0] / 255);
  if (!may_start_tls(mode, bytes)) POSTROOM_ASSERT(cut == story_of(mode, bytes, bytes.size()));
  return 0;
}
