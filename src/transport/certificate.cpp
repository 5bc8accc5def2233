#include "transport/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <chrono>

#include "base/check.hpp"
#include "base/random.hpp"
#include "transport/dtls.hpp"

namespace bigfoot::transport {
namespace {

constexpr long day = 24 * 60 * 60;

X509* self_signed(EVP_PKEY* key) {
  X509* certificate = X509_new();
  BIGFOOT_CHECK(certificate != nullptr, "out of memory");
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), random_u32());
  // A day back for a robot whose clock is behind; nobody checks the dates (the fingerprint binds), but stacks parse
  // them.
  X509_gmtime_adj(X509_getm_notBefore(certificate), -day);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * day);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("bigfoot"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  BIGFOOT_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0, "OpenSSL cannot sign with P-256");
  return certificate;
}

}  // namespace

Certificate::Certificate() : key_(EVP_EC_gen("P-256")) {
  BIGFOOT_CHECK(key_ != nullptr, "OpenSSL has no P-256");
  x509_ = self_signed(key_);
  fingerprint_ = "sha-256 " + digest_of(x509_, "sha-256").value();
  context_ = make_dtls_context(x509_, key_);
}

Certificate::~Certificate() {
  SSL_CTX_free(context_);
  X509_free(x509_);
  EVP_PKEY_free(key_);
}

std::optional<std::string> digest_of(const X509* certificate, const std::string& algorithm) {
  const EVP_MD* method = algorithm == "sha-256"   ? EVP_sha256()
                         : algorithm == "sha-384" ? EVP_sha384()
                         : algorithm == "sha-512" ? EVP_sha512()
                                                  : nullptr;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (method == nullptr || X509_digest(certificate, method, digest, &size) != 1) return std::nullopt;
  constexpr char hex[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += hex[digest[i] >> 4];
    text += hex[digest[i] & 15];
  }
  return text;
}

}  // namespace bigfoot::transport
