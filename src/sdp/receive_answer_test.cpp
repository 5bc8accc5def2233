#include "sdp/receive_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/answer.hpp"
#include "sdp/description.hpp"
#include "sdp/media_view.hpp"
#include "sdp/offer.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string digest =
    "6C:1D:7E:8B:A2:3F:55:04:19:CE:D2:77:40:AF:38:E1:B5:2C:69:F8:43:9D:0A:81:56:BE:24:7F:C0:13:A5:EC";

LocalTransport transport() {
  LocalTransport transport;
  transport.ufrag = "v9Wq";
  transport.pwd = "Yb2nWk8sTq4xRv6zLm1cHd3g";
  transport.fingerprint = "sha-256 " + digest;
  return transport;
}

ReceivingSide viewer() { return {{4712, 1}, transport(), DataSide{}}; }

const std::string h264 =
    "m=video 9 UDP/TLS/RTP/SAVPF 102\r\na=sendonly\r\na=rtpmap:102 H264/90000\r\n"
    "a=fmtp:102 packetization-mode=1;profile-level-id=42e01f\r\n";

// What a sender says; each section gets transport, rtcp-mux and its place as mid.
std::string offer_with(const std::vector<std::string>& sections, const std::string& group = "0 1 2",
                       const std::string& setup = "actpass") {
  std::string text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
  if (!group.empty()) text += "a=group:BUNDLE " + group + "\r\n";
  for (std::size_t i = 0; i < sections.size(); ++i)
    text += sections[i] + "a=mid:" + std::to_string(i) +
            "\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:sha-256 " + digest +
            "\r\na=setup:" + setup + "\r\na=rtcp-mux\r\n";
  return text;
}

ReceiveAnswer answered(const std::string& offer, const ReceivingSide& side = viewer()) {
  auto answer = answer_sender(offer, side);
  EXPECT_TRUE(answer) << answer.error().text();
  return answer ? *answer : ReceiveAnswer{};
}

std::string error_of(const std::string& offer) {
  const auto answer = answer_sender(offer, viewer());
  EXPECT_FALSE(answer);
  return answer ? "" : answer.error().text();
}

Offer robot(std::size_t cameras) {
  Offer offer;
  offer.origin = {4711, 1};
  offer.cname = "rover-7";
  offer.transport = transport();
  offer.tracks = {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true},
                  {"rear", {0x42, 0xe0, 0x28}, 21, 22, true},
                  {"arm", {0x42, 0xe0, 0x1f}, 31, 32, true}};
  offer.tracks.resize(cameras);
  offer.data = OfferedData{{}, 2};
  return offer;
}

TEST(ReceiveAnswer, IsUnderstoodByTheRobotThatOffered) {
  const Offer offer = robot(2);
  const auto answer = answered(make_offer(offer));
  ASSERT_EQ(answer.receiving.tracks.size(), 2u);
  EXPECT_EQ(answer.receiving.tracks[1].name, "rear");
  EXPECT_EQ(answer.receiving.tracks[1].ssrc, 21u);
  EXPECT_EQ(answer.receiving.tracks[1].rtx_ssrc, 22u);
  EXPECT_EQ(answer.receiving.data->mid, "2");
  const auto negotiated = read_answer(offer, answer.text);
  ASSERT_TRUE(negotiated) << negotiated.error().text();
  for (const auto& track : negotiated->tracks) {
    EXPECT_TRUE(track.accepted) << track.reason;
    EXPECT_TRUE(track.rtx_payload_type.has_value());
    EXPECT_TRUE(track.feedback.nack && track.feedback.pli && track.feedback.transport_cc);
    EXPECT_TRUE(track.reduced_size_rtcp);
    EXPECT_NE(track.extensions.transport_cc, 0);
    EXPECT_NE(track.extensions.abs_capture_time, 0);
    EXPECT_NE(track.extensions.mid, 0);
    EXPECT_EQ(track.extensions.playout_delay, 0) << "nothing is held back here, so nothing has to be said about it";
  }
  EXPECT_EQ(negotiated->tracks[1].profile_level_id.text(), "42e028");
  EXPECT_TRUE(negotiated->data);
  EXPECT_NE(negotiated->setup, answer.receiving.setup);
}

