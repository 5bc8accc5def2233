#pragma once
// One DTLS 1.2 association (RFC 6347) with use_srtp (RFC 5764): no socket and no clock, the owner feeds datagrams and
// asks for the next timeout. The peer's certificate is held against its SDP fingerprints inside the handshake, so
// nothing is ever derived for a stranger.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "sdp/transport.hpp"

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct x509_store_ctx_st X509_STORE_CTX;

namespace bigfoot::transport {

/// What the handshake yields for SRTP (RFC 5764 4.2): master key followed by master salt, per direction.
struct SrtpKeys {
  std::string profile;  ///< "AEAD_AES_128_GCM", "AEAD_AES_256_GCM", "AES128_CM_SHA1_80"
  Bytes send;
  Bytes receive;
};

/// Ciphers, curves, verification: shared by all sessions of one certificate. The caller frees it.
SSL_CTX* make_dtls_context(X509* certificate, EVP_PKEY* key);

class Dtls {
 public:
  enum class State { handshaking, connected, closed, failed };
  /// Sends one datagram (≤ 1200 bytes); it may be lost.
  using Output = std::function<void(BytesView)>;
  /// What the peer sent through DTLS (one record), after the handshake; valid during the call only.
  using Data = std::function<void(BytesView)>;

  /// `server`: the peer begins (its a=setup is active). `context` (Certificate::context) must outlive it.
  Dtls(SSL_CTX* context, bool server, std::vector<sdp::Fingerprint> peer, Output output, Data data = {});
  ~Dtls();
  Dtls(const Dtls&) = delete;
  Dtls& operator=(const Dtls&) = delete;

  /// As client: sends the first flight. As server: nothing.
  void start();
  void receive(BytesView datagram);
  /// How long until handle_timeout() is due; nothing when no flight is outstanding.
  std::optional<Nanos> timeout() const;
  void handle_timeout();
  /// One record of at most 1163 bytes, once connected; before and after that it is lost, as on the wire.
  void send(BytesView data);
  /// Sends close_notify.
  void close();

  State state() const;
  /// Why state() is failed.
  const Error& error() const;
  bool server() const;
  /// Once connected.
  const SrtpKeys& keys() const;
  /// Is the certificate that the peer showed one of these?
  bool peer_matches(const std::vector<sdp::Fingerprint>& fingerprints) const;

 private:
  friend SSL_CTX* make_dtls_context(X509* certificate, EVP_PKEY* key);
  static int verify_peer(X509_STORE_CTX* store, void*);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bigfoot::transport
