#include "sdp/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/description.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string digest =
    "5B:0C:6D:7A:91:2E:44:F3:08:BD:C1:66:3F:9E:27:D0:A4:1B:58:E7:32:8C:F9:70:45:AD:13:6E:BF:02:94:DB";

AnswerSide robot(std::size_t cameras = 2) {
  AnswerSide side;
  side.origin = {4711, 1};
  side.cname = "rover-7";
  side.transport.ufrag = "k3Rq";
  side.transport.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  side.transport.fingerprint = "sha-256 " + digest;
  side.transport.candidates = {"candidate:1 1 UDP 99 192.0.2.1 50000 typ host"};
  side.tracks = {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true}, {"rear", {0x42, 0xe0, 0x1f}, 21, 22, true}};
  side.tracks.resize(cameras);
  return side;
}

/// A viewer's offer, put together section by section; every part can be left out.
struct ViewerOffer {
  std::string group = "a=group:BUNDLE 0 1 2 3\r\n";
  std::string ice = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n";
  std::string fingerprint = "a=fingerprint:sha-256 " + digest + "\r\n";
  std::string setup = "a=setup:actpass\r\n";
  std::string mux = "a=rtcp-mux\r\n";
  std::vector<std::string> sections;

  std::string text() const {
    std::string out = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + group;
    int mid = 0;
    for (const auto& section : sections)
      out += section + "a=mid:" + std::to_string(mid++) + "\r\n" + ice + fingerprint + setup + mux;
    return out;
  }
};

std::string h264(int type, const std::string& fmtp) {
  const auto pt = std::to_string(type);
  return "a=rtpmap:" + pt + " H264/90000\r\n" + (fmtp.empty() ? "" : "a=fmtp:" + pt + " " + fmtp + "\r\n");
}
const std::string baseline = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
const std::string video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n" + h264(96, baseline);
const std::string audio =
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10\r\n";
const std::string data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=sctp-port:5000\r\n";
const std::string vp8 = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n";

std::string error_of(const Result<Answer>& result) { return result ? "none" : result.error().text(); }
Result<Answer> answered_whole(const ViewerOffer& offer) { return answer_offer(offer.text(), robot()); }
Result<Answer> answered(std::vector<std::string> sections) {
  ViewerOffer offer;
  offer.sections = std::move(sections);
  return answered_whole(offer);
}
std::vector<int> ports(const Answer& answer) {
  std::vector<int> found;
  const auto text = parse_description(answer.text).value();
  for (const auto& media : text.media) found.push_back(media.port);
  return found;
}

TEST(Answer, SendsTheFirstCamerasToTheVideoSectionsInOrder) {
  const auto answer = answered({video, data, video, video});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(ports(*answer), ElementsAre(9, 0, 9, 0));
  const auto text = parse_description(answer->text).value();
  EXPECT_EQ(text.value("group"), "BUNDLE 0 2");
  EXPECT_EQ(text.media[0].value("msid"), "front front");
  EXPECT_EQ(text.media[2].value("msid"), "rear rear");
  EXPECT_TRUE(text.media[0].has("sendonly"));
  EXPECT_EQ(text.media[1].protocol, "UDP/DTLS/SCTP");
  EXPECT_EQ(text.media[1].value("mid"), "1");
  EXPECT_EQ(answer->negotiated.tracks[1].m_line, 2u);
}

TEST(Answer, OneVideoSectionShowsTheFirstCamera) {
  const auto answer = answered({video});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->negotiated.tracks[0].accepted);
  EXPECT_FALSE(answer->negotiated.tracks[1].accepted);
  EXPECT_FALSE(answer->negotiated.tracks[1].m_line);
}

TEST(Answer, AudioThatCarriesTheBundleStaysInactiveElseItIsRefused) {
  const auto first = answered({audio, video});
  ASSERT_TRUE(first);
  EXPECT_THAT(ports(*first), ElementsAre(9, 9));
  const auto text = parse_description(first->text).value();
  EXPECT_TRUE(text.media[0].has("inactive"));
  EXPECT_EQ(text.media[0].value("rtpmap"), "111 opus/48000/2");
  EXPECT_TRUE(text.media[0].has("candidate")) << "the transport that everything uses";
  EXPECT_FALSE(text.media[1].has("candidate"));
  EXPECT_EQ(first->negotiated.bundle_m_line, 0u);
  EXPECT_EQ(first->negotiated.tracks[0].m_line, 1u);

  const auto second = answered({video, audio});
  EXPECT_THAT(ports(*second), ElementsAre(9, 0));
  EXPECT_EQ(parse_description(second->text)->value("group"), "BUNDLE 0");
}