TEST(ReceiveAnswer, ACameraThatComesAndAnIceRestartLeaveTheOthersAsTheyWere) {
  Offer offer = robot(2);
  const auto first = answered(make_offer(offer));
  offer.tracks = robot(3).tracks;
  offer.origin.version = 2;
  offer.transport.ufrag = "new1";
  offer.transport.pwd = "newnewnewnewnewnewnewnew";
  offer.tracks[0].active = false;
  auto side = viewer();
  side.origin.version = 2;
  const auto second = answered(make_offer(offer), side);
  EXPECT_THAT(second.text, HasSubstr("o=- 4712 2 "));
  EXPECT_EQ(second.receiving.remote.ufrag, "new1");
  ASSERT_EQ(second.receiving.tracks.size(), 3u);
  EXPECT_FALSE(second.receiving.tracks[0].accepted);
  EXPECT_EQ(second.receiving.tracks[0].reason, "the sender paused it");
  EXPECT_EQ(second.receiving.tracks[1].formats, first.receiving.tracks[1].formats);
  EXPECT_EQ(second.receiving.tracks[1].mid, "1");
  EXPECT_EQ(second.receiving.tracks[2].name, "arm");
  EXPECT_EQ(second.receiving.tracks[2].mid, "3") << "behind the data section";
  EXPECT_EQ(second.receiving.data->mid, "2");
  const auto negotiated = read_answer(offer, second.text);
  ASSERT_TRUE(negotiated) << negotiated.error().text();
  EXPECT_TRUE(negotiated->tracks[2].accepted);
}

TEST(ReceiveAnswer, TakesNoMoreCamerasThanWanted) {
  auto side = viewer();
  side.tracks = 1;
  const auto answer = answered(make_offer(robot(2)), side);
  EXPECT_TRUE(answer.receiving.tracks[0].accepted);
  EXPECT_FALSE(answer.receiving.tracks[1].accepted);
  EXPECT_EQ(answer.receiving.tracks[1].reason, "more cameras than wanted");
  const auto description = parse_description(answer.text).value();
  EXPECT_EQ(description.media[1].port, 0);
  EXPECT_THAT(bundle_of(description), ElementsAre("0", "2"));
}

TEST(ReceiveAnswer, RefusesWhatItHasNoUseFor) {
  const auto answer = answered(offer_with({h264, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n",
                                           "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"}),
                               {{1, 1}, transport(), std::nullopt});
  const auto description = parse_description(answer.text).value();
  EXPECT_EQ(description.media[1].port, 0);
  EXPECT_EQ(description.media[2].port, 0);
  EXPECT_THAT(bundle_of(description), ElementsAre("0"));
  EXPECT_FALSE(answer.receiving.data);
}

TEST(ReceiveAnswer, KeepsAudioThatComesFirstAsTheTransport) {
  const auto answer = answered(offer_with({"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n", h264}));
  EXPECT_EQ(answer.receiving.bundle_mid, "0");
  const auto description = parse_description(answer.text).value();
  EXPECT_EQ(description.media[0].port, 9);
  EXPECT_EQ(direction(description, description.media[0]), Direction::inactive);
  EXPECT_THAT(answer.receiving.tracks, testing::SizeIs(1));
  EXPECT_EQ(answer.receiving.tracks[0].m_line, 1u);
}

