// Every file of tests/conformance/sdp (those of senders: golden_receive_test.cpp), negotiated, against a table:
// tests/conformance/capture/README.md says how each was made. What is expected of a track is written as one line of
// text, see line_of().

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sdp/answer.hpp"
#include "sdp/description.hpp"
#include "sdp/offer.hpp"
#include "sdp/peer_kind.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const fs::path folder = fs::path(BIGFOOT_SOURCE_DIR) / "tests/conformance/sdp";

std::string read(const std::string& file) {
  std::ifstream in(folder / file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

LocalTransport robot_transport() {
  LocalTransport transport;
  transport.ufrag = "k3Rq";
  transport.pwd = "Zp0aYw7nQm3sVt9xLb5cEd2f";
  transport.fingerprint =
      "sha-256 5B:0C:6D:7A:91:2E:44:F3:08:BD:C1:66:3F:9E:27:D0:A4:1B:58:E7:32:8C:F9:70:45:AD:13:6E:BF:02:94:DB";
  transport.candidates = {"candidate:1 1 UDP 2015363327 192.0.2.20 50004 typ host"};
  return transport;
}

std::vector<Track> cameras(std::size_t count) {
  std::vector<Track> tracks{{"front", {0x42, 0xe0, 0x1f}, 1111111111, 1111111112, true},
                            {"rear", {0x42, 0xe0, 0x28}, 2222222221, 2222222222, true}};
  tracks.resize(count);
  return tracks;
}

Offer robot_offer(std::size_t count) {
  Offer offer{{4611686018427387, 1}, robot_transport(), "rover-7", cameras(count)};
  offer.transport.gathering_complete = count == 2;
  return offer;
}

// "0:0 108/109 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize": m-line:mid, payload type/rtx, profile-level-id,
// extension ids (transport-cc, playout-delay, abs-capture-time, mid), feedback; a track that may not send gives its
// reason instead.
std::string line_of(const TrackNegotiated& track) {
  std::ostringstream out;
  if (track.m_line) out << *track.m_line << ':' << track.mid << ' ';
  if (!track.accepted) return out.str() + "(" + track.reason + ")";
  out << int(track.payload_type) << '/';
  if (track.rtx_payload_type)
    out << int(*track.rtx_payload_type);
  else
    out << '-';
  const rtp::ExtensionIds& ids = track.extensions;
  out << ' ' << track.profile_level_id.text() << " ext " << int(ids.transport_cc) << ',' << int(ids.playout_delay)
      << ',' << int(ids.abs_capture_time) << ',' << int(ids.mid);
  if (track.feedback.nack) out << " nack";
  if (track.feedback.pli) out << " pli";
  if (track.feedback.fir) out << " fir";
  if (track.feedback.transport_cc) out << " tcc";
  if (track.feedback.remb) out << " remb";
  if (track.reduced_size_rtcp) out << " rsize";
  return out.str();
}

struct Row {
  std::string file;
  PeerKind kind;
  std::vector<std::string> tracks;  ///< one per camera of ours: two for an offer, as many as the answered offer had
  std::string error;                ///< or this
  std::string bundle_mid = "0";
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.file; }

const std::string unused = "(the viewer asks for fewer cameras)";
const std::string no_h264 = "no common codec: the viewer offers VP8, VP9, AV1 but not H.264";
const std::string took_none = "no common codec: the viewer took none of the cameras";

const std::vector<Row> offers{
    {"aiortc-1.4-offer-recvonly-video.sdp",
     PeerKind::unknown,
     {"0:0 101/102 42e01f ext 0,0,0,1 nack pli remb", unused}},
    {"chromium-156-offer-after-rejected-first.sdp",
     PeerKind::chromium,
     {"1:1 108/109 42e01f ext 3,5,0,4 nack pli fir tcc remb rsize", unused},
     "",
     "1"},
    {"chromium-156-offer-after-rejected-video.sdp",
     PeerKind::chromium,
     {},
     "the offer asks for no video (only application)"},
    {"chromium-156-offer-audio-video-data.sdp",
     PeerKind::chromium,
     {"1:1 108/109 42e01f ext 3,5,0,4 nack pli fir tcc remb rsize", unused}},
    {"chromium-156-offer-audio-video-max-bundle.sdp",
     PeerKind::chromium,
     {"1:1 108/109 42e01f ext 3,5,0,4 nack pli fir tcc remb rsize", unused}},
    {"chromium-156-offer-data-only.sdp", PeerKind::chromium, {}, "the offer asks for no video (only application)"},
    {"chromium-156-offer-ice-restart.sdp",
     PeerKind::chromium,
     {"0:0 108/109 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize", unused}},
    {"chromium-156-offer-recvonly-video.sdp",
     PeerKind::chromium,
     {"0:0 108/109 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize", unused}},
    {"chromium-156-offer-sendrecv-video.sdp",
     PeerKind::chromium,
     {"0:0 108/109 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize", unused}},
    {"chromium-156-offer-two-videos-one-paused.sdp",
     PeerKind::chromium,
     {"0:0 (the viewer paused it)", "1:1 108/109 42e028 ext 4,5,0,9 nack pli fir tcc remb rsize"}},
    {"chromium-156-offer-two-videos.sdp",
     PeerKind::chromium,
     {"0:0 108/109 42e028 ext 4,5,0,9 nack pli fir tcc remb rsize",
      "1:1 108/109 42e028 ext 4,5,0,9 nack pli fir tcc remb rsize"}},
    {"firefox-153-offer-after-rejected-first.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-after-rejected-video.sdp",
     PeerKind::firefox,
     {},
     "the offer asks for no video (only application)"},
    {"firefox-153-offer-audio-video-data.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-audio-video-max-bundle.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-credentials-in-another-section.sdp",
     PeerKind::firefox,
     {"1:1 126/127 42e01f ext 7,6,0,3 nack pli fir tcc remb rsize", unused},
     "",
     "1"},
    {"firefox-153-offer-data-only.sdp", PeerKind::firefox, {}, "the offer asks for no video (only application)"},
    {"firefox-153-offer-ice-restart.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-recvonly-video.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-sendrecv-video.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-two-videos-one-paused.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-two-videos.sdp", PeerKind::firefox, {}, no_h264},
    {"firefox-153-offer-with-h264.sdp",
     PeerKind::firefox,
     {"0:0 126/127 42e01f ext 7,6,0,3 nack pli fir tcc remb rsize", unused}},
    {"gstreamer-1.22-offer-audio-video-data.sdp",
     PeerKind::gstreamer,
     {"1:video1 96/- 42e01f ext 0,0,0,0 pli fir rsize", unused},
     "",
     "audio0"},
    {"gstreamer-1.22-offer-bare-caps.sdp",
     PeerKind::gstreamer,
     {"0:video0 96/- 42e01f ext 0,0,0,0 pli fir rsize", unused},
     "",
     "video0"},
    {"gstreamer-1.22-offer-no-bundle-two-videos.sdp",
     PeerKind::gstreamer,
     {"0:video0 96/- 42e01f ext 0,0,0,0 pli fir rsize", "1:video1 (the offer's video section is outside BUNDLE)"},
     "",
     "video0"},
    {"gstreamer-1.22-offer-recvonly-video.sdp",
     PeerKind::gstreamer,
     {"0:video0 96/97 42e01f ext 1,0,0,0 nack pli fir tcc rsize", unused},
     "",
     "video0"},
    {"gstreamer-1.22-offer-vp8.sdp", PeerKind::gstreamer, {}, "no common codec: the viewer offers VP8 but not H.264"},
    {"libdatachannel-0.24-offer-data-only.sdp",
     PeerKind::libdatachannel,
     {},
     "the offer asks for no video (only application)"},
    {"libdatachannel-0.24-offer-recvonly-video.sdp",
     PeerKind::libdatachannel,
     {"0:video 96/- 42e01f ext 0,0,0,0 nack pli fir remb", unused},
     "",
     "video"},
    {"pion-4-offer-recvonly-video.sdp",
     PeerKind::pion,
     {"0:0 106/107 42e01f ext 4,0,0,1 nack pli fir tcc remb rsize", unused}},
    {"safari-18-offer-audio-video.sdp",
     PeerKind::safari,
     {"1:1 98/99 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize", unused}},
    {"safari-18-offer-recvonly-video.sdp",
     PeerKind::safari,
     {"0:0 98/99 42e01f ext 4,5,0,9 nack pli fir tcc remb rsize", unused}},
};
const std::vector<Row> answers{
    {"aiortc-1.4-answer-one-camera.sdp", PeerKind::unknown, {"0:0 96/97 42e01f ext 0,0,0,4 nack pli remb"}},
    {"aiortc-1.4-answer-two-cameras.sdp",
     PeerKind::unknown,
     {"0:0 96/97 42e01f ext 0,0,0,4 nack pli remb", "1:1 98/99 42e028 ext 0,0,0,4 nack pli remb"}},
    {"chromium-156-answer-first-camera-paused.sdp",
     PeerKind::chromium,
     {"0:0 (the viewer paused it)", "1:1 98/99 42e028 ext 1,2,3,4 nack pli fir tcc remb rsize"}},
    {"chromium-156-answer-one-camera.sdp",
     PeerKind::chromium,
     {"0:0 96/97 42e01f ext 1,2,3,4 nack pli fir tcc remb rsize"}},
    {"chromium-156-answer-second-camera-stopped.sdp",
     PeerKind::chromium,
     {"0:0 96/97 42e01f ext 1,2,3,4 nack pli fir tcc remb rsize", "1:1 (the viewer paused it)"}},
    {"chromium-156-answer-two-cameras.sdp",
     PeerKind::chromium,
     {"0:0 96/97 42e01f ext 1,2,3,4 nack pli fir tcc remb rsize",
      "1:1 98/99 42e028 ext 1,2,3,4 nack pli fir tcc remb rsize"}},
    {"firefox-153-answer-first-camera-paused.sdp", PeerKind::firefox, {}, took_none},
    {"firefox-153-answer-one-camera.sdp", PeerKind::firefox, {}, took_none},
    {"firefox-153-answer-second-camera-stopped.sdp", PeerKind::firefox, {}, took_none},
    {"firefox-153-answer-two-cameras-with-h264.sdp",
     PeerKind::firefox,
     {"0:0 96/97 42e01f ext 1,2,0,4 nack pli fir tcc remb rsize",
      "1:1 98/99 42e028 ext 1,2,0,4 nack pli fir tcc remb rsize"}},
    {"firefox-153-answer-two-cameras.sdp", PeerKind::firefox, {}, took_none},
    {"gstreamer-1.22-answer-one-camera.sdp", PeerKind::gstreamer, {"0:0 96/- 42e01f ext 0,0,0,0 pli fir"}},
    {"gstreamer-1.22-answer-two-cameras.sdp",
     PeerKind::gstreamer,
     {"0:0 96/- 42e01f ext 0,0,0,0 pli fir", "1:1 98/- 42e028 ext 0,0,0,0 pli fir"}},
    {"libdatachannel-0.24-answer-one-camera.sdp",
     PeerKind::libdatachannel,
     {"0:0 96/97 42e01f ext 1,2,3,4 nack pli fir tcc remb"}},
    {"pion-4-answer-one-camera-vp8-only.sdp", PeerKind::pion, {}, took_none},
    {"pion-4-answer-two-cameras.sdp",
     PeerKind::pion,
     {"0:0 96/97 42e01f ext 1,0,0,4 nack pli fir tcc remb rsize",
      "1:1 98/99 42e028 ext 1,0,0,4 nack pli fir tcc remb rsize"}},
    {"safari-18-answer-one-camera.sdp",
     PeerKind::chromium,
     {"0:0 96/97 42e01f ext 1,2,0,4 nack pli fir tcc remb rsize"}},
};

class GoldenOffer : public ::testing::TestWithParam<Row> {};
TEST_P(GoldenOffer, IsAnswered) {
  const Row& row = GetParam();
  const std::string text = read(row.file);
  EXPECT_EQ(peer_kind(text), row.kind);
  const auto answer = answer_offer(text, {{77, 1}, robot_transport(), "rover-7", cameras(2)});
  if (!row.error.empty()) {
    ASSERT_FALSE(answer) << answer->text;
    EXPECT_THAT(answer.error().text(), HasSubstr(row.error));
    return;
  }
  ASSERT_TRUE(answer) << answer.error().text();
  std::vector<std::string> lines;
  for (const auto& track : answer->negotiated.tracks) lines.push_back(line_of(track));
  EXPECT_EQ(lines, row.tracks);
  EXPECT_EQ(answer->negotiated.bundle_mid, row.bundle_mid);
  EXPECT_EQ(answer->negotiated.setup, Setup::passive);
  EXPECT_FALSE(answer->negotiated.remote.fingerprints.empty());
  for (const auto& candidate : answer->negotiated.remote.candidates) EXPECT_EQ(candidate.component, 1);

  const auto ours = parse_description(answer->text);
  const auto theirs = parse_description(text);
  ASSERT_TRUE(ours && theirs);
  ASSERT_EQ(ours->media.size(), theirs->media.size());
  for (std::size_t i = 0; i < ours->media.size(); ++i) {
    EXPECT_EQ(ours->media[i].type, theirs->media[i].type);
    EXPECT_EQ(ours->media[i].value("mid"), theirs->media[i].value("mid"));
  }
}
INSTANTIATE_TEST_SUITE_P(Files, GoldenOffer, ::testing::ValuesIn(offers));

class GoldenAnswer : public ::testing::TestWithParam<Row> {};
TEST_P(GoldenAnswer, IsRead) {
  const Row& row = GetParam();
  const std::string text = read(row.file);
  EXPECT_EQ(peer_kind(text), row.kind);
  const auto negotiated = read_answer(robot_offer(row.file.find("one-camera") != std::string::npos ? 1 : 2), text);
  if (!row.error.empty()) {
    ASSERT_FALSE(negotiated);
    EXPECT_THAT(negotiated.error().text(), HasSubstr(row.error));
    return;
  }
  ASSERT_TRUE(negotiated) << negotiated.error().text();
  std::vector<std::string> lines;
  for (const auto& track : negotiated->tracks) lines.push_back(line_of(track));
  EXPECT_EQ(lines, row.tracks);
  EXPECT_EQ(negotiated->bundle_mid, row.bundle_mid);
  EXPECT_EQ(negotiated->setup, Setup::passive);
}
INSTANTIATE_TEST_SUITE_P(Files, GoldenAnswer, ::testing::ValuesIn(answers));

TEST(Golden, OurOffersAreWhatThePeersWereGiven) {
  for (const auto& [file, count] :
       {std::pair{"bigfoot-offer-one-camera.sdp", 1}, {"bigfoot-offer-two-cameras.sdp", 2}}) {
    const auto text = make_offer(robot_offer(count));
    if (std::getenv("BIGFOOT_WRITE_GOLDEN")) std::ofstream(folder / file, std::ios::binary) << text;
    EXPECT_EQ(text, read(file)) << "the capture README says how to write it anew";
  }
}

TEST(Golden, EveryFileHasARowAndComesOutOfTheParserAsItWentIn) {
  std::vector<std::string> known{"bigfoot-offer-one-camera.sdp", "bigfoot-offer-two-cameras.sdp",
                                 "bigfoot-receive-offer.sdp"};
  for (const auto& row : offers) known.push_back(row.file);
  for (const auto& row : answers) known.push_back(row.file);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() != ".sdp" || name.find("-sender-") != std::string::npos) continue;
    EXPECT_THAT(known, ::testing::Contains(name)) << "a golden file without a row in the table";
    const auto text = read(name);
    const auto description = parse_description(text);
    ASSERT_TRUE(description) << name << ": " << description.error().text();
    EXPECT_EQ(to_string(*description), text) << name;
  }
}

}  // namespace
}  // namespace bigfoot::sdp
