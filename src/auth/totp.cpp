#include "auth/totp.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/assert.h"
#include "base/text.h"

namespace postroom::auth {
namespace {

constexpr std::int64_t step_ms = 30'000;
constexpr std::size_t secret_bytes = 20;
constexpr std::uint32_t six_digits = 1'000'000;

}  // namespace

Secret new_totp_secret(Random& random) {
  std::array<unsigned char, secret_bytes> bytes{};
  random.fill(bytes);
  return Secret(std::string(bytes.begin(), bytes.end()));
}

std::string base32(std::string_view bytes) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8 | static_cast<unsigned char>(c)) & 0xfff;  // at most four bits are held over
    for (held += 8; held >= 5; held -= 5) text += alphabet[bits >> (held - 5) & 31];
  }
  if (held > 0) text += alphabet[bits << (5 - held) & 31];
  return text;
}

std::int64_t totp_step(Timestamp at) {
  return at.ms / step_ms;
}

std::string totp_code(const Secret& secret, std::int64_t step) {
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const std::string_view key = secret.reveal();
  POSTROOM_ASSERT(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(),
                       digest.data(), &size) != nullptr);
  const std::size_t offset = digest[size - 1] & 0xf;  // RFC 4226 §5.3
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | digest[offset + i];
  return fmt::format("{:06}", (value & 0x7fffffff) % six_digits);
}

std::optional<std::int64_t> matching_step(const Secret& secret, std::string_view code, Timestamp now,
                                          std::int64_t used_step) {
  const std::int64_t present = totp_step(now);
  std::optional<std::int64_t> match;
  for (std::int64_t step = present - 1; step <= present + 1; ++step) {
    const std::string right = totp_code(secret, step);
    const bool same = code.size() == right.size() && CRYPTO_memcmp(code.data(), right.data(), right.size()) == 0;
    if (same && step > used_step) match = step;
  }
  return match;
}

std::string totp_uri(const Secret& secret, std::string_view email) {
  return fmt::format("otpauth://totp/Postroom:{}?secret={}&issuer=Postroom", percent_encode(email),
                     base32(secret.reveal()));
}

}  // namespace postroom::auth
