#include "auth/password_hasher.h"

#include <sodium.h>

#include <array>
#include <utility>

#include "async/one_shot.h"
#include "base/assert.h"

namespace postroom::auth {
namespace {

// The OWASP cheat sheet's least for argon2id: 19 MiB, two passes.
constexpr unsigned long long passes = 2;
constexpr std::size_t memory_bytes = 19 * 1024 * 1024;
constexpr std::size_t waiting_at_most = 64;

std::unexpected<Error> busy() {
  return fail(ErrorCode::unavailable, "too many sign-ins at once");
}

Result<std::string> compute(const Secret& password) {
  std::array<char, crypto_pwhash_STRBYTES> text{};
  const std::string_view bytes = password.reveal();
  if (crypto_pwhash_str_alg(text.data(), bytes.data(), bytes.size(), passes, memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(ErrorCode::unavailable, "there is no memory to hash a password");
  return std::string(text.data());
}

}  // namespace

PasswordHasher::PasswordHasher(async::Loop& loop) : loop_(loop) {
  POSTROOM_ASSERT(sodium_init() >= 0);
  thread_ = std::thread([this] { run(); });
}

PasswordHasher::~PasswordHasher() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

async::Task<Result<std::string>> PasswordHasher::hash(Secret password) {
  async::OneShot<Result<std::string>> answer;
  const bool taken = submit([this, &answer, &password] {
    loop_.post([&answer, hash = compute(password)]() mutable { answer.set(std::move(hash)); });
  });
  if (!taken) co_return busy();
  co_return co_await answer;
}

async::Task<Result<bool>> PasswordHasher::verify(std::string hash, Secret password) {
  async::OneShot<Result<bool>> answer;
  const bool taken = submit([this, &answer, &hash, &password] {
    bool right = false;
    if (hash.empty()) {
      static_cast<void>(compute(password));
    } else {
      const std::string_view bytes = password.reveal();
      right = crypto_pwhash_str_verify(hash.c_str(), bytes.data(), bytes.size()) == 0;
    }
    loop_.post([&answer, right] { answer.set(right); });
  });
  if (!taken) co_return busy();
  co_return co_await answer;
}

bool PasswordHasher::submit(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (queued_.size() >= waiting_at_most) return false;
    queued_.push_back(std::move(work));
  }
  wake_.notify_one();
  return true;
}

void PasswordHasher::run() {
  for (;;) {
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queued_.empty(); });
      if (queued_.empty()) return;
      work = std::move(queued_.front());
      queued_.pop_front();
    }
    work();
  }
}

}  // namespace postroom::auth
