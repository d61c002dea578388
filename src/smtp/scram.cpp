#include "smtp/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/text.h"

namespace postroom::smtp {
namespace {

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
  return a;
}

// RFC 5802 §5.1: "=2C" and "=3D" stand for "," and "="; a "=" by itself is an error.
std::optional<std::string> unescape_name(std::string_view text) {
  std::string name;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      name += text[at];
      continue;
    }
    const std::string_view escape = text.substr(at, 3);
    if (escape == "=2C")
      name += ',';
    else if (escape == "=3D")
      name += '=';
    else
      return std::nullopt;
    at += 2;
  }
  return name;
}

}  // namespace

std::string_view scram_value(std::string_view message, char attribute) {
  for (const std::string_view part : split(message, ','))
    if (part.size() >= 2 && part[0] == attribute && part[1] == '=') return part.substr(2);
  return {};
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
       data.size(), out.data(), &length);
  return {reinterpret_cast<const char*>(out.data()), length};
}

std::string sha256(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EVP_Digest(data.data(), data.size(), out.data(), &length, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), length};
}

ScramSecrets derive_scram_secrets(const Secret& password, std::string_view salt, int iterations) {
  std::array<unsigned char, 32> salted{};
  PKCS5_PBKDF2_HMAC(password.reveal().data(), static_cast<int>(password.reveal().size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                    EVP_sha256(), static_cast<int>(salted.size()), salted.data());
  const std::string_view key(reinterpret_cast<const char*>(salted.data()), salted.size());
  ScramSecrets secrets{hmac_sha256(key, "Client Key"), hmac_sha256(key, "Server Key")};
  OPENSSL_cleanse(salted.data(), salted.size());
  return secrets;
}

ScramKeys make_scram_keys(const Secret& password, std::string salt, int iterations) {
  ScramSecrets secrets = derive_scram_secrets(password, salt, iterations);
  return {std::move(salt), iterations, sha256(secrets.client_key), std::move(secrets.server_key)};
}

bool is_password_of(const ScramKeys& keys, const Secret& password) {
  return same(sha256(derive_scram_secrets(password, keys.salt, keys.iterations).client_key), keys.stored_key);
}

std::optional<std::string> ScramServer::take_first(std::string_view message) {
  // RFC 5802 §7: gs2-cbind-flag "," [authzid] "," client-first-message-bare
  const std::size_t flag_end = message.find(',');
  const std::size_t header_end = flag_end == std::string_view::npos ? flag_end : message.find(',', flag_end + 1);
  if (header_end == std::string_view::npos) return std::nullopt;
  const std::string_view flag = message.substr(0, flag_end);
  if (flag != "n" && flag != "y") return std::nullopt;
  const std::string_view authorization = message.substr(flag_end + 1, header_end - flag_end - 1);
  header_ = message.substr(0, header_end + 1);
  first_bare_ = message.substr(header_end + 1);
  const std::string_view client_nonce = scram_value(first_bare_, 'r');
  // "m=" demands an extension, and there is none that we know: a bare message begins with the name.
  if (!first_bare_.starts_with("n=") || client_nonce.empty() || !is_ascii(client_nonce)) return std::nullopt;
  std::optional<std::string> name = unescape_name(scram_value(first_bare_, 'n'));
  if (!name || name->empty()) return std::nullopt;
  if (!authorization.empty() && authorization != "a=" + std::string(scram_value(first_bare_, 'n')))
    return std::nullopt;  // to act as someone else is not offered
  nonce_ = std::string(client_nonce) + nonce_;
  return name;
}

std::string ScramServer::challenge(ScramKeys keys) {
  keys_ = std::move(keys);
  server_first_ = "r=" + nonce_ + ",s=" + base64_encode(keys_.salt) + ",i=" + std::to_string(keys_.iterations);
  return server_first_;
}

std::optional<std::string> ScramServer::take_final(std::string_view message) {
  const std::size_t proof_at = message.rfind(",p=");
  std::string proof;
  if (proof_at == std::string_view::npos || !base64_decode(message.substr(proof_at + 3), proof)) return std::nullopt;
  const std::string without_proof(message.substr(0, proof_at));
  if (scram_value(without_proof, 'c') != base64_encode(header_) || scram_value(without_proof, 'r') != nonce_)
    return std::nullopt;
  const std::string auth_message = first_bare_ + "," + server_first_ + "," + without_proof;
  const std::string client_key = exclusive_or(proof, hmac_sha256(keys_.stored_key, auth_message));
  if (proof.size() != 32 || !same(sha256(client_key), keys_.stored_key)) return std::nullopt;
  return "v=" + base64_encode(hmac_sha256(keys_.server_key, auth_message));
}

}  // namespace postroom::smtp
