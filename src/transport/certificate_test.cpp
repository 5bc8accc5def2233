#include "transport/certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>

namespace bigfoot::transport {
namespace {

using ::testing::MatchesRegex;

TEST(Certificate, IsP256AndTellsItsFingerprint) {
  const Certificate certificate;
  EXPECT_EQ(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.x509())), 256);
  EXPECT_THAT(certificate.fingerprint(), MatchesRegex("sha-256 ([0-9A-F][0-9A-F]:){31}[0-9A-F][0-9A-F]"));
}

TEST(Certificate, TwoAreNeverTheSame) { EXPECT_NE(Certificate().fingerprint(), Certificate().fingerprint()); }

TEST(Certificate, DigestsByTheStrongAlgorithmsOnly) {
  const Certificate certificate;
  EXPECT_EQ("sha-256 " + *digest_of(certificate.x509(), "sha-256"), certificate.fingerprint());
  EXPECT_EQ(digest_of(certificate.x509(), "sha-384")->size(), 48u * 3 - 1);
  EXPECT_EQ(digest_of(certificate.x509(), "sha-512")->size(), 64u * 3 - 1);
  for (const char* weak : {"sha-1", "md5", "", "SHA-256"}) EXPECT_FALSE(digest_of(certificate.x509(), weak)) << weak;
}

}  // namespace
}  // namespace bigfoot::transport
