#include "view/receiving.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_loop.hpp"
#include "rtp/test_stream.hpp"

namespace bigfoot::view {
namespace {

using rtp::TestPacket;
using rtp::TestPicture;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Nanos interval = 33'333'333ns;
constexpr std::uint8_t transport_cc = 1, capture_time = 3, mid = 4;

sdp::Receiving agreed(std::size_t cameras) {
  sdp::Receiving all;
  for (std::size_t i = 0; i < cameras; ++i) {
    sdp::ReceivedTrack track;
    track.accepted = true;
    track.mid = std::to_string(i);
    track.formats = {{.payload_type = static_cast<std::uint8_t>(96 + 2 * i),
                      .rtx_payload_type = static_cast<std::uint8_t>(97 + 2 * i),
                      .feedback = {.nack = true, .pli = true, .fir = true, .transport_cc = true}}};
    track.extensions = {.transport_cc = transport_cc, .abs_capture_time = capture_time, .mid = mid};
    track.reduced_size_rtcp = true;
    all.tracks.push_back(track);
  }
  return all;
}

class ReceivingTest : public testing::Test, public ReceivingListener {
 protected:
  void receive(sdp::Receiving what = agreed(1)) {
    negotiated = std::move(what);
    receiving = std::make_unique<Receiving>(
        loop, negotiated, "cname", [this](BytesView datagram) { sent.emplace_back(datagram.begin(), datagram.end()); },
        *this);
    receiving->start();
  }
  void on_frame(std::size_t track, Frame frame) override {
    tracks.push_back(track);
    frames.push_back(std::move(frame));
    if (on_picture) on_picture();
  }

  void come(TestPacket packet, std::size_t camera = 0) {
    packet.header.payload_type = static_cast<std::uint8_t>(packet.header.payload_type + 2 * camera);
    receiving->on_rtp(packet.wire());
  }
  void come(const TestPicture& picture, std::size_t camera = 0) {
    for (const TestPacket& packet : picture.packets) come(packet, camera);
  }
  /// Steady pictures.
  void flow(int pictures, std::size_t packets = 3) {
    for (int i = 0; i < pictures; ++i) {
      come(stream.picture(i == 0, packets));
      loop.advance(interval);
    }
  }
  void hear(const rtp::RtcpPacket& packet) {
    Bytes bytes;
    rtp::append_rtcp(packet, bytes);
    receiving->on_rtcp(bytes);
  }
  /// All RTCP of this kind that went out since it was asked last.
  template <class Kind>
  std::vector<Kind> told() {
    std::vector<Kind> all;
    for (const Bytes& datagram : sent) {
      const auto packets = rtp::parse_rtcp(datagram);
      EXPECT_TRUE(packets);
      for (const auto& packet : *packets)
        if (const auto* kind = std::get_if<Kind>(&packet)) all.push_back(*kind);
    }
    sent.clear();
    return all;
  }

