#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/assert.h"

namespace postroom::net {

// What servers gave us to resume with, by server and demand.
struct TlsSessions {
  static constexpr std::size_t kept = 256;
  using Session = std::shared_ptr<SSL_SESSION>;

  void keep(const std::string& server, Session session) {
    if (by_server.size() >= kept) by_server.clear();
    by_server[server] = std::move(session);
  }
  // RFC 8446 §C.4: a ticket serves once.
  Session take(const std::string& server) {
    const auto known = by_server.find(server);
    if (known == by_server.end()) return nullptr;
    Session session = std::move(known->second);
    by_server.erase(known);
    return session;
  }

  std::map<std::string, Session> by_server;
};

namespace {

constexpr std::size_t contexts_kept = 64;
constexpr std::size_t least_block = 1024;               // while a peer is idle
constexpr std::size_t largest_block = 16 * 1024 + 512;  // one TLS record and its frame

std::string openssl_words() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "TLS failed" : reason;
}

bool is_ip(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// The names a certificate bears, for the sentence that says which one was missed.
std::string names_of(X509* certificate) {
  std::string names;
  auto* all = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type != GEN_DNS || names.size() > 200) continue;
    if (!names.empty()) names += ", ";
    names.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                 static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(all);
  return names.empty() ? "no host name" : names;
}

// `names`: those of the certificate.
std::string certificate_trouble(long verdict, const std::string& names, const std::string& wanted) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "the server's certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the server's certificate is not valid yet";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return "the server's certificate is self-signed; name its authority in ca_file";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "the server's certificate is from an unknown issuer; name its authority in ca_file";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "the server's certificate is for " + names + ", not " + wanted;
    default:
      return std::string("the server's certificate was refused: ") + X509_verify_cert_error_string(verdict);
  }
}

class TlsStream final : public Stream {
 public:
  TlsStream(StreamPtr lower, SSL* ssl) : lower_(std::move(lower)), ssl_(ssl, &SSL_free) {
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  }

  // Sessions that the server offers from now on are kept for the next connection to it.
  void keep_sessions(std::shared_ptr<TlsSessions> sessions, std::string server) {
    sessions_ = std::move(sessions);
    server_ = std::move(server);
    SSL_set_app_data(ssl_.get(), this);
  }
  // OpenSSL's callback: at the end of a TLS 1.2 handshake, at each ticket of TLS 1.3. A copy is kept, since OpenSSL
  // marks its own as spoilt when a server hangs up without close_notify; many do, and TLS no longer asks for that (RFC
  // 5246 §7.2.1).
  static int on_new_session(SSL* ssl, SSL_SESSION* session) {
    constexpr int reference_stays_with_openssl = 0;
    auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    SSL_SESSION* copy = stream != nullptr && stream->sessions_ != nullptr ? SSL_SESSION_dup(session) : nullptr;
    if (copy != nullptr) stream->sessions_->keep(stream->server_, TlsSessions::Session(copy, &SSL_SESSION_free));
    return reference_stays_with_openssl;
  }
  // OpenSSL's callback for each certificate, with its verdict. A refused certificate is gone after the handshake, so
  // the names it bore are noted here.
  static int on_verdict(int accepted, X509_STORE_CTX* chain) {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* stream = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    X509* leaf = X509_STORE_CTX_get0_cert(chain);
    if (accepted == 0 && stream != nullptr && leaf != nullptr) stream->refused_names_ = names_of(leaf);
    return accepted;
  }
  const std::string& refused_names() const { return refused_names_; }

  async::Task<Result<void>> handshake() {
    for (;;) {
      ERR_clear_error();
      const int done = SSL_do_handshake(ssl_.get());
      const int want = SSL_get_error(ssl_.get(), done);
      if (const Result<void> sent = co_await flush(); !sent) co_return sent;
      if (done == 1) co_return Result<void>{};
      if (want != SSL_ERROR_WANT_READ) co_return fail(ErrorCode::tls, openssl_words());
      const Result<std::size_t> got = co_await feed();
      if (!got) co_return std::unexpected(got.error());
      // A hang-up says nothing about TLS: a peer that restarts does the same.
      if (*got == 0) co_return fail(ErrorCode::closed, "the peer closed the connection during the TLS handshake");
    }
  }

