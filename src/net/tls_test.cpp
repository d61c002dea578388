// TLS over a stream pair, with certificates made for the test.
#include "net/tls.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "async/sim_loop.h"
#include "net/line_reader.h"
#include "net/stream_pair.h"
#include "scripted/resource_limit.h"

namespace postroom::net {
namespace {

// A key and a self-signed certificate for mx.example.org, in a directory of their own.
class Certificate {
 public:
  explicit Certificate(long valid_for = 3600) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls_test.XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
    X509_set_version(x509.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), valid_for);
    X509_set_pubkey(x509.get(), key.get());
    X509_NAME* name = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(x509.get(), name);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:mx.example.org,IP:192.0.2.9");
    X509_add_ext(x509.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509.get(), key.get(), EVP_sha256());
    write(certificate(), [&](BIO* file) { PEM_write_bio_X509(file, x509.get()); });
    write(key_file(),
          [&](BIO* file) { PEM_write_bio_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~Certificate() { std::filesystem::remove_all(directory_); }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  std::string certificate() const { return directory_ + "/cert.pem"; }
  std::string key_file() const { return directory_ + "/key.pem"; }

 private:
  template <class Writer>
  static void write(const std::string& path, Writer writer) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "w"), &BIO_free);
    ASSERT_TRUE(file);
    writer(file.get());
  }
  std::string directory_;
};

async::Task<void> echo_a_line(Tls& tls, StreamPtr lower) {
  Result<StreamPtr> stream = co_await tls.accept(std::move(lower));
  if (!stream) co_return;
  LineReader reader(**stream);
  const Result<std::string> line = co_await reader.read_line(100);
  if (line) co_await (*stream)->write(*line);
  co_await (*stream)->shutdown();
}

struct Visit {
  std::string echoed;
  std::string trouble;
  bool resumed = false;
};

async::Task<void> visit(Tls& tls, StreamPtr lower, TlsClientPolicy policy, Visit& visit) {
  Result<StreamPtr> stream = co_await tls.connect(std::move(lower), std::move(policy));
  if (!stream) {
    visit.trouble = stream.error().message;
    co_return;
  }
  visit.resumed = (*stream)->tls()->resumed;
  co_await (*stream)->write("hello\n");
  LineReader reader(**stream);
  const Result<std::string> line = co_await reader.read_line(100);
  visit.echoed = line ? *line : line.error().message;
  const Result<std::string> end = co_await reader.read_chunk();
  EXPECT_TRUE(end && end->empty());  // close_notify came
}

class TlsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.use_certificate(certificate_.certificate(), certificate_.key_file())); }
  Visit call(TlsClientPolicy policy, std::size_t bytes_per_read = SIZE_MAX) {
    StreamPairOptions options;
    options.bytes_per_read = bytes_per_read;
    auto [near, far] = stream_pair(loop_, options);
    async::TaskGroup group(loop_);
    group.spawn(echo_a_line(server_, std::move(far)));
    Visit result;
    loop_.run(visit(client_, std::move(near), std::move(policy), result));
    loop_.run(group.join());
    return result;
  }
  TlsClientPolicy trusting(const std::string& name) const { return {name, true, certificate_.certificate()}; }

  async::SimLoop loop_;
  Certificate certificate_;
  OpenSslTls server_, client_;
};

TEST_F(TlsTest, CarriesBytesInPiecesOfAnySize) {
  for (const std::size_t bytes_per_read : {std::size_t{1}, std::size_t{100}, SIZE_MAX})
    EXPECT_EQ(call(trusting("mx.example.org"), bytes_per_read).echoed, "hello\n");
}

TEST_F(TlsTest, ChecksTheNameOrTheAddress) {
  EXPECT_EQ(call(trusting("192.0.2.9")).echoed, "hello\n");
  EXPECT_EQ(call(trusting("other.example.org")).trouble,
            "the server's certificate is for mx.example.org, not other.example.org");
  EXPECT_NE(call(trusting("192.0.2.8")).trouble, "");
}

TEST_F(TlsTest, NeverVerifiesAgainstNoName) {
  EXPECT_NE(call(trusting("")).trouble, "");
  EXPECT_NE(call(trusting(std::string(300, 'x'))).trouble, "");
  EXPECT_EQ(call({"", false, ""}).echoed, "hello\n");
}

TEST_F(TlsTest, RefusesAnUnknownIssuerUnlessTold) {
  EXPECT_EQ(call({"mx.example.org", true, ""}).trouble,
            "the server's certificate is self-signed; name its authority in ca_file");
  EXPECT_EQ(call({"mx.example.org", false, ""}).echoed, "hello\n");
  EXPECT_NE(call({"mx.example.org", true, "/nonexistent"}).trouble, "");
  EXPECT_NE(call({"mx.example.org", true, "/dev/zero"}).trouble, "");
}

TEST_F(TlsTest, ReadsAuthoritiesAgainWhenTheirFileHasChanged) {
  const Certificate another;
  const TlsClientPolicy policy = trusting("mx.example.org");
  EXPECT_EQ(call(policy).echoed, "hello\n");
  std::filesystem::rename(another.certificate(), certificate_.certificate());
  EXPECT_NE(call(policy).trouble, "") << "the server still has the first one";
}

TEST_F(TlsTest, UsesARenewedCertificateOnceItCanBeRead) {
  const Certificate renewed;
  const std::string authority = renewed.certificate() + ".authority";
  std::filesystem::copy(renewed.certificate(), authority);
  const TlsClientPolicy trusting_the_new{"mx.example.org", true, authority};
  EXPECT_NE(call(trusting_the_new).trouble, "") << "the first one is served";
  std::vector<std::string> troubles;
  server_.on_certificate_trouble([&troubles](const Error& error) { troubles.push_back(error.message); });
  std::filesystem::rename(renewed.certificate(), certificate_.certificate());
  EXPECT_NE(call(trusting_the_new).trouble, "") << "its key is not there yet";
  EXPECT_NE(call(trusting_the_new).trouble, "");
  EXPECT_EQ(troubles.size(), 1u) << "told once";
  std::filesystem::rename(renewed.key_file(), certificate_.key_file());
  {
    const scripted::NoneLeft none(RLIMIT_NOFILE);
    EXPECT_NE(call(trusting_the_new).trouble, "");
  }
  EXPECT_EQ(troubles.size(), 2u);
  EXPECT_EQ(call(trusting_the_new).echoed, "hello\n") << "nothing has changed but the number of open files";
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  const Certificate expired(-3600);
  ASSERT_TRUE(server_.use_certificate(expired.certificate(), expired.key_file()));
  auto [near, far] = stream_pair(loop_);
  async::TaskGroup group(loop_);
  group.spawn(echo_a_line(server_, std::move(far)));
  Visit result;
  loop_.run(visit(client_, std::move(near), {"mx.example.org", true, expired.certificate()}, result));
  loop_.run(group.join());
  EXPECT_EQ(result.trouble, "the server's certificate has expired");
}

TEST_F(TlsTest, ResumesOnlyUnderTheSameDemand) {
  EXPECT_FALSE(call({"mx.example.org", false, ""}).resumed);
  EXPECT_FALSE(call(trusting("mx.example.org")).resumed);
  EXPECT_FALSE(call(trusting("192.0.2.9")).resumed);
  EXPECT_TRUE(call(trusting("mx.example.org")).resumed);
}

}  // namespace
}  // namespace postroom::net