TEST(Answer, ABundleOnlySectionIsOfferedThoughItsPortIsZero) {
  const auto answer =
      answered({audio, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=bundle-only\r\na=recvonly\r\n" + h264(96, baseline)});
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_THAT(ports(*answer), ElementsAre(9, 9));
}

TEST(Answer, SectionsThatDoNotReceiveAreNotForUs) {
  const auto camera_of_theirs = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\n" + h264(96, baseline);
  const auto gone = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=recvonly\r\n" + h264(96, baseline);
  const auto answer = answered({video, camera_of_theirs, gone, video});
  ASSERT_TRUE(answer);
  EXPECT_THAT(ports(*answer), ElementsAre(9, 0, 0, 9));
  EXPECT_EQ(answer->negotiated.tracks[1].m_line, 3u);
}

TEST(Answer, APausedSectionKeepsItsCamera) {
  const auto paused = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=inactive\r\n" + h264(96, baseline);
  const auto answer = answered({paused, video});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->negotiated.tracks[0].reason, "the viewer paused it");
  EXPECT_EQ(answer->negotiated.tracks[1].m_line, 1u);
  EXPECT_TRUE(parse_description(answer->text)->media[0].has("inactive"));
  EXPECT_THAT(ports(*answer), ElementsAre(9, 9));
}

TEST(Answer, ACameraThatIsOffIsInactive) {
  ViewerOffer offer;
  offer.sections = {video, video};
  AnswerSide side = robot();
  side.tracks[0].active = false;
  const auto answer = answer_offer(offer.text(), side);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->negotiated.tracks[0].reason, "the camera is off");
  EXPECT_TRUE(answer->negotiated.tracks[1].accepted);
}

// profile of ours 42e01f; the payload type that should win, 0 for none.
TEST(Answer, ChoosesTheBestH264) {
  struct Case {
    std::vector<std::pair<int, std::string>> offered;
    int chosen;
  };
  const std::vector<Case> cases{
      {{{96, "packetization-mode=0;profile-level-id=42e01f"}, {98, "packetization-mode=1;profile-level-id=42e01f"}},
       98},
      {{{96, "packetization-mode=1;profile-level-id=640c1f"}, {98, "packetization-mode=1;profile-level-id=42C014"}},
       98},
      {{{96, "packetization-mode=1;profile-level-id=640c1f"}, {98, "packetization-mode=1;profile-level-id=4d001f"}},
       96},
      {{{96, "packetization-mode=1;profile-level-id=42e01f"}, {98, "packetization-mode=1;profile-level-id=42c01f"}},
       96},
      {{{96, ""}, {98, "packetization-mode=1;profile-level-id=42e01f"}}, 98},
      {{{96, ""}}, 96},
      {{{96, "packetization-mode=1"}}, 96},
      {{{96, " Profile-Level-ID = 42e01f ; Packetization-Mode = 1 "}}, 96},
      {{{96, "profile-level-id=42e01f"}}, 0},
      {{{96, "packetization-mode=1;profile-level-id=f4001f"}}, 0},
      {{{96, "packetization-mode=1;profile-level-id=oops"}}, 0},
  };
  for (const auto& [offered, chosen] : cases) {
    std::string formats, lines;
    for (const auto& [type, fmtp] : offered) {
      formats += ' ' + std::to_string(type);
      lines += h264(type, fmtp);
    }
    const auto answer = answered({"m=video 9 UDP/TLS/RTP/SAVPF" + formats + "\r\na=recvonly\r\n" + lines});
    EXPECT_EQ(answer ? int(answer->negotiated.tracks[0].payload_type) : 0, chosen) << lines << error_of(answer);
    EXPECT_EQ(!answer && is_no_common_codec(answer.error()), chosen == 0) << lines;
  }
}

TEST(Answer, RtxBelongsToTheChosenPayloadType) {
  const auto answer = answered(
      {"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"
       "a=fmtp:97 apt=96\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98;rtx-time=3000\r\n" +
       h264(98, baseline)});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->negotiated.tracks[0].rtx_payload_type, 99);
  EXPECT_THAT(answer->text, HasSubstr("a=ssrc-group:FID 11 12\r\n"));
  EXPECT_THAT(answer->text, HasSubstr("m=video 9 UDP/TLS/RTP/SAVPF 98 99\r\n"));
  const auto without = answered({video});
  EXPECT_FALSE(without->negotiated.tracks[0].rtx_payload_type);
  EXPECT_THAT(without->text, ::testing::Not(HasSubstr("ssrc:12")));
}

TEST(Answer, ExtensionIdsAndTheirDirectionFollowTheOffer) {
  const auto answer =
      answered({video + "a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"
                        "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:9 urn:unknown\r\n"});
  ASSERT_TRUE(answer);
  EXPECT_THAT(parse_description(answer->text)->media[0].values("extmap"),
              ElementsAre("6/sendonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
                          "3 urn:ietf:params:rtp-hdrext:sdes:mid"));
}

TEST(Answer, SectionsThatShareAPayloadTypeShareItsLevel) {
  AnswerSide side = robot();
  side.tracks[1].profile_level_id.level_idc = 0x28;
  ViewerOffer offer;
  offer.sections = {video, video};
  const auto answer = answer_offer(offer.text(), side);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->negotiated.tracks[0].profile_level_id.text(), "42e028");
  EXPECT_EQ(answer->negotiated.tracks[1].profile_level_id.text(), "42e028");
}

