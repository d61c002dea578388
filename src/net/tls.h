// TLS (OpenSSL) over any Stream, through memory buffers: the same code over TCP and over a test's stream pair.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "net/stream.h"

struct ssl_ctx_st;

namespace postroom::net {

struct TlsSessions;

class OpenSslTls final : public Tls {
 public:
  OpenSslTls();
  ~OpenSslTls() override;

  // The process's own certificate chain and key, PEM. Files that change are read again before the next handshake; when
  // they can't be used, those in use stay, and `on_trouble` hears why. Error: tls.
  Result<> use_certificate(const std::string& certificate_file, const std::string& key_file);
  void on_certificate_trouble(std::function<void(const Error&)> on_trouble) { on_trouble_ = std::move(on_trouble); }

  async::Task<Result<StreamPtr>> connect(StreamPtr lower, TlsClientPolicy policy) override;
  async::Task<Result<StreamPtr>> accept(StreamPtr lower) override;
  bool can_accept() const override { return server_context_ != nullptr; }

 private:
  using Context = std::shared_ptr<ssl_ctx_st>;
  Result<Context> client_context(const TlsClientPolicy& policy);
  void renew_certificate();

  std::map<std::string, Context> client_contexts_;  // by what is demanded, bounded
  std::shared_ptr<TlsSessions> sessions_;           // shared with the streams, which learn tickets as they read
  Context server_context_;
  std::string certificate_file_, key_file_;
  std::string files_used_, files_troubling_;  // what marks their versions
  std::function<void(const Error&)> on_trouble_;
};

}  // namespace postroom::net
