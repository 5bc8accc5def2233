#include "sdp/offer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sdp/answer.hpp"
#include "sdp/description.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string digest =
    "5B:0C:6D:7A:91:2E:44:F3:08:BD:C1:66:3F:9E:27:D0:A4:1B:58:E7:32:8C:F9:70:45:AD:13:6E:BF:02:94:DB";

Offer two_cameras() {
  Offer offer;
  offer.origin = {4711, 3};
  offer.cname = "rover-7";
  offer.transport.ufrag = "k3Rq";
  offer.transport.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  offer.transport.fingerprint = "sha-256 " + digest;
  offer.tracks = {{"front", {0x42, 0xe0, 0x1f}, 11, 12, true}, {"rear", {0x42, 0xe0, 0x28}, 21, 22, true}};
  return offer;
}

// What a viewer says back to `media` lines; each section gets transport and rtcp-mux.
std::string answer_with(std::vector<std::string> sections, const std::string& setup = "active",
                        const std::string& group = "0 1") {
  std::string text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE " + group + "\r\n";
  for (const auto& section : sections)
    text += section + "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\na=fingerprint:SHA-256 " + digest +
            "\r\na=setup:" + setup + "\r\na=rtcp-mux\r\n";
  return text;
}
std::string video(int mid, int type, const std::string& more = "a=recvonly\r\n") {
  const auto pt = std::to_string(type);
  return "m=video 9 UDP/TLS/RTP/SAVPF " + pt + "\r\na=mid:" + std::to_string(mid) + "\r\na=rtpmap:" + pt +
         " H264/90000\r\na=fmtp:" + pt + " packetization-mode=1;profile-level-id=42e01f\r\n" + more;
}
const std::string refused = "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=inactive\r\n";

std::string error_of(const Result<Negotiated>& result) { return result ? "none" : result.error().text(); }

TEST(Offer, CarriesCandidatesOnceAndTheirEndOnlyWhenComplete) {
  Offer offer = two_cameras();
  offer.transport.candidates = {"candidate:1 1 UDP 99 192.0.2.1 50000 typ host"};
  auto text = parse_description(make_offer(offer)).value();
  EXPECT_EQ(text.media[0].values("candidate").size(), 1u);
  EXPECT_EQ(text.media[1].values("candidate").size(), 0u);
  EXPECT_FALSE(text.media[0].has("end-of-candidates"));
  offer.transport.gathering_complete = true;
  EXPECT_TRUE(parse_description(make_offer(offer))->media[0].has("end-of-candidates"));
}

TEST(Offer, AReofferKeepsLinesMidsAndPayloadTypes) {
  Offer offer = two_cameras();
  const auto first = parse_description(make_offer(offer)).value();
  offer.origin.version++;
  offer.transport.ufrag = "NewU";
  offer.tracks[0].active = false;
  offer.tracks.push_back({"arm", {0x42, 0xe0, 0x1f}, 31, 32, true});
  const auto second = parse_description(make_offer(offer)).value();
  EXPECT_EQ(first.origin, "- 4711 3 IN IP4 127.0.0.1");
  EXPECT_EQ(second.origin, "- 4711 4 IN IP4 127.0.0.1");
  ASSERT_EQ(second.media.size(), 3u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(second.media[i].formats, first.media[i].formats);
    EXPECT_EQ(second.media[i].value("mid"), first.media[i].value("mid"));
    EXPECT_EQ(second.media[i].values("extmap"), first.media[i].values("extmap"));
  }
  EXPECT_TRUE(second.media[0].has("inactive"));
  EXPECT_FALSE(second.media[0].has("ssrc")) << "a camera that is off has no source";
  EXPECT_TRUE(second.media[1].has("sendonly"));
}

TEST(Offer, SixteenCamerasHavePayloadTypesOfTheirOwn) {
  Offer offer = two_cameras();
  offer.tracks.resize(tracks_max, offer.tracks[0]);
  std::vector<std::string> seen;
  const auto text = parse_description(make_offer(offer)).value();
  for (const auto& media : text.media)
    for (const auto& format : media.formats) {
      EXPECT_THAT(seen, Not(::testing::Contains(format)));
      EXPECT_LE(std::stoi(format), 127);
      seen.push_back(format);
    }
  EXPECT_EQ(seen.size(), 32u);
}

TEST(Offer, ACameraNameCannotBreakOutOfItsLine) {
  Offer offer = two_cameras();
  offer.tracks[0].name = "front door\r\na=ice-lite";
  offer.cname = "rover 7\n";
  const auto text = parse_description(make_offer(offer)).value();
  EXPECT_EQ(text.media[0].value("msid"), "front_door__a_ice-lite front_door__a_ice-lite");
  EXPECT_EQ(text.media[0].value("ssrc"), "11 cname:rover_7_");
  EXPECT_FALSE(text.media[0].has("ice-lite"));
}

