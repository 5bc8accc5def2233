#include "robot/sending.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "robot/testing.hpp"
#include "rtp/ntp.hpp"

namespace bigfoot::robot {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Optional;
using testing::SizeIs;

constexpr std::uint32_t media_ssrc = 100, rtx_ssrc = 200;  // of the first camera; the second has one more
constexpr std::uint32_t frame_ticks = 3'000;               // 33 ms, rounded up

sdp::Negotiated agreed(std::size_t cameras) {
  sdp::Negotiated all;
  for (std::uint32_t i = 0; i < cameras; ++i) {
    sdp::TrackNegotiated track;
    track.accepted = true;
    track.mid = std::to_string(i);
    track.payload_type = static_cast<std::uint8_t>(96 + 2 * i);
    track.rtx_payload_type = static_cast<std::uint8_t>(97 + 2 * i);
    track.extensions = {.transport_cc = 1, .playout_delay = 2, .abs_capture_time = 3, .mid = 4};
    track.ssrc = media_ssrc + i;
    track.rtx_ssrc = rtx_ssrc + i;
    all.tracks.push_back(track);
  }
  return all;
}

/// One connected viewer: its transport, and what of a session a Sending needs.
class Eye final : transport::PeerListener {
 public:
  Eye(FakeLoop& loop, std::vector<CameraTrack> cameras, const ViewerMetrics& metrics,
      sdp::PeerKind kind = sdp::PeerKind::chromium, const SendBuffers& buffers = {})
      : negotiated(agreed(cameras.size())),
        peer(loop, *this, 1h, wire),
        sending(loop, peer, std::move(cameras), negotiated, kind, "cname", {loop.now(), loop.clock().wall()}, metrics,
                buffers) {
    if (!peer.start(true)) ADD_FAILURE();
    peer.connect();
  }
  Watched seen(std::uint8_t payload_type = 96) const { return watch(wire->packets, payload_type); }
  std::uint16_t first_sequence() const { return rtp::parse_packet(wire->packets.front())->header.sequence; }
  std::uint16_t last_sequence() const { return rtp::parse_packet(wire->packets.back())->header.sequence; }
  std::size_t bytes_of(std::uint8_t payload_type) const {
    std::size_t bytes = 0;
    for (const Bytes& packet : wire->packets)
      if (rtp::parse_packet(packet)->header.payload_type == payload_type) bytes += packet.size();
    return bytes;
  }

  std::shared_ptr<Wire> wire = std::make_shared<Wire>();
  sdp::Negotiated negotiated;
  FakePeer peer;
  Sending sending;

 private:
  void on_local_candidate(const std::string&) override {}
  void on_state(transport::PeerState) override {}
  void on_path(const transport::PathInfo&) override {}
  void on_rtcp(BytesView packet) override { sending.on_rtcp(packet); }
  void on_rtp(BytesView) override {}
  void on_packet_sent(std::uint16_t number, std::size_t bytes, Timestamp at) override {
    sending.on_packet_sent(number, bytes, at);
  }
  void on_writable() override { sending.on_writable(); }
  void on_renegotiate() override {}
  void on_failed(const Error&) override {}
};

class SendingTest : public RobotLab {
 protected:
  SendingTest() {
    add_camera("front");
    awake.push_back(rungs[0]->keep_awake());
  }
  void add_rear() {
    add_camera("rear");
    awake.push_back(rungs[1]->keep_awake());
  }
  Eye& eye(sdp::PeerKind kind = sdp::PeerKind::chromium) {
    eyes.push_back(std::make_unique<Eye>(loop, tracks(), counters.viewers(), kind));
    eyes.back()->sending.start();
    return *eyes.back();
  }
  double asked(const char* type) { return metrics_of_type(type).value(); }
  telemetry::Counter metrics_of_type(const std::string& type) const {
    const ViewerMetrics& all = counters.viewers();
    return type == "nack" ? all.nacks : type == "pli" ? all.plis : type == "fir" ? all.firs : all.feedbacks;
  }

