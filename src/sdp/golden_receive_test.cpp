// The files of tests/conformance/sdp in which the other side sends, from the viewer's place: what we answer to offers,
// and what we read in answers to our own. tests/conformance/capture/README.md says how each was made. What is expected
// of a track is written as one line of text, see line_of().

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sdp/description.hpp"
#include "sdp/media_view.hpp"
#include "sdp/receive_answer.hpp"
#include "sdp/receive_offer.hpp"

namespace bigfoot::sdp {
namespace {

using ::testing::Contains;
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

LocalTransport viewer_transport() {
  LocalTransport transport;
  transport.ufrag = "v9Wq";
  transport.pwd = "Yb2nWk8sTq4xRv6zLm1cHd3g";
  transport.fingerprint =
      "sha-256 6C:1D:7E:8B:A2:3F:55:04:19:CE:D2:77:40:AF:38:E1:B5:2C:69:F8:43:9D:0A:81:56:BE:24:7F:C0:13:A5:EC";
  transport.candidates = {"candidate:1 1 UDP 2015363327 192.0.2.30 50010 typ host"};
  transport.gathering_complete = true;
  return transport;
}

ReceiveOffer viewer_offer() { return {{4611686018427399, 1}, viewer_transport(), 2, DataSide{}}; }

// "0:0 front 96/97 42e01f ext 1,3,4 nack pli fir tcc rsize ssrc 1111111111/1111111112": m-line:mid, name, payload
// types/rtx, profile-level-id, extension ids (transport-cc, abs-capture-time, mid), feedback, SSRCs; a track that may
// not send gives its reason instead.
std::string line_of(const ReceivedTrack& track) {
  std::ostringstream out;
  out << track.m_line << ':' << track.mid << ' ' << track.name;
  if (!track.accepted) return out.str() + " (" + track.reason + ")";
  for (const auto& format : track.formats) {
    out << ' ' << int(format.payload_type) << '/';
    out << (format.rtx_payload_type ? std::to_string(*format.rtx_payload_type) : "-");
    out << ' ' << (format.profile_level_id ? format.profile_level_id->text() : "-");
    if (!format.parameter_sets.empty()) out << " sps+pps";
  }
  const rtp::ExtensionIds& ids = track.extensions;
  out << " ext " << int(ids.transport_cc) << ',' << int(ids.abs_capture_time) << ',' << int(ids.mid);
  const Feedback& feedback = track.formats.at(0).feedback;
  if (feedback.nack) out << " nack";
  if (feedback.pli) out << " pli";
  if (feedback.fir) out << " fir";
  if (feedback.transport_cc) out << " tcc";
  if (track.reduced_size_rtcp) out << " rsize";
  if (track.ssrc) out << " ssrc";
  if (track.rtx_ssrc) out << "+rtx";
  return out.str();
}

std::vector<std::string> lines_of(const Receiving& receiving) {
  std::vector<std::string> lines;
  for (const auto& track : receiving.tracks) lines.push_back(line_of(track));
  return lines;
}

struct Row {
  std::string file;
  std::vector<std::string> tracks;
  std::string error;  ///< or this
  std::string bundle_mid = "0";
  bool data = false;
  Setup setup = Setup::passive;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.file; }

const std::vector<Row> offers{
    {"bigfoot-offer-one-camera.sdp", {"0:0 front 96/97 42e01f ext 1,3,4 nack pli fir tcc rsize ssrc+rtx"}},
    {"bigfoot-offer-two-cameras.sdp",
     {"0:0 front 96/97 42e01f ext 1,3,4 nack pli fir tcc rsize ssrc+rtx",
      "1:1 rear 98/99 42e028 ext 1,3,4 nack pli fir tcc rsize ssrc+rtx"}},
    {"chromium-156-offer-recvonly-video.sdp", {}, "the sender offers no video"},
    {"chromium-156-offer-sendrecv-video.sdp", {"0:0 video.0 102/103 42001f ext 4,0,9 nack pli fir tcc rsize ssrc+rtx"}},
    {"chromium-156-sender-offer-video.sdp", {"0:0 video.0 102/103 42001f ext 4,0,9 nack pli fir tcc rsize ssrc+rtx"}},
    {"chromium-156-sender-offer-two-videos-data.sdp",
     {"0:0 video.0 102/103 42001f ext 4,0,9 nack pli fir tcc rsize ssrc+rtx",
      "1:1 video.1 102/103 42001f ext 4,0,9 nack pli fir tcc rsize ssrc+rtx"},
     "",
     "0",
     true},
    {"chromium-156-sender-offer-audio-video-max-bundle.sdp",
     {"1:1 video.1 102/103 42001f ext 3,0,4 nack pli fir tcc rsize ssrc+rtx"}},
    {"aiortc-1.4-sender-offer-video.sdp", {"0:0 video.0 99/100 42001f ext 0,0,1 nack pli ssrc+rtx"}},
    {"aiortc-1.4-sender-offer-audio-video.sdp", {"1:1 video.1 99/100 42001f ext 0,0,1 nack pli ssrc+rtx"}},
    {"firefox-153-offer-sendrecv-video.sdp", {}, "no common codec: the sender offers VP8, VP9, AV1 but not H.264"},
    {"gstreamer-1.22-sender-offer-video.sdp",
     {"0:video0 video0 96/- 42c015 sps+pps ext 0,0,0 pli fir rsize ssrc"},
     "",
     "video0"},
    {"gstreamer-1.22-sender-offer-audio-video-data.sdp",
     {"1:video1 video1 96/- 42c015 sps+pps ext 0,0,0 pli fir rsize ssrc"},
     "",
     "audio0",
     true},
    {"gstreamer-1.22-sender-offer-no-bundle-two-videos.sdp",
     {"0:video0 video0 96/- 42c015 sps+pps ext 0,0,0 pli fir rsize ssrc",
      "1:video1 video1 (the offer's video section is outside BUNDLE)"},
     "",
     "video0"},
    {"gstreamer-1.22-sender-offer-vp8.sdp", {}, "no common codec: the sender offers VP8 but not H.264"},
    {"janus-1-sender-offer-audio-two-videos.sdp",
     {"1:v1 janus 100/101 42e01f ext 2,0,1 nack pli tcc ssrc+rtx",
      "2:v2 v2 100/101 42e01f ext 2,0,1 nack pli tcc ssrc+rtx"},
     "",
     "a"},
};
const std::vector<Row> answers{
    {"aiortc-1.4-sender-answer-one-video.sdp",
     {"0:0 video.0 96/97 42e01f 98/99 42001f ext 0,0,3 nack pli ssrc+rtx", "1:1 video.1 (the sender paused it)"},
     "",
     "0",
     true},
    {"chromium-156-sender-answer-one-video.sdp",
     {"0:0 video.0 96/97 42e01f 98/99 42001f 100/101 4d001f ext 1,2,3 nack pli fir tcc rsize ssrc+rtx",
      "1:1 video.1 (the sender paused it)"},
     "",
     "0",
     true},
    {"chromium-156-sender-answer-two-videos.sdp",
     {"0:0 video.0 96/97 42e01f 98/99 42001f 100/101 4d001f ext 1,2,3 nack pli fir tcc rsize ssrc+rtx",
      "1:1 video.1 96/97 42e01f 98/99 42001f 100/101 4d001f ext 1,2,3 nack pli fir tcc rsize ssrc+rtx"},
     "",
     "0",
     true},
    {"gstreamer-1.22-sender-answer-one-video.sdp",
     {"0:0 video.0 96/- 42c015 sps+pps ext 0,0,0 pli fir ssrc", "1:1 video.1 (the sender paused it)"},
     "",
     "0",
     true},
    {"pion-4-sender-answer-one-video.sdp",
     {"0:0 gate 96/97 42e01f ext 1,0,3 nack pli fir tcc rsize ssrc+rtx",
      "1:1 video.1 (the sender has no camera for it)"}},
};

class GoldenSenderOffer : public ::testing::TestWithParam<Row> {};
TEST_P(GoldenSenderOffer, IsAnswered) {
  const Row& row = GetParam();
  const std::string text = read(row.file);
  const auto answer = answer_sender(text, {{77, 1}, viewer_transport(), DataSide{}});
  if (!row.error.empty()) {
    ASSERT_FALSE(answer) << answer->text;
    EXPECT_THAT(answer.error().text(), HasSubstr(row.error));
    return;
  }
  ASSERT_TRUE(answer) << answer.error().text();
  const Receiving& receiving = answer->receiving;
  EXPECT_EQ(lines_of(receiving), row.tracks);
  EXPECT_EQ(receiving.bundle_mid, row.bundle_mid);
  EXPECT_EQ(receiving.data.has_value(), row.data);
  EXPECT_EQ(receiving.setup, row.setup);

  const auto ours = parse_description(answer->text);
  const auto theirs = parse_description(text);
  ASSERT_TRUE(ours && theirs);
  ASSERT_EQ(ours->media.size(), theirs->media.size());
  for (std::size_t i = 0; i < ours->media.size(); ++i) {
    EXPECT_EQ(ours->media[i].type, theirs->media[i].type);
    EXPECT_EQ(ours->media[i].value("mid"), theirs->media[i].value("mid"));
    EXPECT_THAT(ours->media[i].value("ssrc"), std::nullopt) << "a viewer sends no media";
  }
  for (const auto& track : receiving.tracks) {
    const bool receives = direction(*ours, ours->media[track.m_line]) == Direction::recvonly;
    EXPECT_EQ(receives, track.accepted);
  }
}
INSTANTIATE_TEST_SUITE_P(Files, GoldenSenderOffer, ::testing::ValuesIn(offers));

class GoldenSenderAnswer : public ::testing::TestWithParam<Row> {};
TEST_P(GoldenSenderAnswer, IsRead) {
  const Row& row = GetParam();
  const auto receiving = read_sender_answer(viewer_offer(), read(row.file));
  if (!row.error.empty()) {
    ASSERT_FALSE(receiving);
    EXPECT_THAT(receiving.error().text(), HasSubstr(row.error));
    return;
  }
  ASSERT_TRUE(receiving) << receiving.error().text();
  EXPECT_EQ(lines_of(*receiving), row.tracks);
  EXPECT_EQ(receiving->bundle_mid, row.bundle_mid);
  EXPECT_EQ(receiving->data.has_value(), row.data);
  EXPECT_EQ(receiving->setup, row.setup);
}
INSTANTIATE_TEST_SUITE_P(Files, GoldenSenderAnswer, ::testing::ValuesIn(answers));

TEST(GoldenReceive, OurOfferIsWhatTheSendersWereGiven) {
  const std::string file = "bigfoot-receive-offer.sdp";
  const auto text = make_receive_offer(viewer_offer());
  if (std::getenv("BIGFOOT_WRITE_GOLDEN")) std::ofstream(folder / file, std::ios::binary) << text;
  EXPECT_EQ(text, read(file)) << "the capture README says how to write it anew";
}

TEST(GoldenReceive, EveryFileOfASenderHasARow) {
  std::vector<std::string> known;
  for (const auto& row : offers) known.push_back(row.file);
  for (const auto& row : answers) known.push_back(row.file);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    if (name.find("-sender-") == std::string::npos) continue;
    EXPECT_THAT(known, Contains(name)) << "a golden file without a row in the table";
    const auto text = read(name);
    const auto description = parse_description(text);
    ASSERT_TRUE(description) << name << ": " << description.error().text();
    EXPECT_EQ(to_string(*description), text) << name;
  }
}

}  // namespace
}  // namespace bigfoot::sdp