TEST(ReceiveAnswer, PrefersPacketizationMode1AndTheSendersOrder) {
  const std::string several =
      "m=video 9 UDP/TLS/RTP/SAVPF 100 101 102 103 104\r\na=rtpmap:100 VP8/90000\r\n"
      "a=rtpmap:101 H264/90000\r\na=fmtp:101 packetization-mode=0;profile-level-id=42e01f\r\n"
      "a=rtpmap:102 H264/90000\r\na=fmtp:102 "
      "packetization-mode=1;profile-level-id=64001f;sprop-parameter-sets=Z0LA,aM4=\r\n"
      "a=rtpmap:103 H264/90000\r\na=fmtp:103 packetization-mode=1;profile-level-id=42e01f\r\n"
      "a=rtpmap:104 rtx/90000\r\na=fmtp:104 apt=102\r\n";
  const auto answer = answered(offer_with({several}));
  ASSERT_EQ(answer.receiving.tracks[0].formats.size(), 1u);
  const auto& format = answer.receiving.tracks[0].formats[0];
  EXPECT_EQ(format.payload_type, 102);
  EXPECT_EQ(format.rtx_payload_type, 104);
  EXPECT_EQ(format.profile_level_id->text(), "64001f");
  EXPECT_THAT(format.parameter_sets, ElementsAre(Bytes{0x67, 0x42, 0xc0}, Bytes{0x68, 0xce}));
  EXPECT_THAT(answer.text, HasSubstr("m=video 9 UDP/TLS/RTP/SAVPF 102 104\r\n"));
  EXPECT_THAT(answer.text, HasSubstr("a=fmtp:102 packetization-mode=1;profile-level-id=64001f\r\n"));
  EXPECT_THAT(answer.text, Not(HasSubstr("sprop")));
}

TEST(ReceiveAnswer, TakesH264ThatSaysLittleOfItself) {
  const auto bare = answered(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 H264/90000\r\n"}));
  EXPECT_TRUE(bare.receiving.tracks[0].accepted);
  EXPECT_FALSE(bare.receiving.tracks[0].formats[0].profile_level_id);
  EXPECT_THAT(bare.text, Not(HasSubstr("a=fmtp")));
  const auto mode_0 =
      answered(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 h264/90000\r\n"
                           "a=fmtp:96 packetization-mode=0;profile-level-id=4D4028\r\n"}));
  EXPECT_TRUE(mode_0.receiving.tracks[0].accepted);
  EXPECT_THAT(mode_0.text, HasSubstr("a=fmtp:96 profile-level-id=4d4028\r\n"));
}

TEST(ReceiveAnswer, TransportFeedbackNeedsItsNumbers) {
  const std::string feedback = h264 + "a=rtcp-fb:102 nack\r\na=rtcp-fb:102 transport-cc\r\na=rtcp-fb:102 goog-remb\r\n";
  const std::string numbers = "a=extmap:5/sendonly " + std::string(rtp::transport_cc_uri) + "\r\n";
  const auto without = answered(offer_with({feedback}));
  EXPECT_FALSE(without.receiving.tracks[0].formats[0].feedback.transport_cc);
  EXPECT_THAT(without.text, Not(HasSubstr("transport-cc")));
  const auto with = answered(offer_with({feedback + numbers}));
  EXPECT_TRUE(with.receiving.tracks[0].formats[0].feedback.transport_cc);
  EXPECT_EQ(with.receiving.tracks[0].extensions.transport_cc, 5);
  EXPECT_THAT(with.text, HasSubstr("a=extmap:5/recvonly " + std::string(rtp::transport_cc_uri)));
  EXPECT_THAT(with.text, Not(HasSubstr("goog-remb"))) << "nothing here estimates for the sender";
  const auto others_way =
      answered(offer_with({feedback + "a=extmap:5/recvonly " + std::string(rtp::transport_cc_uri) + "\r\n"}));
  EXPECT_EQ(others_way.receiving.tracks[0].extensions.transport_cc, 0);
}

TEST(ReceiveAnswer, BelievesOnlySourcesThatFitTogether) {
  const auto sources = [](const std::string& lines) {
    return answered(offer_with({h264 + "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n" + lines}))
        .receiving.tracks[0];
  };
  EXPECT_FALSE(sources("").ssrc);
  EXPECT_EQ(sources("a=ssrc:5 cname:x\r\n").ssrc, 5u);
  EXPECT_FALSE(sources("a=ssrc:99999999999 cname:x\r\n").ssrc);
  std::string offer = offer_with({h264 + "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\na=ssrc:5 cname:x\r\n"
                                         "a=ssrc:6 cname:x\r\na=ssrc-group:FID 5 6\r\n"});
  offer.replace(offer.find("SAVPF 102"), 9, "SAVPF 102 103");
  EXPECT_EQ(answered(offer).receiving.tracks[0].rtx_ssrc, 6u);
  offer.replace(offer.find("FID 5 6"), 7, "FID 9 6");
  EXPECT_FALSE(answered(offer).receiving.tracks[0].rtx_ssrc);
  EXPECT_EQ(answered(offer).receiving.tracks[0].ssrc, 5u);
}