  async::Task<Result<std::size_t>> read_some(std::span<char> into) override {
    for (;;) {
      ERR_clear_error();
      std::size_t got = 0;
      if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &got) == 1) co_return got;
      const int want = SSL_get_error(ssl_.get(), 0);
      if (want == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (want != SSL_ERROR_WANT_READ) co_return fail(ErrorCode::tls, openssl_words());
      if (const Result<void> sent = co_await flush(); !sent) co_return std::unexpected(sent.error());
      const Result<std::size_t> fed = co_await feed();
      if (!fed) co_return std::unexpected(fed.error());
      // An end without close_notify may be an attacker's cut (RFC 8446 §6.1).
      if (*fed == 0) co_return fail(ErrorCode::unreachable, "the TLS connection was cut");
    }
  }

  async::Task<Result<void>> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, 256 * 1024);
      ERR_clear_error();
      std::size_t put = 0;
      if (SSL_write_ex(ssl_.get(), part.data(), part.size(), &put) != 1)
        co_return fail(ErrorCode::tls, openssl_words());
      bytes.remove_prefix(put);
      if (const Result<void> sent = co_await flush(); !sent) co_return sent;
    }
    co_return Result<void>{};
  }

  void set_deadline(Monotonic at) override { lower_->set_deadline(at); }
  void abort() override { lower_->abort(); }

  async::Task<void> shutdown() override {
    SSL_shutdown(ssl_.get());
    co_await flush();
    co_await lower_->shutdown();
  }

  Endpoint peer() const override { return lower_->peer(); }
  Endpoint local() const override { return lower_->local(); }
  std::optional<TlsInfo> tls() const override {
    return TlsInfo{SSL_get_version(ssl_.get()), SSL_get_cipher_name(ssl_.get()), SSL_session_reused(ssl_.get()) == 1};
  }

 private:
  // What OpenSSL wants to say, to the lower stream.
  async::Task<Result<void>> flush() {
    BIO* out = SSL_get_wbio(ssl_.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    if (size <= 0) co_return Result<void>{};
    const std::string pending(bytes, static_cast<std::size_t>(size));
    BIO_reset(out);
    co_return co_await lower_->write(pending);
  }

  // What the lower stream says, to OpenSSL.
  async::Task<Result<std::size_t>> feed() {
    std::string buffer(block_, '\0');
    const Result<std::size_t> got = co_await lower_->read_some(buffer);
    if (got && *got > 0) BIO_write(SSL_get_rbio(ssl_.get()), buffer.data(), static_cast<int>(*got));
    block_ = got && *got == block_ ? largest_block : least_block;
    co_return got;
  }

  StreamPtr lower_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::size_t block_ = least_block;
  std::shared_ptr<TlsSessions> sessions_;
  std::string server_;
  std::string refused_names_;
};

// The name that goes into SNI and that the certificate must bear; false when OpenSSL does not take it.
bool demand_name(SSL* ssl, const TlsClientPolicy& policy) {
  if (policy.server_name.empty()) return !policy.verify_certificate;
  if (is_ip(policy.server_name))  // RFC 6066 §3: no SNI for addresses
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), policy.server_name.c_str()) == 1;
  return SSL_set_tlsext_host_name(ssl, policy.server_name.c_str()) == 1 &&
         SSL_set1_host(ssl, policy.server_name.c_str()) == 1;
}

// What tells one version of a file from the next; "" while it is not there.
std::string version_of(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return {};
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + "\n";
}

std::string demand_of(const TlsClientPolicy& policy) {
  const std::string authorities = policy.ca_file.empty() ? "" : policy.ca_file + " " + version_of(policy.ca_file);
  return (policy.verify_certificate ? "verify " : "any ") + authorities;
}

// A user names the file, and the one loop thread reads it: a pipe or a device would stop everything.
bool load_authorities(SSL_CTX* context, const std::string& file) {
  constexpr off_t largest = 8 * 1024 * 1024;
  if (file.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > largest) return false;
  return SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) == 1;
}

}  // namespace

OpenSslTls::OpenSslTls() : sessions_(std::make_shared<TlsSessions>()) {}
OpenSslTls::~OpenSslTls() = default;

