// Who is at the other end of a PeerConnection: only the certificate whose fingerprint the SDP named.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/peer_pair.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(PeerIdentity, AWrongFingerprintIsRefusedAndNothingPasses) {
  PeerPair pair;
  const Certificate expected;
  ASSERT_TRUE(pair.start());
  ASSERT_TRUE(pair.answerer.peer.set_remote(as_remote(pair.offerer.peer.local(), sdp::Setup::actpass)));
  auto answer = as_remote(pair.answerer.peer.local(), sdp::Setup::passive);
  answer.fingerprints = {{"sha-256", *digest_of(expected.x509(), "sha-256")}};
  ASSERT_TRUE(pair.offerer.peer.set_remote(answer));
  ASSERT_TRUE(pair.loop.run_until([&] { return !pair.offerer.errors.empty(); }, 30s));
  EXPECT_THAT(pair.offerer.errors.front(), HasSubstr("does not match the fingerprint"));
  EXPECT_EQ(pair.offerer.peer.state(), PeerState::closed);
  EXPECT_EQ(pair.offerer.peer.reserve(100), nullptr);
  EXPECT_EQ(pair.offerer.peer.send_rtcp(Bytes(8)), Sent::no_path);
  EXPECT_THAT(pair.offerer.states, ::testing::Not(Contains(PeerState::connected)));
  EXPECT_EQ(pair.offerer.peer.traffic().packets_received, 0u);
  EXPECT_EQ(pair.offerer.peer.srtp_profile(), "");
  pair.loop.run_until([&] { return pair.answerer.peer.state() == PeerState::closed; }, 30s);
  EXPECT_THAT(pair.answerer.states, ::testing::Not(Contains(PeerState::connected)));
}

TEST(PeerIdentity, ADescriptionWithoutFingerprintIsRefused) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  auto offer = as_remote(pair.offerer.peer.local(), sdp::Setup::actpass);
  offer.fingerprints.clear();
  const auto refused = pair.answerer.peer.set_remote(offer);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("fingerprint"));
}

TEST(PeerIdentity, NobodyShakesHandsBeforeTheFingerprintIsKnown) {
  PeerPair pair;
  ASSERT_TRUE(pair.start());
  // Only the answerer knows the offer; it checks and handshakes, the offerer has heard no answer yet.
  auto offer = as_remote(pair.offerer.peer.local(), sdp::Setup::passive);
  ASSERT_TRUE(pair.answerer.peer.set_remote(offer));
  EXPECT_FALSE(pair.loop.run_until([&] { return pair.answerer.peer.connected(); }, 400ms));
  ASSERT_TRUE(pair.offerer.peer.set_remote(as_remote(pair.answerer.peer.local(), sdp::Setup::active)));
  EXPECT_TRUE(pair.wait_connected());
}

TEST(PeerIdentity, AnotherCertificateAtARestartIsRefused) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  const Certificate other;
  auto offer = as_remote(pair.offerer.peer.local(), sdp::Setup::actpass);
  offer.fingerprints = {{"sha-256", *digest_of(other.x509(), "sha-256")}};
  const auto refused = pair.answerer.peer.set_remote(offer);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("certificate changed"));
  EXPECT_TRUE(pair.answerer.peer.connected());
}

}  // namespace
}  // namespace bigfoot::transport
