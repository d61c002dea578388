#include "auth/secret_box.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <span>

#include "auth/api_keys.h"
#include "base/assert.h"
#include "base/durable.h"

namespace postroom::auth {
namespace {

constexpr std::size_t key_bytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* unsigned_bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

// A file descriptor that closes itself.
struct File {
  int fd;
  explicit File(int descriptor) : fd(descriptor) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

std::unexpected<Error> io_error(const std::string& path) {
  return fail(ErrorCode::io, path + ": " + std::strerror(errno));
}

Result<Secret> read_key(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return io_error(path);
  if ((status.st_mode & 077) != 0)
    return fail(ErrorCode::invalid, path + ": others may read the key; set its mode to 0600");
  std::string bytes(key_bytes + 1, '\0');
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  if (got < 0) return io_error(path);
  if (got != static_cast<ssize_t>(key_bytes)) return fail(ErrorCode::invalid, path + ": not a key of 32 bytes");
  bytes.resize(key_bytes);
  return Secret(std::move(bytes));
}

Result<> write_private(const std::string& path, std::string_view bytes) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (file.fd < 0) return io_error(path);
  if (::write(file.fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) return io_error(path);
  if (::fsync(file.fd) != 0) return io_error(path);
  return {};
}

// Under another name until it is whole and on the disk: under its own a key is there whole, or not at all.
Result<Secret> make_key(const std::string& path, Random& random) {
  std::string bytes(key_bytes, '\0');
  random.fill(std::span(unsigned_bytes(bytes), bytes.size()));
  const std::string unready = path + ".new";
  ::unlink(unready.c_str());  // what a full disk has left
  if (const Result<> written = write_private(unready, bytes); !written) return std::unexpected(written.error());
  // link(), for it never replaces a key that someone else has put there meanwhile.
  if (::link(unready.c_str(), path.c_str()) != 0) return io_error(path);
  ::unlink(unready.c_str());
  if (const Result<> kept = sync_with_name(path); !kept) return std::unexpected(kept.error());
  return Secret(std::move(bytes));
}

}  // namespace

SecretBox::SecretBox(Secret key, Random& random) : key_(std::move(key)), random_(&random) {
  POSTROOM_ASSERT(sodium_init() >= 0);
  POSTROOM_ASSERT(key_.reveal().size() == key_bytes);
}

Result<SecretBox> SecretBox::open_file(const std::string& path, Random& random) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0 && errno != ENOENT) return io_error(path);
  auto key = file.fd >= 0 ? read_key(file.fd, path) : make_key(path, random);
  if (!key) return std::unexpected(key.error());
  return SecretBox(std::move(*key), random);
}

std::string SecretBox::seal(const Secret& secret, std::string_view context) {
  const std::string_view plain = secret.reveal();
  std::string sealed(nonce_bytes + plain.size() + tag_bytes, '\0');
  unsigned char* bytes = unsigned_bytes(sealed);
  random_->fill(std::span(bytes, nonce_bytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes + nonce_bytes, nullptr, unsigned_bytes(plain), plain.size(),
                                             unsigned_bytes(context), context.size(), nullptr, bytes,
                                             unsigned_bytes(key_.reveal()));
  return sealed;
}

Result<Secret> SecretBox::open(std::string_view sealed, std::string_view context) const {
  const auto closed = [] { return fail(ErrorCode::corrupt, "the secret was sealed with another key, or is damaged"); };
  if (sealed.size() < nonce_bytes + tag_bytes) return closed();
  std::string plain(sealed.size() - nonce_bytes - tag_bytes, '\0');
  const unsigned char* bytes = unsigned_bytes(sealed);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(unsigned_bytes(plain), nullptr, nullptr, bytes + nonce_bytes,
                                                 sealed.size() - nonce_bytes, unsigned_bytes(context), context.size(),
                                                 bytes, unsigned_bytes(key_.reveal())) != 0)
    return closed();
  return Secret(std::move(plain));
}

std::string SecretBox::key_id() const {
  return sha256_hex("postroom key id" + std::string(key_.reveal())).substr(0, 16);
}

}  // namespace postroom::auth
