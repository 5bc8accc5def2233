#include "transport/peer_connection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transport/peer_pair.hpp"

namespace bigfoot::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PeerConnection, ConnectsAndSaysEachState) {
  PeerPair pair;
  ASSERT_TRUE(pair.connect());
  EXPECT_THAT(pair.offerer.states,
              ElementsAre(PeerState::connecting_ice, PeerState::handshaking, PeerState::connected));
  EXPECT_EQ(pair.offerer.peer.srtp_profile(), "AEAD_AES_128_GCM");
  EXPECT_EQ(pair.answerer.peer.srtp_profile(), "AEAD_AES_128_GCM");
  ASSERT_TRUE(pair.offerer.peer.path());
  EXPECT_EQ(pair.offerer.peer.path()->local, pair.answerer.peer.path()->remote);
  EXPECT_EQ(pair.offerer.peer.path()->generation, 1u);
}

}  // namespace
}  // namespace bigfoot::transport