TEST(Answer, WithoutAsymmetryTheLevelIsTheLowerOne) {
  AnswerSide side = robot(1);
  side.tracks[0].profile_level_id.level_idc = 0x28;
  ViewerOffer offer;
  offer.sections = {"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + h264(96, "packetization-mode=1;profile-level-id=42e01f")};
  const auto answer = answer_offer(offer.text(), side);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->text, HasSubstr("a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n"));
}

TEST(Answer, OurDtlsRoleFollowsTheOffer) {
  ViewerOffer offer;
  offer.sections = {video};
  EXPECT_EQ(answered_whole(offer)->negotiated.setup, Setup::passive);
  EXPECT_THAT(answered_whole(offer)->text, HasSubstr("a=setup:passive\r\n"));
  offer.setup = "a=setup:passive\r\n";
  EXPECT_THAT(answered_whole(offer)->text, HasSubstr("a=setup:active\r\n"));
  offer.setup = "a=setup:active\r\n";
  EXPECT_THAT(answered_whole(offer)->text, HasSubstr("a=setup:passive\r\n"));
  offer.setup = "a=setup:actpass\r\n";
  AnswerSide side = robot();
  side.transport.setup = Setup::active;
  EXPECT_EQ(answer_offer(offer.text(), side)->negotiated.setup, Setup::active);
}

TEST(Answer, TransportMayStandAtSessionLevel) {
  ViewerOffer offer;
  offer.group += offer.ice + offer.fingerprint + offer.setup + "a=ice-lite\r\n";
  offer.ice = offer.fingerprint = offer.setup = "";
  offer.sections = {video};
  const auto answer = answered_whole(offer);
  ASSERT_TRUE(answer) << answer.error().text();
  EXPECT_EQ(answer->negotiated.remote.ufrag, "abcd");
  EXPECT_TRUE(answer->negotiated.remote.ice_lite);
}

TEST(Answer, OnlyCandidatesOfTheOneTransportAreTaken) {
  const std::string candidates =
      "a=candidate:1 1 udp 9 192.0.2.1 1 typ host\r\na=candidate:1 2 udp 8 192.0.2.1 2 typ "
      "host\r\na=candidate:broken\r\n";
  const auto answer = answered({video + candidates, video + "a=candidate:2 1 udp 9 192.0.2.1 3 typ host\r\n"});
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->negotiated.remote.candidates.size(), 1u)
      << "not RTCP's, not the broken one, not the second section's";
  EXPECT_EQ(answer->negotiated.remote.candidates[0].port, 1);
}

TEST(Answer, RefusalsSayWhatIsMissing) {
  EXPECT_THAT(error_of(answered({vp8})), HasSubstr("no common codec: the viewer offers VP8 but not H.264"));
  EXPECT_THAT(error_of(answered(
                  {"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + h264(96, "packetization-mode=0;profile-level-id=42e01f")})),
              HasSubstr("only with packetization-mode=0"));
  EXPECT_THAT(error_of(answered(
                  {"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" + h264(96, "packetization-mode=1;profile-level-id=f4001f")})),
              HasSubstr("profile-level-id f4001f, the camera sends 42e01f (constrained baseline)"));
  EXPECT_THAT(error_of(answered({data})), HasSubstr("asks for no video (only application)"));
  EXPECT_THAT(error_of(answered(std::vector<std::string>{})), HasSubstr("asks for no video"));
  EXPECT_THAT(error_of(answered({"m=video 9 RTP/AVP 96\r\n" + h264(96, baseline)})),
              HasSubstr("UDP/TLS/RTP/SAVPF is needed"));
  const auto changed = [](auto change) {
    ViewerOffer offer;
    offer.sections = {video};
    change(offer);
    return error_of(answered_whole(offer));
  };
  EXPECT_EQ(changed([](ViewerOffer&) {}), "none");
  EXPECT_THAT(changed([](ViewerOffer& o) { o.ice = ""; }), HasSubstr("no ICE credentials"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.ice = "a=ice-ufrag:abcd\r\na=ice-pwd:short\r\n"; }), HasSubstr("ice-pwd"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.fingerprint = ""; }), HasSubstr("no certificate fingerprint"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.fingerprint = "a=fingerprint:sha-1 AB:CD\r\n"; }), HasSubstr("no usable"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.mux = ""; }), HasSubstr("no a=rtcp-mux"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.group = "a=group:BUNDLE 7\r\n"; }), HasSubstr("outside BUNDLE"));
  EXPECT_THAT(changed([](ViewerOffer& o) { o.sections[0] += "a=mid:x\r\n"; }), HasSubstr("outside BUNDLE"));
  EXPECT_THAT(error_of(answer_offer("v=0\r\n", robot())), HasSubstr("no o= line"));
}

TEST(Answer, TheSameMidTwiceIsRefused) {
  std::string text = ViewerOffer{.sections = {video, video}}.text();
  text.replace(text.find("a=mid:1"), 7, "a=mid:0");
  EXPECT_THAT(error_of(answer_offer(text, robot())), HasSubstr("same a=mid twice"));
}

}  // namespace
}  // namespace bigfoot::sdp