  std::vector<std::shared_ptr<Rung::Awake>> awake;
  std::vector<std::unique_ptr<Eye>> eyes;
};

TEST_F(SendingTest, AViewerSeesEveryPictureFromAKeyFrameOn) {
  film(10);
  Eye& viewer = eye();
  film(100);
  const Watched seen = viewer.seen();
  EXPECT_THAT(seen.pictures, SizeIs(Ge(99u)));
  EXPECT_TRUE(seen.decodable(frame_ticks));
  EXPECT_TRUE(viewer.sending.first_frame_sent());
  EXPECT_EQ(counters.camera("front").sent.value(), static_cast<double>(seen.pictures.size()));
}

TEST_F(SendingTest, NothingLeavesBeforeStartOrAfterStop) {
  Eye& viewer = eye();
  viewer.sending.stop();
  film(10);
  EXPECT_THAT(viewer.wire->packets, IsEmpty());
  viewer.sending.start();
  film(10);
  viewer.sending.stop();
  const auto before = viewer.wire->packets.size();
  EXPECT_GT(before, 0u);
  viewer.peer.hear(rtp::Nack{1, media_ssrc, {viewer.last_sequence()}});
  viewer.peer.hear(rtp::Pli{1, media_ssrc});
  film(10);
  EXPECT_THAT(viewer.wire->packets, SizeIs(before));
  EXPECT_EQ(asked("pli"), 0) << "what is asked of a stopped stream does not count";
}

TEST_F(SendingTest, AStalledViewerIsCutBetweenPicturesAndComesBackWithAKeyFrame) {
  Eye& honest = eye();
  Eye& stalled = eye();
  film(30);
  stalled.peer.socket_room = 3;  // in the middle of a picture
  const int before = cameras[0]->keyframes_asked;
  film(60);
  EXPECT_EQ(cameras[0]->keyframes_asked, before) << "it could not take a key frame now, and the others need none";
  EXPECT_GT(counters.camera("front").dropped_send.value(), 50);
  stalled.peer.drain();
  film(90);
  const Watched seen = stalled.seen();
  EXPECT_TRUE(seen.decodable(frame_ticks));
  EXPECT_THAT(seen.pictures, SizeIs(AllOf(Ge(30u + 85u), Le(30u + 91u))));
  EXPECT_EQ(cameras[0]->keyframes_asked, before + 1);
  EXPECT_TRUE(honest.seen().decodable(frame_ticks));
  EXPECT_THAT(honest.seen().pictures, SizeIs(Ge(179u))) << "nobody else misses one";
}

TEST_F(SendingTest, ViewersThatStallAgainAndAgainCostTheOthersFewKeyFrames) {
  Eye& honest = eye();
  std::vector<Eye*> stalling;
  for (int i = 0; i < 5; ++i) stalling.push_back(&eye());
  film(60);
  const std::uint64_t before = cameras[0]->keyframes;
  for (int second = 0; second < 20; ++second) {
    for (Eye* each : stalling) each->peer.socket_room = 2;
    film(15);
    for (Eye* each : stalling) each->peer.drain();
    film(15);
  }
  EXPECT_LE(cameras[0]->keyframes - before, 3u + 10u) << "three, then one in two seconds";
  EXPECT_THAT(honest.seen().pictures, SizeIs(Ge(659u)));
  for (Eye* each : stalling) EXPECT_TRUE(each->seen().decodable(frame_ticks));
}

TEST_F(SendingTest, HowLongAPictureMayWaitIsASetting) {
  const auto dropped = [&](Nanos queue) {
    Eye viewer(loop, tracks(), counters.viewers(), sdp::PeerKind::chromium, {.queue = queue});
    viewer.sending.start();
    film(30);
    const double before = counters.camera("front").dropped_send.value();
    viewer.peer.socket_room = 3;
    film(6);  // 200 ms
    viewer.peer.drain();
    film(10);
    return counters.camera("front").dropped_send.value() - before;
  };
  EXPECT_GT(dropped(50ms), 0);
  EXPECT_EQ(dropped(400ms), 0);
}

TEST_F(SendingTest, HowLongAPictureCanBeSentAgainIsASetting) {
  const auto repeats = [&](Nanos history) {
    Eye viewer(loop, tracks(), counters.viewers(), sdp::PeerKind::chromium, {.history = history});
    viewer.sending.start();
    film(30);
    const std::uint16_t lost = viewer.last_sequence();
    film(45);  // 1.5 s
    viewer.peer.hear(rtp::Nack{1, media_ssrc, {lost}});
    film(1);
    return viewer.seen().repeats;
  };
  EXPECT_EQ(repeats(1s), 0);
  EXPECT_EQ(repeats(3s), 1);
}

TEST_F(SendingTest, WhatWasLostComesAgainOnTheRepairStream) {
  Eye& viewer = eye();
  film(30);
  const std::uint16_t lost = viewer.last_sequence();
  viewer.peer.hear(rtp::Nack{1, media_ssrc, {lost, static_cast<std::uint16_t>(lost - 1)}});
  film(1);
  EXPECT_EQ(viewer.seen().repeats, 2);
  EXPECT_EQ(counters.viewers().rtx_packets.value(), 2);
  viewer.peer.hear(rtp::Nack{1, media_ssrc, {static_cast<std::uint16_t>(lost + 20'000)}});
  viewer.peer.hear(rtp::Nack{1, 4711, {lost}});
  viewer.peer.hear(rtp::Nack{1, rtx_ssrc, {static_cast<std::uint16_t>(lost - 2)}});
  film(3);
  EXPECT_EQ(viewer.seen().repeats, 2) << "never sent, of a stream that is not ours, and a number of the repair stream";
  EXPECT_EQ(asked("nack"), 2);
}

TEST_F(SendingTest, RepairTakesAtMostHalfTheRateHoweverMuchIsAskedFor) {
  Eye& greedy = eye();
  Eye& honest = eye();
  film(30);
  const std::size_t before = greedy.bytes_of(97);
  for (int i = 0; i < 300; ++i) {
    rtp::Nack all{1, media_ssrc, {}};
    all.lost.reserve(256);
    for (std::uint16_t back = 0; back < 256; ++back)
      all.lost.push_back(static_cast<std::uint16_t>(greedy.last_sequence() - back));
    for (int each = 0; each < 10; ++each) greedy.peer.hear(all);
    film(1);
  }
  const double seconds = 300 * to_seconds(frame_time);
  const double rate = static_cast<double>(greedy.bytes_of(97) - before) * 8 / seconds;
  const double half = static_cast<double>(rungs[0]->bitrate().bps) / 2;
  EXPECT_LE(rate, half * 1.05);
  EXPECT_GE(rate, half * 0.7) << "half is there for who needs it";
  EXPECT_THAT(honest.seen().pictures, SizeIs(Ge(329u)));
  EXPECT_EQ(honest.seen().repeats, 0);
  EXPECT_EQ(asked("nack"), 3'000);
}

TEST_F(SendingTest, KeyFrameRequestsAreThoseOfThisViewerOnce) {
  Eye& viewer = eye();
  film(30);
  const int before = cameras[0]->keyframes_asked;
  viewer.peer.hear(rtp::Pli{1, 4711});
  viewer.peer.hear(rtp::Fir{1, {{4711, 1}}});
  EXPECT_EQ(cameras[0]->keyframes_asked, before) << "streams that are not ours";
  for (int i = 0; i < 30; ++i) {
    viewer.peer.hear(rtp::Fir{1, {{media_ssrc, 7}}});
    film(1);
  }
  EXPECT_EQ(cameras[0]->keyframes_asked, before + 1) << "a FIR is repeated until it is answered (RFC 5104 4.3.1.2)";
  EXPECT_EQ(asked("fir"), 1);
  viewer.peer.hear(rtp::Fir{1, {{media_ssrc, 8}}});
  viewer.peer.hear(rtp::Pli{1, media_ssrc});
  film(30);
  EXPECT_EQ(cameras[0]->keyframes_asked, before + 2) << "both are answered by one";
}

TEST_F(SendingTest, TwoCamerasAreTwoStreamsOfOneTransport) {
  add_rear();
  Eye& viewer = eye();
  film(60, 4'000);
  EXPECT_TRUE(viewer.seen(96).decodable(frame_ticks));
  EXPECT_TRUE(viewer.seen(98).decodable(frame_ticks));
  EXPECT_THAT(viewer.seen(96).pictures, SizeIs(Ge(59u)));
  EXPECT_THAT(viewer.seen(98).pictures, SizeIs(Ge(59u)));
  viewer.peer.hear(rtp::Pli{1, media_ssrc + 1});
  film(5, 4'000);
  EXPECT_EQ(viewer.seen(96).keyframes(), 1u);
  EXPECT_EQ(viewer.seen(98).keyframes(), 2u) << "only that camera's";
  std::optional<std::uint16_t> last;
  for (const Bytes& bytes : viewer.wire->packets) {
    const auto number = rtp::parse_packet(bytes)->extension(1);
    ASSERT_TRUE(number);
    const std::uint16_t value = load_be16(number->data());
    if (last) {
      ASSERT_EQ(value, static_cast<std::uint16_t>(*last + 1)) << "one numbering";
    }
    last = value;
  }
}

TEST_F(SendingTest, ACameraThatIsGivenUpStopsAloneAndComesBackWithAKeyFrame) {
  add_rear();
  Eye& viewer = eye();
  film(30, 4'000);
  sdp::Negotiated without_rear = viewer.negotiated;
  without_rear.tracks[1].accepted = false;
  viewer.sending.renegotiated(without_rear);
  film(30, 4'000);
  EXPECT_THAT(viewer.seen(98).pictures, SizeIs(Le(30u)));
  viewer.sending.renegotiated(viewer.negotiated);
  film(30, 4'000);
  EXPECT_EQ(viewer.seen(98).keyframes(), 2u);
  EXPECT_TRUE(viewer.seen(98).decodable(frame_ticks));
  EXPECT_EQ(viewer.seen(96).keyframes(), 1u);
  EXPECT_TRUE(viewer.seen(96).decodable(frame_ticks));
  EXPECT_THAT(viewer.seen(96).pictures, SizeIs(Ge(89u))) << "the other camera goes on without a gap";
}

TEST_F(SendingTest, OfACameraThatIsNotTakenNothingCanBeAskedFor) {
  add_rear();
  Eye& viewer = eye();
  film(30, 4'000);
  const std::uint16_t last = viewer.last_sequence();  // the rear camera's
  sdp::Negotiated without_rear = viewer.negotiated;
  without_rear.tracks[1].accepted = false;
  viewer.sending.renegotiated(without_rear);
  film(30, 4'000);
  const int before = cameras[1]->keyframes_asked;
  viewer.peer.hear(rtp::Pli{1, media_ssrc + 1});
  viewer.peer.hear(rtp::Fir{1, {{media_ssrc + 1, 1}}});
  viewer.peer.hear(rtp::Nack{1, media_ssrc + 1, {last}});
  film(120, 4'000);
  EXPECT_EQ(cameras[1]->keyframes_asked, before);
  EXPECT_EQ(viewer.seen(98).repeats, 0);
  EXPECT_EQ(asked("pli") + asked("fir") + asked("nack"), 0);
}

TEST_F(SendingTest, ACameraThatIsNotWatchedIsNotSentAndComesBackWithAKeyFrame) {
  add_rear();
  Eye& viewer = eye();
  film(30, 4'000);
  viewer.sending.watch({true, false});
  film(30, 4'000);
  EXPECT_THAT(viewer.seen(98).pictures, SizeIs(Le(30u)));
  const int before = cameras[1]->keyframes_asked;
  viewer.peer.hear(rtp::Pli{1, media_ssrc + 1});
  EXPECT_EQ(cameras[1]->keyframes_asked, before) << "what it does not watch it cannot ask for";
  viewer.sending.watch({true, true});
  film(30, 4'000);
  EXPECT_EQ(viewer.seen(98).keyframes(), 2u);
  EXPECT_TRUE(viewer.seen(98).decodable(frame_ticks));
  EXPECT_EQ(viewer.seen(96).keyframes(), 1u);
  EXPECT_THAT(viewer.seen(96).pictures, SizeIs(Ge(89u))) << "the other camera goes on without a gap";
}

TEST_F(SendingTest, WhatIsWatchedOutlivesAStopAndARenegotiation) {
  add_rear();
  Eye& viewer = eye();
  viewer.sending.watch({false, true});
  viewer.sending.stop();
  viewer.sending.start();
  viewer.sending.renegotiated(viewer.negotiated);
  film(30, 4'000);
  EXPECT_THAT(viewer.seen(96).pictures, IsEmpty());
  EXPECT_THAT(viewer.seen(98).pictures, SizeIs(Ge(29u)));
  const int reports = viewer.wire->reports;
  viewer.sending.watch({false, false});
  film(30, 4'000);
  viewer.sending.send_reports();
  EXPECT_THAT(viewer.seen(98).pictures, SizeIs(Le(30u)));
  EXPECT_EQ(viewer.wire->reports, reports + 1) << "who watches nothing hears that the path lives";
}

TEST_F(SendingTest, FirefoxIsGivenTenMillisecondsTheOthersNone) {
  const auto delay_of = [](const Eye& viewer) {
    const auto value = rtp::parse_packet(viewer.wire->packets.front())->extension(2).value_or(BytesView());
    return Bytes(value.begin(), value.end());
  };
  Eye& firefox = eye(sdp::PeerKind::firefox);
  Eye& chromium = eye(sdp::PeerKind::chromium);
  film(2);
  EXPECT_THAT(delay_of(firefox), ElementsAre(0, 0, 1)) << "twelve bits each, in tens of milliseconds";
  EXPECT_THAT(delay_of(chromium), ElementsAre(0, 0, 0));
}

TEST_F(SendingTest, WhatAViewerClaimsStaysWithinBounds) {
  Eye& liar = eye();
  film(30);
  const rtp::WallOffset wall(loop.now(), loop.clock().wall());
  for (std::uint16_t i = 0; i < 50; ++i) {
    rtp::ReportBlock block{.ssrc = media_ssrc, .fraction_lost = 255, .jitter = 0xffffffff};
    block.last_sr = rtp::compact_ntp(wall.ntp(loop.now())) - (50u << 16);  // fifty seconds there and back
    liar.peer.hear(rtp::ReceiverReport{1, {block}});
    rtp::TransportFeedback lie{.sender_ssrc = 1, .media_ssrc = media_ssrc, .base = 0, .count = 200};
    lie.number = static_cast<std::uint8_t>(i);
    for (std::uint16_t n = 0; n < 200; ++n) lie.received.push_back({n, 20'000 - 20 * n});  // the last arrived first
    liar.peer.hear(lie);
    film(1);
  }
  const PathQuality said = liar.sending.quality();
  EXPECT_THAT(said.rtt, Optional(rtt_max));
  EXPECT_THAT(said.loss_ratio, AllOf(Ge(0.0), Le(1.0)));
  EXPECT_THAT(said.delay_trend_ms_per_second, Optional(1000.0));
  EXPECT_THAT(liar.seen().pictures, SizeIs(Ge(79u)));
}

TEST_F(SendingTest, NoiseInAnAuthenticPacketIsIgnored) {
  Eye& viewer = eye();
  film(5);
  h264::Random random(7);
  for (int i = 0; i < 2'000; ++i) {
    Bytes noise(random.below(64), 0);
    for (auto& byte : noise) byte = static_cast<std::uint8_t>(random.below(256));
    if (noise.size() > 4) {
      noise[0] = 0x81;
      noise[1] = static_cast<std::uint8_t>(200 + random.below(8));
    }
    viewer.sending.on_rtcp(noise);
  }
  film(30);
  EXPECT_TRUE(viewer.seen().decodable(frame_ticks));
}

TEST_F(SendingTest, ReportsAreOnlyOfCamerasThatFlow) {
  Eye& viewer = eye();
  film(3);
  viewer.sending.send_reports();
  EXPECT_EQ(viewer.wire->reports, 1);
  sdp::Negotiated none = viewer.negotiated;
  none.tracks[0].accepted = false;
  viewer.sending.renegotiated(none);
  viewer.sending.send_reports();
  EXPECT_EQ(viewer.wire->reports, 1);
}

}  // namespace
}  // namespace bigfoot::robot