TEST(ReceiveAnswer, TracksHaveNamesOfTheirOwn) {
  const auto names = [](std::vector<std::string> streams) {
    std::vector<std::string> sections;
    for (const auto& stream : streams) sections.push_back(h264 + "a=msid:" + stream + "\r\n");
    std::vector<std::string> found;
    for (const auto& track : answered(offer_with(sections)).receiving.tracks) found.push_back(track.name);
    return found;
  };
  EXPECT_THAT(names({"front front", "rear rear"}), ElementsAre("front", "rear"));
  EXPECT_THAT(names({"robot a", "robot b"}), ElementsAre("robot", "video.1"));
  EXPECT_THAT(names({".. a", ". b"}), ElementsAre("_.", "_"));
  EXPECT_THAT(names({"video.1 a", "- b"}), ElementsAre("video.1", "video.1_"));
  EXPECT_THAT(names({"- a", "../../etc/passwd b"}), ElementsAre("video.0", "_._.._etc_passwd"));
}

TEST(ReceiveAnswer, SaysWhyThereIsNothingToReceive) {
  EXPECT_THAT(error_of(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=rtpmap:100 VP8/90000\r\n"})),
              HasSubstr("no common codec: the sender offers VP8 but not H.264"));
  EXPECT_THAT(error_of(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=rtpmap:100 H264/90000\r\n"
                                   "a=fmtp:100 packetization-mode=1;profile-level-id=6e001f\r\n"})),
              HasSubstr("only with profile-level-id 6e001f"));
  EXPECT_THAT(error_of(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=rtpmap:100 H264/90000\r\n"
                                   "a=fmtp:100 packetization-mode=2\r\n"})),
              HasSubstr("packetization-mode=2"));
  EXPECT_THAT(error_of(offer_with({"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n"})),
              HasSubstr("the sender offers no video (only audio)"));
  std::string recvonly = offer_with({h264});
  recvonly.replace(recvonly.find("sendonly"), 8, "recvonly");
  EXPECT_THAT(error_of(recvonly), HasSubstr("the sender offers no video"));
  std::string no_mux = offer_with({h264});
  no_mux.erase(no_mux.find("a=rtcp-mux\r\n"), 12);
  EXPECT_THAT(error_of(no_mux), HasSubstr("no a=rtcp-mux"));
  EXPECT_THAT(error_of("hello"), Not(IsEmpty()));
  EXPECT_TRUE(is_no_common_codec(
      answer_sender(offer_with({"m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=rtpmap:100 VP8/90000\r\n"}), viewer()).error()));
}

TEST(ReceiveAnswer, WithoutBundleTheFirstVideoIsTaken) {
  const auto answer = answered(offer_with({h264, h264}, ""));
  EXPECT_TRUE(answer.receiving.tracks[0].accepted);
  EXPECT_FALSE(answer.receiving.tracks[1].accepted);
  EXPECT_THAT(answer.text, Not(HasSubstr("a=group")));
}

TEST(ReceiveAnswer, TheOffersWordOnDtlsCounts) {
  EXPECT_EQ(answered(offer_with({h264})).receiving.setup, Setup::passive);
  EXPECT_EQ(answered(offer_with({h264}, "0", "passive")).receiving.setup, Setup::active);
  EXPECT_EQ(answered(offer_with({h264}, "0", "active")).receiving.setup, Setup::passive);
  auto side = viewer();
  side.transport.setup = Setup::active;
  EXPECT_EQ(answered(offer_with({h264}), side).receiving.setup, Setup::active);
}

}  // namespace
}  // namespace bigfoot::sdp
