#pragma once
// The program's DTLS identity: ECDSA P-256, self-signed, made once at start (making an RSA key would cost the first
// picture).

#include <memory>
#include <optional>
#include <string>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct ssl_ctx_st SSL_CTX;

namespace bigfoot::transport {

class Certificate {
 public:
  Certificate();
  ~Certificate();
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  /// "sha-256 AB:CD:…" as it stands behind a=fingerprint: (RFC 8122).
  const std::string& fingerprint() const { return fingerprint_; }
  X509* x509() const { return x509_; }
  /// The DTLS settings that all sessions of this identity share (one context a session would cost 20 KiB each).
  SSL_CTX* context() const { return context_; }

 private:
  X509* x509_ = nullptr;
  EVP_PKEY* key_ = nullptr;
  SSL_CTX* context_ = nullptr;
  std::string fingerprint_;
};

/// The digest of a certificate, upper-case hex pairs with colons; nothing for an algorithm other than sha-256, sha-384
/// and sha-512 (RFC 8122 forbids MD5, and SHA-1 is too weak to bind a camera to a person).
std::optional<std::string> digest_of(const X509* certificate, const std::string& algorithm);

}  // namespace bigfoot::transport
