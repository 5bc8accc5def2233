#include "transport/dtls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "transport/certificate.hpp"

namespace bigfoot::transport {
namespace {

constexpr long mtu = 1200;  // a flight must pass a WireGuard or LTE tunnel in one piece, like the media
constexpr unsigned first_timeout_us = 100'000;
constexpr unsigned longest_timeout_us = 1'600'000;
constexpr const char* srtp_profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
constexpr const char* ciphers =
    "ECDHE+AESGCM:ECDHE+CHACHA20";  // with ECDSA and RSA: webrtcbin shows an RSA certificate
constexpr const char* exporter_label = "EXTRACTOR-dtls_srtp";

struct Profile {
  unsigned long id;
  const char* name;
  std::size_t key;
  std::size_t salt;
};
constexpr Profile profiles[] = {
    {SRTP_AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12},
    {SRTP_AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12},
    {SRTP_AES128_CM_SHA1_80, "AES128_CM_SHA1_80", 16, 14},
};

struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

bool any_matches(const X509* certificate, const std::vector<sdp::Fingerprint>& fingerprints) {
  return std::any_of(fingerprints.begin(), fingerprints.end(), [certificate](const sdp::Fingerprint& fingerprint) {
    const auto digest = digest_of(certificate, fingerprint.algorithm);
    return digest && *digest == fingerprint.digest;
  });
}

std::string last_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

unsigned next_timeout(SSL*, unsigned previous_us) {
  return previous_us == 0 ? first_timeout_us : std::min(previous_us * 2, longest_timeout_us);
}

}  // namespace

struct Dtls::Impl {
  Output output;
  Data data;
  std::vector<sdp::Fingerprint> peer;
  bool is_server = false;
  State state = State::handshaking;
  Error error;
  SrtpKeys keys;
  BytesView incoming;    // the one datagram that receive() is about
  bool refused = false;  // by verify()
  std::unique_ptr<SSL, SslDeleter> ssl;

  static BIO_METHOD* datagram_method();
  static int write(BIO* bio, const char* data, int size);
  static int read(BIO* bio, char* data, int size);
  static long control(BIO* bio, int command, long number, void* pointer);
  static int verify(X509_STORE_CTX* store, void*);

  void step();
  void handshake();
  void drain();
  void finish();
  void fail_with(std::string what, std::string fix = {});
};

// The BIO's vtable is immutable and lives as long as the process, like any other vtable.
BIO_METHOD* Dtls::Impl::datagram_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
    BIO_meth_set_write(made, &Impl::write);
    BIO_meth_set_read(made, &Impl::read);
    BIO_meth_set_ctrl(made, &Impl::control);
    BIO_meth_set_create(made, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }();
  return method;
}

int Dtls::Impl::write(BIO* bio, const char* data, int size) {
  auto& self = *static_cast<Impl*>(BIO_get_data(bio));
  if (size > 0) self.output(BytesView(reinterpret_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)));
  return size;
}

int Dtls::Impl::read(BIO* bio, char* data, int size) {
  auto& self = *static_cast<Impl*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.incoming.empty() || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t taken = std::min(self.incoming.size(), static_cast<std::size_t>(size));
  std::memcpy(data, self.incoming.data(), taken);
  self.incoming = {};  // a datagram is read whole or cut, like recv(2)
  return static_cast<int>(taken);
}

long Dtls::Impl::control(BIO*, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return mtu;
    default: return 0;
  }
}

// Stands in for the chain check of OpenSSL: WebRTC certificates are self-signed, the SDP's fingerprint is their only
// warrant (RFC 8827 6.5). Refusing here ends the handshake before any key is derived.
int Dtls::Impl::verify(X509_STORE_CTX* store, void*) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<Impl*>(SSL_get_app_data(ssl));
  if (any_matches(X509_STORE_CTX_get0_cert(store), self.peer)) return 1;
  self.refused = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

void Dtls::Impl::fail_with(std::string what, std::string fix) {
  state = State::failed;
  error = Error{std::move(what), std::move(fix), Next::reconnect};
}

void Dtls::Impl::step() {
  if (state == State::handshaking) handshake();
  if (state == State::connected) drain();
  incoming = {};
}

void Dtls::Impl::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  if (result == 1) return finish();
  const int reason = SSL_get_error(ssl.get(), result);
  if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return;
  if (refused) {
    fail_with("the peer's certificate does not match the fingerprint in its SDP",
              "somebody stands between us and the peer, or the signaling mixed two sessions up");
  } else {
    fail_with("the DTLS handshake failed: " + last_openssl_error());
  }
}

// After the handshake: data (SCTP), alerts, and retransmissions of its last flight that want an answer. Whoever takes
// the data may close().
void Dtls::Impl::drain() {
  std::uint8_t scratch[2048];
  while (state == State::connected) {
    ERR_clear_error();
    const int got = SSL_read(ssl.get(), scratch, sizeof scratch);
    if (got > 0) {
      if (data) data(BytesView(scratch, static_cast<std::size_t>(got)));
      continue;
    }
    const int reason = SSL_get_error(ssl.get(), got);
    if (reason == SSL_ERROR_ZERO_RETURN) {
      state = State::closed;
    } else if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      fail_with("the peer ended DTLS: " + last_openssl_error());
    }
    return;
  }
}

