#include "sdp/receive_offer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/answer.hpp"
#include "sdp/description.hpp"
#include "sdp/media_view.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

LocalTransport transport() {
  LocalTransport transport;
  transport.ufrag = "v9Wq";
  transport.pwd = "Yb2nWk8sTq4xRv6zLm1cHd3g";
  transport.fingerprint =
      "sha-256 6C:1D:7E:8B:A2:3F:55:04:19:CE:D2:77:40:AF:38:E1:B5:2C:69:F8:43:9D:0A:81:56:BE:24:7F:C0:13:A5:EC";
  transport.candidates = {"candidate:1 1 UDP 2015363327 192.0.2.30 50010 typ host"};
  return transport;
}

ReceiveOffer viewer(std::size_t tracks = 2) { return {{4712, 1}, transport(), tracks, DataSide{}}; }

AnswerSide robot(std::vector<Track> tracks) {
  return {{4711, 1}, transport(), "rover-7", std::move(tracks), DataSide{}};
}

const Track front{"front", {0x42, 0xe0, 0x1f}, 11, 12, true};
const Track rear{"rear", {0x64, 0x00, 0x28}, 21, 22, true};

TEST(ReceiveOffer, IsAnsweredByOurRobotAndTheAnswerIsUnderstood) {
  const auto offer = make_receive_offer(viewer());
  const auto answer = answer_offer(offer, robot({front, rear}));
  ASSERT_TRUE(answer) << answer.error().text();
  const auto receiving = read_sender_answer(viewer(), answer->text);
  ASSERT_TRUE(receiving) << receiving.error().text();
  ASSERT_EQ(receiving->tracks.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& theirs = answer->negotiated.tracks[i];
    const auto& ours = receiving->tracks[i];
    EXPECT_TRUE(theirs.accepted && ours.accepted) << theirs.reason << ours.reason;
    ASSERT_EQ(ours.formats.size(), 1u);
    EXPECT_EQ(ours.formats[0].payload_type, theirs.payload_type);
    EXPECT_EQ(ours.formats[0].rtx_payload_type, theirs.rtx_payload_type);
    EXPECT_EQ(ours.formats[0].profile_level_id, theirs.profile_level_id);
    EXPECT_EQ(ours.extensions, theirs.extensions);
    EXPECT_EQ(ours.ssrc, theirs.ssrc);
    EXPECT_EQ(ours.rtx_ssrc, theirs.rtx_ssrc);
    EXPECT_EQ(ours.mid, theirs.mid);
  }
  EXPECT_EQ(receiving->tracks[0].name, "front");
  EXPECT_EQ(receiving->tracks[1].formats[0].profile_level_id->text(), "640028");
  EXPECT_TRUE(receiving->data && answer->negotiated.data);
  EXPECT_NE(receiving->setup, answer->negotiated.setup);
}

TEST(ReceiveOffer, SaysTheSameOfEachVideo) {
  const auto description = parse_description(make_receive_offer(viewer(3))).value();
  ASSERT_EQ(description.media.size(), 4u);
  EXPECT_THAT(bundle_of(description), ElementsAre("0", "1", "2", "3"));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(direction(description, description.media[i]), Direction::recvonly);
    EXPECT_EQ(description.media[i].formats, description.media[0].formats);
  }
  EXPECT_EQ(description.media[3].type, "application");
  EXPECT_EQ(description.media[0].values("candidate").size(), 1u);
  EXPECT_EQ(description.media[1].values("candidate").size(), 0u);
}

TEST(ReceiveOffer, FewerCamerasThanAskedForAreFine) {
  const auto answer = answer_offer(make_receive_offer(viewer(3)), robot({front}));
  ASSERT_TRUE(answer);
  const auto receiving = read_sender_answer(viewer(3), answer->text);
  ASSERT_TRUE(receiving) << receiving.error().text();
  EXPECT_TRUE(receiving->tracks[0].accepted);
  EXPECT_FALSE(receiving->tracks[1].accepted);
  EXPECT_EQ(receiving->tracks[2].reason, "the sender has no camera for it");
}

TEST(ReceiveOffer, ASenderWithoutH264SaysSo) {
  const std::string rejected =
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
  const auto receiving = read_sender_answer({{1, 1}, transport(), 1, {}}, rejected);
  ASSERT_FALSE(receiving);
  EXPECT_TRUE(is_no_common_codec(receiving.error()));
  EXPECT_THAT(receiving.error().text(), HasSubstr("let the sender encode as H.264"));
}

TEST(ReceiveOffer, AnAnswerMustFit) {
  const auto answer = answer_offer(make_receive_offer(viewer(1)), robot({front}));
  ASSERT_TRUE(answer);
  const auto with = [&](const std::string& what, const std::string& instead) {
    std::string text = answer->text;
    text.replace(text.find(what), what.size(), instead);
    const auto receiving = read_sender_answer(viewer(1), text);
    return receiving ? std::string() : receiving.error().what;
  };
  EXPECT_EQ(with("a=mid:0", "a=mid:0"), "");
  EXPECT_THAT(with("a=mid:0", "a=mid:7"), HasSubstr("another a=mid"));
  EXPECT_THAT(with("m=video", "m=audio"), HasSubstr("not video"));
  EXPECT_THAT(with("a=rtcp-mux\r\n", ""), HasSubstr("no a=rtcp-mux"));
  EXPECT_THAT(with("a=setup:passive", "a=setup:actpass"), HasSubstr("actpass"));
  EXPECT_THAT(with("a=ice-pwd:", "a=ice-pwd:!"), HasSubstr("ice-pwd"));
  const auto fewer = read_sender_answer(viewer(2), answer->text);
  ASSERT_FALSE(fewer);
  EXPECT_THAT(fewer.error().what, HasSubstr("2 m-lines, the offer had 3"));
}

TEST(ReceiveOffer, PausedCamerasKeepTheTransport) {
  auto answer = answer_offer(make_receive_offer(viewer(1)), robot({front}));
  ASSERT_TRUE(answer);
  std::string text = answer->text;
  text.replace(text.find("a=sendonly"), 10, "a=inactive");
  const auto receiving = read_sender_answer(viewer(1), text);
  ASSERT_TRUE(receiving) << receiving.error().text();
  EXPECT_FALSE(receiving->tracks[0].accepted);
  EXPECT_EQ(receiving->tracks[0].reason, "the sender paused it");
  EXPECT_FALSE(receiving->remote.fingerprints.empty());
}

}  // namespace
}  // namespace bigfoot::sdp
