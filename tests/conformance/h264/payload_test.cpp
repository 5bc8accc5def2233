// Our packetiser's RTP through rtph264depay, and rtph264pay's RTP through our depacketiser: NAL unit by NAL unit.

#include <ostream>

#include <gst/gst.h>
#include <gtest/gtest.h>

#include "h264/depacketizer.hpp"
#include "h264/gst_streams.hpp"
#include "h264/nal.hpp"
#include "h264/packetizer.hpp"
#include "h264/sps.hpp"
#include "rtp/sender.hpp"

namespace bigfoot::conformance {
namespace {

struct Stream {
  const char* name;
  Size size;
  const char* encoder;
};
void PrintTo(const Stream& stream, std::ostream* out) { *out << stream.encoder << " " << stream.size.text(); }

constexpr Stream streams[] = {
    {"x264_small", {320, 240}, "x264enc tune=zerolatency speed-preset=superfast bitrate=300 key-int-max=20 threads=1"},
    {"x264_vga", {640, 480}, "x264enc tune=zerolatency speed-preset=superfast bitrate=2000 key-int-max=20 threads=1"},
    {"x264_720p", {1280, 720}, "x264enc tune=zerolatency speed-preset=superfast bitrate=4000 key-int-max=30 threads=1"},
    {"x264_sliced",
     {1280, 720},
     "x264enc tune=zerolatency speed-preset=superfast bitrate=6000 key-int-max=30 sliced-threads=true threads=2"},
    {"x264_odd_delimited", {426, 240}, "x264enc tune=zerolatency aud=true bitrate=800 key-int-max=15"},
    {"x264_constant_rate",
     {320, 240},
     "x264enc tune=zerolatency bitrate=1500 pass=cbr option-string=nal-hrd=cbr:filler=1 key-int-max=15"},
    {"openh264", {640, 360}, "openh264enc bitrate=1500000 gop-size=20"},
};

std::vector<Bytes> encode(const Stream& stream) {
  const std::string caps =
      "width=" + std::to_string(stream.size.width) + ",height=" + std::to_string(stream.size.height);
  return run_pipeline(
      "videotestsrc num-buffers=60 pattern=zone-plate kx2=20 ky2=20 kt=3 ! video/x-raw,format=I420,framerate=30/1," +
      caps + " ! " + stream.encoder +
      " ! video/x-h264,profile=constrained-baseline,stream-format=byte-stream,alignment=au ! appsink name=out "
      "sync=false");
}

using Nals = std::vector<Bytes>;

/// Delimiters and filler are transport's business: neither side has to keep them.
void append_nals(BytesView stream, Nals& out) {
  h264::NalReader reader(stream);
  for (BytesView nal = reader.next(); !nal.empty(); nal = reader.next()) {
    const h264::NalType type = h264::nal_type(nal[0]);
    if (type != h264::NalType::delimiter && type != h264::NalType::filler) out.emplace_back(nal.begin(), nal.end());
  }
}

Nals nals_of(const std::vector<Bytes>& units) {
  Nals out;
  for (const Bytes& unit : units) append_nals(unit, out);
  return out;
}

void expect_same(const Nals& got, const Nals& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    ASSERT_EQ(got[i], wanted[i]) << "NAL unit " << i << " of type " << (wanted[i][0] & 31);
}

h264::AccessUnit unit_of(const Bytes& bytes, std::uint64_t number) {
  const Timestamp at{std::chrono::seconds(10) + number * Millis(33)};
  return {.owner = nullptr, .bytes = bytes, .captured = at, .encoded = at, .number = number};
}

constexpr const char* depay =
    "appsrc name=in is-live=false format=time max-bytes=0 "
    "caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=102,packetization-mode=(string)1 "
    "! rtph264depay ! video/x-h264,stream-format=byte-stream,alignment=";

class H264Payload : public ::testing::TestWithParam<Stream> {
 protected:
  void SetUp() override {
    units_ = encode(GetParam());
    ASSERT_EQ(units_.size(), 60u);
  }
  std::vector<Bytes> rtp_of_ours() const {
    h264::Packetizer packetizer;
    rtp::TrackSender sender({.ssrc = 7,
                             .payload_type = 102,
                             .extensions = {.transport_cc = 3, .playout_delay = 4, .abs_capture_time = 5, .mid = 1},
                             .mid = "0",
                             .cname = "robot",
                             .playout_delay = rtp::PlayoutDelay{},
                             .first_sequence = 65'500,
                             .history = {}},
                            rtp::WallOffset());
    std::vector<Bytes> packets;
    std::uint16_t transport = 0;
    for (std::size_t number = 0; number < units_.size(); ++number) {
      const auto frame = packetizer.packetize(unit_of(units_[number], number));
      EXPECT_TRUE(frame) << frame.error().text();
      for (std::size_t i = 0; frame && i < (*frame)->count(); ++i) {
        Bytes& packet = packets.emplace_back(rtp::packet_bytes_max);
        packet.resize(sender.write(*frame, i, transport++, (*frame)->unit.captured, packet));
      }
    }
    return packets;
  }
  std::vector<Bytes> units_;
};

TEST_P(H264Payload, OursIsUnderstoodByRtph264depay) {
  const auto packets = rtp_of_ours();
  EXPECT_GT(packets.size(), units_.size());
  for (const char* alignment : {"nal", "au"}) {
    const auto got = run_pipeline(depay + std::string(alignment) + " ! appsink name=out sync=false", packets);
    expect_same(nals_of(got), nals_of(units_));
  }
}

TEST_P(H264Payload, OursGivesRtph264depayOneAccessUnitPerMarker) {
  const auto got = run_pipeline(depay + std::string("au ! appsink name=out sync=false"), rtp_of_ours());
  ASSERT_EQ(got.size(), units_.size());
  for (std::size_t i = 0; i < got.size(); ++i) expect_same(nals_of({got[i]}), nals_of({units_[i]}));
}

TEST_P(H264Payload, Rtph264paysIsUnderstoodByOurs) {
  for (const char* mode : {"none", "zero-latency", "max-stap"}) {
    const auto packets = run_pipeline(
        "appsrc name=in is-live=false format=time max-bytes=0 "
        "caps=video/x-h264,stream-format=byte-stream,alignment=au,framerate=30/1 ! h264parse config-interval=0 "
        "! rtph264pay mtu=1200 pt=102 seqnum-offset=65500 aggregate-mode=" +
            std::string(mode) + " ! appsink name=out sync=false",
        units_);
    h264::Depacketizer depacketizer;
    std::vector<Bytes> got;
    for (const Bytes& bytes : packets) {
      const auto packet = rtp::parse_packet(bytes);
      ASSERT_TRUE(packet) << packet.error().text();
      const auto pushed =
          depacketizer.push(packet->header.sequence, packet->header.timestamp, packet->header.marker, packet->payload);
      ASSERT_TRUE(pushed) << pushed.error().text();
      while (const auto unit = depacketizer.take()) {
        EXPECT_FALSE(unit->damaged || unit->lost_before);
        got.push_back(unit->bytes);
      }
    }
    EXPECT_EQ(got.size(), units_.size()) << mode;
    expect_same(nals_of(got), nals_of(units_));
  }
}

TEST_P(H264Payload, TheSpsSaysWhatWasAskedOfTheEncoder) {
  for (const Bytes& nal : nals_of({units_[0]})) {
    if (h264::nal_type(nal[0]) != h264::NalType::sps) continue;
    const auto sps = h264::parse_sps(nal);
    ASSERT_TRUE(sps) << sps.error().text();
    EXPECT_EQ(sps->size, GetParam().size);
    EXPECT_EQ(sps->profile.profile(), h264::Profile::constrained_baseline);
    EXPECT_FALSE(sps->may_reorder());
    return;
  }
  FAIL() << "the first access unit has no SPS";
}

INSTANTIATE_TEST_SUITE_P(Streams, H264Payload, ::testing::ValuesIn(streams),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace bigfoot::conformance

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
