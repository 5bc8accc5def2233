// The golden files carry the rest: golden_test.cpp asks the kind of every one.
#include "sdp/peer_kind.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bigfoot::sdp {
namespace {

constexpr auto chrome =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
constexpr auto safari =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 "
    "Safari/604.1";
constexpr auto firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

TEST(PeerKind, TheUserAgentDecidesWhatSdpLeavesOpen) {
  EXPECT_EQ(peer_kind("", chrome), PeerKind::chromium);
  EXPECT_EQ(peer_kind("garbage", safari), PeerKind::safari);
  EXPECT_EQ(peer_kind("", firefox), PeerKind::firefox);
  EXPECT_EQ(peer_kind("", "GStreamer souphttpsrc 1.22.0 libsoup/2.74.3"), PeerKind::gstreamer);
  EXPECT_EQ(peer_kind("", "curl/7.88.1"), PeerKind::unknown);
  EXPECT_EQ(peer_kind(""), PeerKind::unknown);
}

TEST(PeerKind, OnlyTheUserAgentTellsSafarisAnswerFromChromiums) {
  const std::string answer = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=msid-semantic: WMS\r\n";
  EXPECT_EQ(peer_kind(answer), PeerKind::chromium);
  EXPECT_EQ(peer_kind(answer, safari), PeerKind::safari);
}

TEST(PeerKind, TheSdpOutweighsABorrowedUserAgent) {
  EXPECT_EQ(peer_kind("v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 1 0 IN IP4 0.0.0.0\r\ns=-\r\n", chrome),
            PeerKind::firefox);
  EXPECT_EQ(peer_kind("v=0\r\no=rtc 1 0 IN IP4 127.0.0.1\r\ns=-\r\n", chrome), PeerKind::libdatachannel);
}

}  // namespace
}  // namespace bigfoot::sdp