TEST(ReadAnswer, TakesTheViewersWordOnEveryTrack) {
  const auto agreed = read_answer(two_cameras(), answer_with(
                                                     {
                                                         video(0, 96),
                                                         refused + "",
                                                     },
                                                     "active"));
  EXPECT_THAT(error_of(agreed), HasSubstr("another a=mid")) << "the second section says mid 0";
  const auto one = read_answer(two_cameras(), answer_with({refused, video(1, 98)}, "active", "1"));
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_FALSE(one->tracks[0].accepted);
  EXPECT_EQ(one->tracks[0].reason, "the viewer rejected it");
  EXPECT_TRUE(one->tracks[1].accepted);
  EXPECT_EQ(one->tracks[1].payload_type, 98);
  EXPECT_FALSE(one->tracks[1].rtx_payload_type) << "the viewer did not take rtx";
  EXPECT_EQ(one->tracks[1].extensions, rtp::ExtensionIds{});
  EXPECT_EQ(one->tracks[1].ssrc, 21u);
  EXPECT_EQ(one->bundle_m_line, 1u);
  EXPECT_EQ(one->bundle_mid, "1");
  EXPECT_EQ(one->remote.ufrag, "abcd");
  EXPECT_EQ(one->remote.fingerprints, std::vector<Fingerprint>({{"sha-256", digest}}));
}

TEST(ReadAnswer, OurDtlsRoleIsTheOtherOne) {
  const auto role = [](const std::string& setup) {
    return read_answer(two_cameras(), answer_with({video(0, 96), video(1, 98)}, setup));
  };
  EXPECT_EQ(role("active")->setup, Setup::passive);
  EXPECT_EQ(role("passive")->setup, Setup::active);
  EXPECT_THAT(error_of(role("actpass")), HasSubstr("a=setup:actpass"));
  EXPECT_THAT(error_of(role("holdconn")), HasSubstr("a=setup"));
}

TEST(ReadAnswer, APausedCameraIsNotSentButStaysNegotiated) {
  const auto agreed =
      read_answer(two_cameras(), answer_with({video(0, 96, "a=inactive\r\n"), video(1, 98, "a=inactive\r\n")}));
  ASSERT_TRUE(agreed) << agreed.error().text();
  EXPECT_FALSE(agreed->tracks[0].accepted);
  EXPECT_EQ(agreed->tracks[0].reason, "the viewer paused it");
}

TEST(ReadAnswer, TransportSequenceNumbersNeedReportsAndReportsNeedNumbers) {
  const std::string map = "a=extmap:1 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n";
  const auto agreed = [&](const std::string& more) {
    Offer offer = two_cameras();
    offer.tracks.pop_back();
    return read_answer(offer, answer_with({video(0, 96, "a=recvonly\r\n" + more)}))->tracks[0];
  };
  EXPECT_EQ(agreed(map).extensions.transport_cc, 0);
  EXPECT_FALSE(agreed("a=rtcp-fb:96 transport-cc\r\n").feedback.transport_cc);
  EXPECT_EQ(agreed(map + "a=rtcp-fb:96 transport-cc\r\n").extensions.transport_cc, 1);
  EXPECT_TRUE(agreed(map + "a=rtcp-fb:* transport-cc\r\n").feedback.transport_cc);
  EXPECT_EQ(agreed("a=extmap:1/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n").extensions.mid, 0);
  EXPECT_EQ(agreed("a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid\r\n").extensions.mid, 0);
  EXPECT_EQ(agreed("a=extmap:14/recvonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n").extensions.mid, 14);
}

TEST(ReadAnswer, RefusalsSayWhatIsMissing) {
  const auto offer = two_cameras();
  const auto both = answer_with({video(0, 96), video(1, 98)});
  const auto without = [&](const std::string& line) {
    std::string text = both;
    for (auto at = text.find(line); at != std::string::npos; at = text.find(line))
      text.erase(at, text.find("\r\n", at) + 2 - at);
    return error_of(read_answer(offer, text));
  };
  EXPECT_EQ(error_of(read_answer(offer, both)), "none");
  EXPECT_THAT(without("a=ice-pwd"), HasSubstr("only one of a=ice-ufrag and a=ice-pwd"));
  EXPECT_THAT(without("a=ice-"), HasSubstr("no ICE credentials"));
  EXPECT_THAT(without("a=fingerprint"), HasSubstr("no certificate fingerprint"));
  EXPECT_THAT(without("a=rtcp-mux"), HasSubstr("no a=rtcp-mux"));
  EXPECT_THAT(without("a=group"), HasSubstr("without BUNDLE"));
  EXPECT_THAT(error_of(read_answer(offer, answer_with({video(0, 96)}))), HasSubstr("1 m-lines, the offer had 2"));
  EXPECT_THAT(error_of(read_answer(offer, "")), HasSubstr("empty"));
  const auto none = read_answer(offer, answer_with({refused, "m=video 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:1\r\n"}));
  ASSERT_FALSE(none);
  EXPECT_TRUE(is_no_common_codec(none.error())) << none.error().text();
}

}  // namespace
}  // namespace bigfoot::sdp