  FakeLoop loop;
  rtp::TestStream stream{1000, 500, 90'000};
  sdp::Receiving negotiated;
  std::vector<Bytes> sent;
  std::vector<std::size_t> tracks;
  std::vector<Frame> frames;
  std::function<void()> on_picture;
  std::unique_ptr<Receiving> receiving;
};

TEST_F(ReceivingTest, PicturesOfEachCameraComeAsItsTrack) {
  receive(agreed(2));
  rtp::TestStream rear(2000, 9, 7);
  const TestPicture a = stream.picture(true, 3), b = rear.picture(true, 2), c = rear.picture(false, 1);
  come(a);
  come(b, 1);
  loop.advance(5ms);
  come(c, 1);
  EXPECT_THAT(tracks, ElementsAre(0, 1, 1));
  EXPECT_EQ(*frames[0].bytes, a.bytes);
  EXPECT_EQ(*frames[1].bytes, b.bytes);
  EXPECT_EQ(*frames[2].bytes, c.bytes);
  EXPECT_TRUE(frames[1].keyframe);
  EXPECT_FALSE(frames[2].keyframe);
  EXPECT_EQ(frames[2].ticks, 7 + 3000);
  EXPECT_EQ(frames[2].last_arrival, loop.now());
  EXPECT_EQ(receiving->last_packet(), loop.now());
  EXPECT_EQ(receiving->strangers(), 0u);
}

TEST_F(ReceivingTest, AGapIsAskedForAtOnceAndWhatWaitedFollowsItsRepair) {
  receive();
  flow(3);
  told<rtp::Nack>();
  const TestPicture a = stream.picture(false, 3), b = stream.picture(false, 1);
  come(a.packets[0]);
  come(a.packets[2]);
  const auto asked = told<rtp::Nack>();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].media_ssrc, 1000u);
  EXPECT_THAT(asked[0].lost, ElementsAre(a.packets[1].header.sequence));
  come(b);
  frames.clear();
  loop.advance(40ms);
  come(a.packets[1].repeat());
  ASSERT_THAT(frames, SizeIs(2));
  EXPECT_EQ(frames[0].repaired, 1u);
  EXPECT_EQ(frames[0].newer, 1u);
  EXPECT_EQ(frames[1].newer, 0u);
  EXPECT_EQ(frames[0].last_arrival - frames[0].first_arrival, 40ms);
  EXPECT_EQ(receiving->rtt(), 40ms);
  EXPECT_EQ(receiving->figures(0).nacks, 1u);
  EXPECT_EQ(receiving->figures(0).counts.frames.repaired, 1u);
}

TEST_F(ReceivingTest, AskedAgainAndGivenUpByTheClock) {
  receive();
  flow(2);
  receiving->set_rtt(40ms);
  told<rtp::Pli>();
  const TestPicture picture = stream.picture(false, 3);
  come(picture.packets[0]);
  come(picture.packets[2]);
  loop.advance(100ms);
  EXPECT_THAT(told<rtp::Nack>(), SizeIs(testing::Ge(3u)));
  loop.advance(200ms);
  const auto plis = told<rtp::Pli>();
  ASSERT_THAT(plis, SizeIs(testing::Ge(1u)));
  EXPECT_EQ(plis[0].media_ssrc, 1000u);
  const TestPicture key = stream.picture(true, 2);
  frames.clear();
  come(key);
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(*frames[0].bytes, key.bytes);
}

TEST_F(ReceivingTest, TheSenderHearsOfEveryPacketWithin25Milliseconds) {
  receive();
  TestPicture key = stream.picture(true, 3);
  std::uint8_t number = 0;
  const auto numbered = [&number](TestPacket packet) {
    packet.extensions = {{transport_cc, {0, ++number}}};
    return packet;
  };
  come(numbered(key.packets[0]));
  come(numbered(key.packets[1]));
  come(numbered(key.packets[1].repeat()));
  TestPacket stranger = numbered(key.packets[2]);
  stranger.header.payload_type = 120;
  stranger.header.ssrc = 5;
  come(stranger);
  EXPECT_EQ(receiving->strangers(), 1u);
  loop.advance(24ms);
  EXPECT_THAT(told<rtp::TransportFeedback>(), IsEmpty());
  loop.advance(1ms);
  const auto feedback = told<rtp::TransportFeedback>();
  ASSERT_THAT(feedback, SizeIs(1));
  EXPECT_EQ(feedback[0].base, 1);
  EXPECT_THAT(feedback[0].received, SizeIs(4)) << "the numbers are of the whole transport";
  loop.advance(2s);
  EXPECT_THAT(told<rtp::TransportFeedback>(), IsEmpty()) << "nothing came";
}

TEST_F(ReceivingTest, WithoutAgreementThereIsNoTransportFeedback) {
  sdp::Receiving without = agreed(1);
  without.tracks[0].formats[0].feedback.transport_cc = false;
  receive(without);
  TestPacket packet = stream.picture(true, 2).packets[0];
  packet.extensions = {{transport_cc, {0, 1}}};
  come(packet);
  loop.advance(1s);
  EXPECT_THAT(told<rtp::TransportFeedback>(), IsEmpty());
}

TEST_F(ReceivingTest, ReportsEachSecondAndAtTheFirstOfTheSender) {
  receive();
  come(stream.picture(true, 3));
  EXPECT_THAT(told<rtp::ReceiverReport>(), IsEmpty());
  loop.advance(25ms);
  const auto first = told<rtp::ReceiverReport>();
  ASSERT_THAT(first, SizeIs(1)) << "it ends the mid in each packet";
  ASSERT_THAT(first[0].reports, SizeIs(1));
  EXPECT_EQ(first[0].reports[0].ssrc, 1000u);
  EXPECT_EQ(first[0].reports[0].last_sr, 0u);

  const std::uint64_t ntp = rtp::to_ntp(loop.clock().wall());
  hear(rtp::SenderReport{.ssrc = 1000, .ntp = ntp});
  loop.advance(0ms);
  const auto answer = told<rtp::ReceiverReport>();
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(answer[0].reports[0].last_sr, rtp::compact_ntp(ntp));
  EXPECT_EQ(answer[0].reports[0].delay_since_sr, 0u);

  hear(rtp::SenderReport{.ssrc = 1000, .ntp = ntp + 5});
  loop.advance(10s);
  EXPECT_THAT(told<rtp::ReceiverReport>(), SizeIs(10));
}

TEST_F(ReceivingTest, AKeyFrameIsAskedForAtABadBeginningAndForTheDecoder) {
  receive();
  come(stream.picture(false, 2));
  EXPECT_THAT(told<rtp::Pli>(), SizeIs(1));
  come(stream.picture(true, 2));
  loop.advance(1s);
  told<rtp::Pli>();
  frames.clear();
  receiving->need_keyframe(0);
  loop.advance(0ms);
  EXPECT_THAT(told<rtp::Pli>(), SizeIs(1));
  come(stream.picture(false, 2));
  EXPECT_THAT(frames, IsEmpty());
  come(stream.picture(true, 2));
  EXPECT_THAT(frames, SizeIs(1));
}

TEST_F(ReceivingTest, WhoKnowsNoPliIsAskedByFirAndWhoKnowsNeitherIsNotAsked) {
  sdp::Receiving other = agreed(1);
  other.tracks[0].formats[0].feedback.pli = false;
  receive(other);
  come(stream.picture(false, 2));
  loop.advance(1s);
  const auto asked = told<rtp::Fir>();
  ASSERT_THAT(asked, SizeIs(testing::Ge(2u)));
  EXPECT_EQ(asked[0].requests[0].ssrc, 1000u);
  EXPECT_NE(asked[0].requests[0].number, asked[1].requests[0].number) << "a repeated number is the same request";

  other.tracks[0].formats[0].feedback.fir = false;
  receive(other);
  come(stream.picture(false, 2));
  loop.advance(1s);
  EXPECT_THAT(told<rtp::Fir>(), IsEmpty());
}

TEST_F(ReceivingTest, WithoutReducedSizeEveryDatagramBeginsWithAReportAndOurName) {
  sdp::Receiving compound = agreed(1);
  compound.tracks[0].reduced_size_rtcp = false;
  receive(compound);
  TestPacket packet = stream.picture(false, 2).packets[0];
  packet.extensions = {{transport_cc, {0, 1}}};
  come(packet);
  loop.advance(2s);
  EXPECT_THAT(sent, SizeIs(testing::Ge(5u)));
  for (const Bytes& datagram : sent) {
    const auto packets = rtp::parse_rtcp(datagram);
    ASSERT_TRUE(packets && packets->size() >= 2);
    EXPECT_TRUE(std::holds_alternative<rtp::ReceiverReport>(packets->at(0)));
    const auto* names = std::get_if<rtp::SourceDescription>(&packets->at(1));
    ASSERT_TRUE(names);
    EXPECT_EQ(names->chunks.at(0).cname, "cname");
  }
}

TEST_F(ReceivingTest, StoppedItIsSilentAndStartedAgainItGoesOn) {
  receive();
  flow(3);
  receiving->stop();
  EXPECT_EQ(loop.timers(), 0u);
  sent.clear();
  frames.clear();
  come(stream.picture(false, 2));
  hear(rtp::SenderReport{.ssrc = 1000, .ntp = 1});
  receiving->need_keyframe(0);
  loop.advance(10s);
  EXPECT_THAT(sent, IsEmpty());
  EXPECT_THAT(frames, IsEmpty());
  receiving->start();
  come(stream.picture(true, 2));
  EXPECT_THAT(frames, SizeIs(1));
}

TEST_F(ReceivingTest, TheListenerMayStopItInTheMiddle) {
  receive();
  flow(2);
  const TestPicture a = stream.picture(false, 2), b = stream.picture(false, 1);
  come(a.packets[1]);
  come(b);
  frames.clear();
  on_picture = [this] { receiving->stop(); };
  come(a.packets[0].repeat());
  EXPECT_THAT(frames, SizeIs(1));
  EXPECT_EQ(loop.timers(), 0u);
}

TEST_F(ReceivingTest, ParameterSetsThatStandInTheSdpOnlyAreAdded) {
  sdp::Receiving described = agreed(1);
  described.tracks[0].formats[0].parameter_sets = {{0x67, 0x42, 1}, {0x68, 2}};
  receive(described);
  const TestPicture with = stream.picture(true, 2);
  come(with);
  EXPECT_EQ(*frames.at(0).bytes, with.bytes) << "those of the stream count more";
  TestPacket bare = stream.picture(false, 1).packets[0];
  bare.payload[0] = 0x65;
  come(bare);
  Bytes expected{0, 0, 0, 1, 0x67, 0x42, 1, 0, 0, 0, 1, 0x68, 2, 0, 0, 0, 1};
  expected.insert(expected.end(), bare.payload.begin(), bare.payload.end());
  EXPECT_EQ(*frames.at(1).bytes, expected);
  come(stream.picture(false, 1));
  EXPECT_THAT(frames, SizeIs(3));
  EXPECT_LT(frames[2].bytes->size(), expected.size()) << "only key frames have them";
}

TEST_F(ReceivingTest, CaptureTimesAreCarriedFromPictureToPictureOfOneStream) {
  receive();
  TestPicture key = stream.picture(true, 1);
  Bytes ntp(8);
  store_be32(ntp.data(), 3'900'000'000);
  key.packets[0].extensions = {{capture_time, ntp}};
  come(key);
  come(stream.picture(false, 1));
  ASSERT_TRUE(frames.at(0).captured && frames.at(1).captured);
  EXPECT_EQ(*frames[0].captured, latency::from_peer_ntp(std::uint64_t{3'900'000'000} << 32));
  EXPECT_EQ(to_millis(*frames[1].captured - *frames[0].captured), to_millis(33'333'333ns));

  const std::uint64_t before = frames[1].stream;
  rtp::TestStream other(3000, 77, 1'000'000);
  come(other.picture(true, 2));
  ASSERT_THAT(frames, SizeIs(3));
  EXPECT_NE(frames[2].stream, before);
  EXPECT_FALSE(frames[2].captured) << "another stream's timestamps say nothing by the old ones";
}

TEST_F(ReceivingTest, WithoutCaptureTimesTheReportsOfTheSenderServe) {
  receive();
  come(stream.picture(true, 1));
  EXPECT_FALSE(frames.at(0).captured);
  EXPECT_FALSE(receiving->report_clock(0));
  const std::uint64_t ntp = std::uint64_t{3'900'000'000} << 32;
  hear(rtp::SenderReport{.ssrc = 1000, .ntp = ntp, .rtp_timestamp = 90'000});
  come(stream.picture(false, 1));
  ASSERT_TRUE(frames.at(1).captured);
  EXPECT_EQ(to_millis(*frames[1].captured - latency::from_peer_ntp(ntp)), to_millis(33'333'333ns));
  ASSERT_TRUE(receiving->report_clock(0));
  EXPECT_TRUE(receiving->report_clock(0)->estimated);
  hear(rtp::SenderReport{.ssrc = 4711, .ntp = 1, .rtp_timestamp = 5});  // nobody's
}

TEST_F(ReceivingTest, FiguresAreOfTheLastSecond) {
  receive();
  std::size_t bytes = 0;
  for (int i = 0; i < 90; ++i) {
    const TestPicture picture = stream.picture(i == 0, 5);
    for (const TestPacket& packet : picture.packets) {
      if (i >= 30 && (packet.header.sequence % 10) == 0) {
        loop.advance(1ms);
        continue;
      }
      bytes += i < 60 ? 0 : packet.wire().size();
      come(packet);
    }
    // What is lost is repaired at once.
    for (const TestPacket& packet : picture.packets)
      if (i >= 30 && (packet.header.sequence % 10) == 0) come(packet.repeat());
    loop.advance(interval);
  }
  const TrackFigures figures = receiving->figures(0);
  EXPECT_NEAR(figures.fps, 30, 3);
  EXPECT_NEAR(figures.loss_ratio, 0.1, 0.03);
  EXPECT_GT(figures.bitrate.bps, static_cast<std::int64_t>(bytes) * 8 * 8 / 10);
  EXPECT_LT(figures.bitrate.bps, static_cast<std::int64_t>(bytes) * 8 * 14 / 10);
  EXPECT_EQ(figures.counts.frames.frames, 90u);
  EXPECT_EQ(figures.counts.plis, 0u);
}

TEST_F(ReceivingTest, TheRoundTripIsOfPingsHeldAgainstRepairs) {
  receive();
  EXPECT_FALSE(receiving->rtt());
  receiving->set_rtt(10ms);
  EXPECT_EQ(receiving->rtt(), 10ms);
  flow(2);
  TestPicture picture = stream.picture(false, 3);
  come(picture.packets[0]);
  come(picture.packets[2]);
  loop.advance(14ms);
  come(picture.packets[1].repeat());
  EXPECT_EQ(receiving->rtt(), 14ms) << "a repeat waits in queues, too";
  receiving->set_rtt(30ms);
  EXPECT_EQ(receiving->rtt(), 30ms);
  receiving->set_rtt(std::nullopt);
  EXPECT_EQ(receiving->rtt(), 14ms);
}

TEST_F(ReceivingTest, ACameraThatComesLaterJoinsWithoutAGap) {
  receive(agreed(1));
  flow(3);
  frames.clear();
  tracks.clear();
  const TestPicture picture = stream.picture(false, 2);
  come(picture.packets[0]);
  receiving->renegotiated(agreed(2));
  EXPECT_EQ(receiving->tracks(), 2u);
  come(picture.packets[1]);
  rtp::TestStream rear(2000, 9, 7);
  come(rear.picture(true, 2), 1);
  EXPECT_THAT(tracks, ElementsAre(0, 1));
  sdp::Receiving gone = agreed(2);
  gone.tracks[1].accepted = false;
  receiving->renegotiated(gone);
  come(rear.picture(false, 2), 1);
  EXPECT_THAT(tracks, SizeIs(2));
  EXPECT_EQ(receiving->strangers(), 2u);
}

TEST_F(ReceivingTest, RubbishChangesNothing) {
  receive(agreed(2));
  flow(3);
  h264::Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(random.below(60));
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
    if (!bytes.empty() && random.coin()) bytes[0] = static_cast<std::uint8_t>(0x80 | (bytes[0] & 0x3f));
    if (bytes.size() > 12 && random.coin()) store_be32(bytes.data() + 8, random.below(2) + 1'000'000);
    random.coin() ? receiving->on_rtp(bytes) : receiving->on_rtcp(bytes);
    if (i % 50 == 0) loop.advance(1ms);
  }
  frames.clear();
  come(stream.picture(true, 2));
  come(stream.picture(false, 1));
  EXPECT_THAT(frames, SizeIs(testing::Ge(1u)));
}

}  // namespace
}  // namespace bigfoot::view
