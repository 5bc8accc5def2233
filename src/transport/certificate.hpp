#pragma once
// The program's DTLS identity: ECDSA P-256, self-signed, made once at start (making an RSA key would cost the first picture).

#include <memory>
#include <string>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

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
  EVP_PKEY* key() const { return key_; }

 private:
  X509* x509_ = nullptr;
  EVP_PKEY* key_ = nullptr;
  std::string fingerprint_;
};

}  // namespace bigfoot::transport