Result<OpenSslTls::Context> OpenSslTls::client_context(const TlsClientPolicy& policy) {
  const std::string demand = demand_of(policy);
  if (const auto known = client_contexts_.find(demand); known != client_contexts_.end()) return known->second;
  Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  POSTROOM_ASSERT(context);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), &TlsStream::on_new_session);
  SSL_CTX_set_verify(context.get(), policy.verify_certificate ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     policy.verify_certificate ? &TlsStream::on_verdict : nullptr);
  if (policy.verify_certificate && !load_authorities(context.get(), policy.ca_file)) {
    ERR_clear_error();
    return fail(ErrorCode::tls, "the certificate authorities in " + policy.ca_file + " can't be read");
  }
  if (client_contexts_.size() >= contexts_kept) client_contexts_.clear();
  client_contexts_.emplace(demand, context);
  return context;
}

async::Task<Result<StreamPtr>> OpenSslTls::connect(StreamPtr lower, TlsClientPolicy policy) {
  const Result<Context> context = client_context(policy);
  if (!context) co_return std::unexpected(context.error());
  SSL* ssl = SSL_new(context->get());
  POSTROOM_ASSERT(ssl != nullptr);
  const std::string server = demand_of(policy) + " " + policy.server_name + " " + to_string(lower->peer());
  auto stream = std::make_unique<TlsStream>(std::move(lower), ssl);
  SSL_set_connect_state(ssl);
  if (!demand_name(ssl, policy)) {
    ERR_clear_error();
    co_return fail(ErrorCode::tls, "no certificate can be demanded for the host name \"" + policy.server_name + "\"");
  }
  if (const TlsSessions::Session known = sessions_->take(server)) SSL_set_session(ssl, known.get());
  stream->keep_sessions(sessions_, server);
  const Result<void> agreed = co_await stream->handshake();
  if (!agreed) {
    const bool certificate = agreed.error().code == ErrorCode::tls && SSL_get_verify_result(ssl) != X509_V_OK;
    if (certificate && policy.verify_certificate)
      co_return fail(ErrorCode::tls,
                     certificate_trouble(SSL_get_verify_result(ssl), stream->refused_names(), policy.server_name));
    co_return std::unexpected(agreed.error());
  }
  co_return stream;
}

Result<> OpenSslTls::use_certificate(const std::string& certificate_file, const std::string& key_file) {
  const std::string version = version_of(certificate_file) + version_of(key_file);  // before they are read
  for (const std::string& file : {certificate_file, key_file})
    if (::access(file.c_str(), R_OK) != 0) return fail(ErrorCode::io, file + ": " + std::strerror(errno));
  Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  POSTROOM_ASSERT(context);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1)
    return fail(ErrorCode::tls, "the certificate " + certificate_file + " can't be used: " + openssl_words());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return fail(ErrorCode::tls, "the key " + key_file + " can't be used: " + openssl_words());
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);  // thousands of sessions may be idle
  server_context_ = std::move(context);
  certificate_file_ = certificate_file;
  key_file_ = key_file;
  files_used_ = version;
  return {};
}

// What can't be used is tried again at each handshake: the two may not fit each other while they are being replaced,
// and a reason such as a full table of files passes without a change of theirs. Of one version it is told once.
void OpenSslTls::renew_certificate() {
  const std::string version = version_of(certificate_file_) + version_of(key_file_);
  if (version == files_used_) return;
  const Result<> used = use_certificate(std::string(certificate_file_), std::string(key_file_));
  const bool told = std::exchange(files_troubling_, used ? "" : version) == version;
  if (!used && !told && on_trouble_) on_trouble_(used.error());
}

async::Task<Result<StreamPtr>> OpenSslTls::accept(StreamPtr lower) {
  POSTROOM_ASSERT(can_accept());
  renew_certificate();
  SSL* ssl = SSL_new(server_context_.get());
  POSTROOM_ASSERT(ssl != nullptr);
  auto stream = std::make_unique<TlsStream>(std::move(lower), ssl);
  SSL_set_accept_state(ssl);
  const Result<void> agreed = co_await stream->handshake();
  if (!agreed) co_return std::unexpected(agreed.error());
  co_return stream;
}

}  // namespace postroom::net
