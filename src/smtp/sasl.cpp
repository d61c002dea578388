#include "smtp/sasl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "smtp/scram.h"

namespace postroom::smtp {
namespace {

std::string hmac_md5(std::string_view key, std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  HMAC(EVP_md5(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
       data.size(), out.data(), &length);
  return {reinterpret_cast<const char*>(out.data()), length};
}

class Plain final : public SaslClient {
 public:
  Plain(std::string username, Secret password) : username_(std::move(username)), password_(std::move(password)) {}
  std::string_view mechanism() const override { return "PLAIN"; }
  std::optional<std::string> initial_response() override {
    std::string response(1, '\0');  // RFC 4616 §2: [authzid] NUL authcid NUL passwd
    response += username_;
    response += '\0';
    response += password_.reveal();
    return response;
  }
  std::optional<std::string> respond(std::string_view) override {
    return std::exchange(answered_, true) ? std::nullopt : initial_response();
  }

 private:
  std::string username_;
  Secret password_;
  bool answered_ = false;
};

class Login final : public SaslClient {
 public:
  Login(std::string username, Secret password) : username_(std::move(username)), password_(std::move(password)) {}
  std::string_view mechanism() const override { return "LOGIN"; }
  std::optional<std::string> initial_response() override { return std::nullopt; }
  std::optional<std::string> respond(std::string_view) override {
    switch (step_++) {  // the prompts' wording varies; their order does not
      case 0:
        return username_;
      case 1:
        return std::string(password_.reveal());
      default:
        return std::nullopt;
    }
  }

 private:
  std::string username_;
  Secret password_;
  int step_ = 0;
};

class CramMd5 final : public SaslClient {
 public:
  CramMd5(std::string username, Secret password) : username_(std::move(username)), password_(std::move(password)) {}
  std::string_view mechanism() const override { return "CRAM-MD5"; }
  std::optional<std::string> initial_response() override { return std::nullopt; }
  std::optional<std::string> respond(std::string_view challenge) override {
    if (std::exchange(answered_, true)) return std::nullopt;
    return username_ + " " + hex_encode(hmac_md5(password_.reveal(), challenge));
  }

 private:
  std::string username_;
  Secret password_;
  bool answered_ = false;
};

class Xoauth2 final : public SaslClient {
 public:
  Xoauth2(std::string username, Secret token) : username_(std::move(username)), token_(std::move(token)) {}
  std::string_view mechanism() const override { return "XOAUTH2"; }
  std::optional<std::string> initial_response() override {
    return "user=" + username_ + "\x01" + "auth=Bearer " + std::string(token_.reveal()) + "\x01\x01";
  }
  // A 334 carries the error as JSON; the empty answer asks for the final 5yz that says it in a reply.
  std::optional<std::string> respond(std::string_view) override {
    return std::exchange(answered_, true) ? std::nullopt : std::optional<std::string>("");
  }

 private:
  std::string username_;
  Secret token_;
  bool answered_ = false;
};

class ScramSha256 final : public SaslClient {
 public:
  ScramSha256(const std::string& username, Secret password, std::string nonce)
      : password_(std::move(password)), nonce_(std::move(nonce)) {
    std::string name;
    for (const char c : username) {  // RFC 5802 §5.1: "," and "=" are escaped
      if (c == ',')
        name += "=2C";
      else if (c == '=')
        name += "=3D";
      else
        name += c;
    }
    first_bare_ = "n=" + name + ",r=" + nonce_;
  }
  std::string_view mechanism() const override { return "SCRAM-SHA-256"; }
  std::optional<std::string> initial_response() override { return "n,," + first_bare_; }
  std::optional<std::string> respond(std::string_view challenge) override {
    switch (step_++) {
      case 0:
        return prove(challenge);
      case 1:
        return check(challenge);
      default:
        return std::nullopt;
    }
  }
  bool satisfied() const override { return satisfied_; }

 private:
  std::optional<std::string> prove(std::string_view server_first) {
    const std::string_view server_nonce = scram_value(server_first, 'r');
    const std::string_view rounds_text = scram_value(server_first, 'i');
    std::string salt;
    int rounds = 0;
    std::from_chars(rounds_text.data(), rounds_text.data() + rounds_text.size(), rounds);
    // RFC 5802 §5.1: "m=" demands an extension, and there is none that we know.
    if (server_first.starts_with("m=")) return std::nullopt;
    // RFC 7677 §4: at least 4,096 rounds; and no more than keeps us responsive.
    if (!server_nonce.starts_with(nonce_) || server_nonce.size() == nonce_.size() || rounds < scram_least_iterations ||
        rounds > 600000 || !base64_decode(scram_value(server_first, 's'), salt) || salt.empty())
      return std::nullopt;
    const ScramSecrets secrets = derive_scram_secrets(password_, salt, rounds);
    const std::string without_proof = "c=biws,r=" + std::string(server_nonce);
    const std::string auth_message = first_bare_ + "," + std::string(server_first) + "," + without_proof;
    std::string proof = secrets.client_key;
    const std::string signature = hmac_sha256(sha256(proof), auth_message);
    for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    server_signature_ = hmac_sha256(secrets.server_key, auth_message);
    return without_proof + ",p=" + base64_encode(proof);
  }

  std::optional<std::string> check(std::string_view server_final) {
    std::string signature;
    if (!base64_decode(scram_value(server_final, 'v'), signature) || signature != server_signature_)
      return std::nullopt;
    satisfied_ = true;
    return std::string();
  }

  Secret password_;
  std::string nonce_, first_bare_, server_signature_;
  int step_ = 0;
  bool satisfied_ = false;
};

}  // namespace

std::unique_ptr<SaslClient> choose_sasl(SaslChoice choice, const std::vector<std::string>& offered,
                                        std::string username, Secret password, Random& random) {
  const auto usable = [&](SaslChoice mechanism, std::string_view name) {
    const bool wanted = choice == mechanism || (choice == SaslChoice::automatic && mechanism != SaslChoice::xoauth2);
    return wanted && std::ranges::find(offered, name) != offered.end();
  };
  if (usable(SaslChoice::scram_sha_256, "SCRAM-SHA-256"))
    return std::make_unique<ScramSha256>(username, std::move(password), random.token(24));
  if (usable(SaslChoice::cram_md5, "CRAM-MD5"))
    return std::make_unique<CramMd5>(std::move(username), std::move(password));
  if (usable(SaslChoice::plain, "PLAIN")) return std::make_unique<Plain>(std::move(username), std::move(password));
  if (usable(SaslChoice::login, "LOGIN")) return std::make_unique<Login>(std::move(username), std::move(password));
  if (usable(SaslChoice::xoauth2, "XOAUTH2"))
    return std::make_unique<Xoauth2>(std::move(username), std::move(password));
  return nullptr;
}

}  // namespace postroom::smtp
