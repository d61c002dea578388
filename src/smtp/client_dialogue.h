// ClientDialogue is the one ClientSession: client_open.cpp makes a connection ready for mail, client_transaction.cpp
// sends. Included by those two only.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "smtp/client_session.h"
#include "smtp/sasl.h"

namespace postroom::smtp {

class ClientDialogue final : public ClientSession {
 public:
  ClientDialogue(async::Loop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)) {}

  async::Task<std::expected<void, Fault>> open(net::Dialer& dialer, net::Tls& tls, net::IpAddress address,
                                               Conversation& conversation, PhaseObserver observer) override;
  async::Task<TransactionResult> send(const mail::Envelope& envelope, std::string_view body,
                                      Conversation& conversation) override;
  async::Task<std::optional<Fault>> rehearse(const mail::Envelope& envelope, Conversation& conversation) override;
  async::Task<void> quit() override;
  void abort() override {
    aborted_ = true;
    if (stream_) stream_->abort();
    if (shaking_hands_ != nullptr) shaking_hands_->abort();
  }

  const Extensions& extensions() const override { return extensions_; }
  std::string remote() const override { return remote_; }
  std::string tls_version() const override {
    const std::optional<net::TlsInfo> info = stream_ ? stream_->tls() : std::nullopt;
    return info ? info->version : std::string();
  }

 private:
  using Step = std::expected<void, Fault>;
  using Reply = mail::Reply;

  // What makes a connected stream ready for MAIL, in the RFC's order.
  async::Task<Step> prepare(net::Tls& tls, Conversation& conversation, const PhaseObserver& observer);
  async::Task<Step> wrap_in_tls(net::Tls& tls, Phase phase, Conversation& conversation);
  async::Task<Step> greet(Conversation& conversation);
  async::Task<Step> hello(Conversation& conversation);
  async::Task<Step> start_tls(net::Tls& tls, Conversation& conversation);
  async::Task<Step> authenticate(Conversation& conversation);
  async::Task<Step> prove_identity(SaslClient& sasl, Conversation& conversation);
  std::string conceal(std::string_view text) const;

  async::Task<Result<Reply>> read_reply(Duration patience, Conversation& conversation);
  async::Task<Result<Reply>> command(std::string line, Duration patience, Conversation& conversation);
  async::Task<Result<void>> write(std::string_view bytes, Duration patience);
  std::string offered() const;
  std::string mail_command(const mail::Envelope& envelope, std::size_t bytes) const;
  std::optional<Fault> why_unfit(const mail::Envelope& envelope, std::size_t bytes) const;
  async::Task<std::optional<Fault>> converse(const mail::Envelope& envelope, std::size_t bytes,
                                             TransactionResult& result, Conversation& conversation);
  async::Task<void> finish_data(std::string_view body, TransactionResult& result, Conversation& conversation);
  void break_all(TransactionResult& result, const Fault& fault) const;
  async::Task<void> reset(TransactionResult& result, Conversation& conversation);

  async::Loop& loop_;
  ClientOptions options_;
  net::StreamPtr stream_;  // none before the connection, while TLS is being made of it, after that failed
  net::Stream* shaking_hands_ = nullptr;  // that one, meanwhile
  bool aborted_ = false;
  net::LineReader reader_;
  Extensions extensions_;
  std::string remote_;
  std::vector<Secret> unspeakable_;  // during AUTH: what a server may not say back into the log
};

}  // namespace postroom::smtp