void Dtls::Impl::finish() {
  const std::unique_ptr<X509, X509Deleter> shown(SSL_get1_peer_certificate(ssl.get()));
  if (!shown || !any_matches(shown.get(), peer)) {
    return fail_with("the peer's certificate does not match the fingerprint in its SDP");
  }
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl.get());
  const auto* profile = std::find_if(std::begin(profiles), std::end(profiles), [chosen](const Profile& row) {
    return chosen != nullptr && row.id == chosen->id;
  });
  if (profile == std::end(profiles)) return fail_with("the peer speaks DTLS but none of our SRTP profiles");

  std::uint8_t material[2 * (32 + 14)];
  const std::size_t size = 2 * (profile->key + profile->salt);
  const bool exported = SSL_export_keying_material(ssl.get(), material, size, exporter_label,
                                                   std::strlen(exporter_label), nullptr, 0, 0) == 1;
  if (!exported) return fail_with("OpenSSL exports no SRTP keys: " + last_openssl_error());
  const auto half = [&](std::size_t index) {  // client key, server key, client salt, server salt (RFC 5764 4.2)
    Bytes joined(material + index * profile->key, material + (index + 1) * profile->key);
    const std::uint8_t* salt = material + 2 * profile->key + index * profile->salt;
    joined.insert(joined.end(), salt, salt + profile->salt);
    return joined;
  };
  keys.profile = profile->name;
  keys.send = half(is_server ? 1 : 0);
  keys.receive = half(is_server ? 0 : 1);
  OPENSSL_cleanse(material, sizeof material);
  state = State::connected;
}

SSL_CTX* make_dtls_context(X509* certificate, EVP_PKEY* key) {
  SSL_CTX* context = SSL_CTX_new(DTLS_method());
  BIGFOOT_CHECK(context != nullptr, "OpenSSL has no DTLS");
  SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_options(context,
                      SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle session holds no 2 × 17 KiB
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(context, 1);
  const bool usable = SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                      SSL_CTX_set_cipher_list(context, ciphers) == 1 &&
                      SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
                      SSL_CTX_set_tlsext_use_srtp(context, srtp_profiles) == 0;
  BIGFOOT_CHECK(usable, "OpenSSL refuses our DTLS settings");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &Dtls::verify_peer, nullptr);
  return context;
}

int Dtls::verify_peer(X509_STORE_CTX* store, void* unused) { return Impl::verify(store, unused); }

Dtls::Dtls(SSL_CTX* context, bool server, std::vector<sdp::Fingerprint> peer, Output output, Data data)
    : impl_(std::make_unique<Impl>()) {
  impl_->output = std::move(output);
  impl_->data = std::move(data);
  impl_->peer = std::move(peer);
  impl_->is_server = server;
  impl_->ssl.reset(SSL_new(context));
  SSL* ssl = impl_->ssl.get();
  BIO* bio = BIO_new(Impl::datagram_method());
  BIGFOOT_CHECK(ssl != nullptr && bio != nullptr, "out of memory");
  BIO_set_data(bio, impl_.get());
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, impl_.get());
  SSL_set_mtu(ssl, mtu);
  DTLS_set_timer_cb(ssl, &next_timeout);
  if (server) {
    SSL_set_accept_state(ssl);
  } else {
    SSL_set_connect_state(ssl);
  }
}

Dtls::~Dtls() {
  OPENSSL_cleanse(impl_->keys.send.data(), impl_->keys.send.size());
  OPENSSL_cleanse(impl_->keys.receive.data(), impl_->keys.receive.size());
}

void Dtls::start() {
  if (!impl_->is_server) impl_->step();
}

void Dtls::receive(BytesView datagram) {
  if (impl_->state != State::handshaking && impl_->state != State::connected) return;
  impl_->incoming = datagram;
  impl_->step();
}

std::optional<Nanos> Dtls::timeout() const {
  timeval left{};
  if (impl_->state != State::handshaking || DTLSv1_get_timeout(impl_->ssl.get(), &left) != 1) return std::nullopt;
  return Seconds(left.tv_sec) + Micros(left.tv_usec);
}

void Dtls::handle_timeout() {
  if (impl_->state != State::handshaking) return;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(impl_->ssl.get()) < 0) impl_->fail_with("the peer does not answer the DTLS handshake");
}

void Dtls::send(BytesView data) {
  if (impl_->state != State::connected || data.empty()) return;
  ERR_clear_error();
  SSL_write(impl_->ssl.get(), data.data(), static_cast<int>(data.size()));
}

void Dtls::close() {
  if (impl_->state != State::connected) return;
  SSL_shutdown(impl_->ssl.get());
  impl_->state = State::closed;
}

Dtls::State Dtls::state() const { return impl_->state; }
const Error& Dtls::error() const { return impl_->error; }
bool Dtls::server() const { return impl_->is_server; }
const SrtpKeys& Dtls::keys() const { return impl_->keys; }

bool Dtls::peer_matches(const std::vector<sdp::Fingerprint>& fingerprints) const {
  const std::unique_ptr<X509, X509Deleter> shown(SSL_get1_peer_certificate(impl_->ssl.get()));
  return shown && any_matches(shown.get(), fingerprints);
}

}  // namespace bigfoot::transport
