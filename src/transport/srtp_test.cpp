#include "transport/srtp.hpp"

#include <gtest/gtest.h>

#include "transport/peer_pair.hpp"

namespace bigfoot::transport {
namespace {

struct Profile {
  const char* name;
  std::size_t key_and_salt;
};

class SrtpProfiles : public ::testing::TestWithParam<Profile> {
 protected:
  SrtpKeys keys(bool first) const {
    const Bytes a(GetParam().key_and_salt, 0x21);
    const Bytes b(GetParam().key_and_salt, 0x43);
    return {GetParam().name, first ? a : b, first ? b : a};
  }
  Srtp alice = std::move(*Srtp::make(keys(true)));
  Srtp bob = std::move(*Srtp::make(keys(false)));

  Bytes protect(const Bytes& plain) {
    Bytes wire = plain;
    wire.resize(plain.size() + Srtp::rtp_trailer);
    wire.resize(alice.protect_rtp(wire.data(), plain.size()));
    return wire;
  }
};

TEST_P(SrtpProfiles, RtpComesOutAsItWentIn) {
  for (std::uint16_t sequence = 65530; sequence != 10; ++sequence) {  // over the roll-over of 16 bits
    const Bytes plain = make_rtp(sequence, 900);
    Bytes wire = protect(plain);
    ASSERT_GT(wire.size(), plain.size());
    EXPECT_FALSE(std::equal(plain.begin() + 12, plain.end(), wire.begin() + 12)) << "sent in the clear";
    wire.resize(bob.unprotect_rtp(wire));
    EXPECT_EQ(wire, plain);
  }
}

TEST_P(SrtpProfiles, RtcpComesOutAsItWentIn) {
  const Bytes plain = {0x80, 201, 0, 1, 1, 2, 3, 4};
  Bytes wire = plain;
  wire.resize(plain.size() + Srtp::rtcp_trailer);
  wire.resize(alice.protect_rtcp(wire.data(), plain.size()));
  ASSERT_GT(wire.size(), plain.size());
  wire.resize(bob.unprotect_rtcp(wire));
  EXPECT_EQ(wire, plain);
}

TEST_P(SrtpProfiles, RefusesForgedAndReplayedPackets) {
  const Bytes wire = protect(make_rtp(7, 200));
  Bytes forged = wire;
  forged[100] ^= 1;
  EXPECT_EQ(bob.unprotect_rtp(forged), 0u);
  Bytes first = wire;
  EXPECT_EQ(bob.unprotect_rtp(first), 200u);
  Bytes again = wire;
  EXPECT_EQ(bob.unprotect_rtp(again), 0u);
}

TEST_P(SrtpProfiles, NeverEncryptsASequenceNumberTwice) {
  EXPECT_FALSE(protect(make_rtp(7, 200)).empty());
  EXPECT_TRUE(protect(make_rtp(7, 300)).empty());
}

TEST_P(SrtpProfiles, TakesPacketsLateByAThousand) {
  const Bytes late = protect(make_rtp(1, 100));
  for (std::uint16_t sequence = 2; sequence < 1000; ++sequence) {
    Bytes wire = protect(make_rtp(sequence, 100));
    ASSERT_EQ(bob.unprotect_rtp(wire), 100u);
  }
  Bytes wire = late;
  EXPECT_EQ(bob.unprotect_rtp(wire), 100u);
}

TEST_P(SrtpProfiles, APeerCannotMakeUsKeepEndlessStreams) {
  std::size_t accepted = 0;
  for (std::uint32_t ssrc = 1; ssrc <= 500; ++ssrc) {
    Bytes plain = make_rtp(1, 100, ssrc);
    Bytes wire = protect(plain);
    accepted += bob.unprotect_rtp(wire) > 0 ? 1 : 0;
  }
  EXPECT_EQ(accepted, Srtp::ssrcs_max);
}

TEST_P(SrtpProfiles, ShortPacketsAreNoHarm) {
  for (std::size_t size = 0; size < 40; ++size) {
    Bytes rubbish(size, 0x80);
    EXPECT_EQ(bob.unprotect_rtp(rubbish), 0u);
    EXPECT_EQ(bob.unprotect_rtcp(rubbish), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SrtpProfiles,
                         ::testing::Values(Profile{"AEAD_AES_128_GCM", 28}, Profile{"AEAD_AES_256_GCM", 44},
                                           Profile{"AES128_CM_SHA1_80", 30}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Srtp, RefusesKeysOfTheWrongLength) {
  EXPECT_FALSE(Srtp::make({"AEAD_AES_256_GCM", Bytes(28), Bytes(28)}));
  EXPECT_FALSE(Srtp::make({"AEAD_AES_128_GCM", {}, {}}));
}

}  // namespace
}  // namespace bigfoot::transport
