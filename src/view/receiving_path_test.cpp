// Our sender's tracks and a viewer's Receiving over a path of 40 ms that loses 2 % both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/fake_loop.hpp"
#include "h264/testing.hpp"
#include "rtp/sender.hpp"
#include "rtp/twcc.hpp"
#include "view/receiving.hpp"

namespace bigfoot::view {
namespace {

using testing::SizeIs;

constexpr Nanos one_way = 20ms;
constexpr Nanos interval = 33'333'333ns;
constexpr std::size_t cameras = 2;
constexpr rtp::ExtensionIds extensions{.transport_cc = 1, .playout_delay = 0, .abs_capture_time = 3, .mid = 4};

sdp::Receiving agreed() {
  sdp::Receiving all;
  for (std::size_t i = 0; i < cameras; ++i) {
    sdp::ReceivedTrack track;
    track.accepted = true;
    track.mid = std::to_string(i);
    // The same payload types for both: only the mid tells them apart, and nothing their repairs.
    track.formats = {
        {.payload_type = 96, .rtx_payload_type = 97, .feedback = {.nack = true, .pli = true, .transport_cc = true}}};
    track.extensions = extensions;
    track.reduced_size_rtcp = true;
    all.tracks.push_back(track);
  }
  return all;
}

class PathTest : public testing::Test, public ReceivingListener {
 protected:
  PathTest() {
    for (std::uint32_t i = 0; i < cameras; ++i)
      senders.emplace_back(rtp::TrackConfig{.ssrc = 100 + i,
                                            .rtx_ssrc = 200 + i,
                                            .payload_type = 96,
                                            .rtx_payload_type = 97,
                                            .extensions = extensions,
                                            .mid = std::to_string(i),
                                            .cname = "robot",
                                            .first_sequence = static_cast<std::uint16_t>(65'000 + i),
                                            .timestamp_offset = 0xffff0000 + i * 0x1234'5678},
                           wall);
    receiving.start();
  }
  void on_frame(std::size_t track, Frame frame) override {
    ++delivered;
    repaired += frame.repaired > 0;
    const Timestamp captured = shot.at({track, frame.timestamp});
    if (frame.captured) {
      const Nanos error = frame.captured->time_since_epoch() - wall.at(captured).time_since_epoch();
      EXPECT_LT(std::chrono::abs(error), 20us);
    }
    with_time += frame.captured.has_value();
    added.push_back(loop.now() - captured - one_way);
  }
  void travel(std::function<void()> arrive) {
    if (random.below(100) < 2) return;
    under_way.push_back(loop.after(one_way, std::move(arrive)));
  }

  void film(int pictures) {
    for (int i = 0; i < pictures; ++i) {
      for (std::size_t camera = 0; camera < cameras; ++camera) send_picture(camera);
      if (i % 30 == 29) report();
      loop.advance(interval);
    }
    loop.advance(2s);
  }
  void send_picture(std::size_t camera) {
    const bool key = std::exchange(keyframe_wanted[camera], false);
    std::vector<Bytes> nals{h264::nal_of(key ? 0x65 : 0x41, 3'000 + random.below(5'000), 1)};
    if (key) nals.insert(nals.begin(), {{0x67, 0x42, 0xc0, 0x1f, 0xda}, {0x68, 0xce, 0x3c, 0x80}});
    const auto frame = packetizer.packetize(h264::make_unit(h264::annex_b(nals), 0, loop.now()));
    ASSERT_TRUE(frame);
    ++sent;
    shot[{camera, senders[camera].timestamp_of(loop.now())}] = loop.now();
    for (std::size_t i = 0; i < (*frame)->count(); ++i)
      send([&](std::uint16_t number, Bytes& out) { return senders[camera].write(*frame, i, number, loop.now(), out); });
  }
  template <class Write>
  void send(Write write) {
    Bytes packet(rtp::packet_bytes_max);
    const std::uint16_t number = twcc.next();
    packet.resize(write(number, packet));
    if (packet.empty()) return;
    twcc.on_sent(number, packet.size(), loop.now());
    ++numbered;
    travel([this, packet] { receiving.on_rtp(packet); });
  }
  void report() {
    for (const rtp::TrackSender& sender : senders) {
      Bytes bytes;
      sender.append_report(loop.now(), bytes);
      travel([this, bytes] { receiving.on_rtcp(bytes); });
    }
  }
  void hear(const Bytes& datagram) {
    const auto packets = rtp::parse_rtcp(datagram);
    ASSERT_TRUE(packets);
    for (const auto& packet : *packets) {
      if (const auto* pli = std::get_if<rtp::Pli>(&packet)) keyframe_wanted.at(pli->media_ssrc - 100) = true;
      if (const auto* nack = std::get_if<rtp::Nack>(&packet)) repeat(nack->media_ssrc - 100, *nack);
      if (const auto* report = std::get_if<rtp::ReceiverReport>(&packet))
        for (const auto& block : report->reports)
          if (const auto rtt = senders.at(block.ssrc - 100).on_report(block, loop.now())) rtts.push_back(*rtt);
      if (const auto* feedback = std::get_if<rtp::TransportFeedback>(&packet)) {
        ++feedbacks;
        for (const auto& result : twcc.on_feedback(*feedback)) told += result.received;
      }
    }
  }
  void repeat(std::size_t camera, const rtp::Nack& nack) {
    std::vector<rtp::TrackSender::Repeat> repeats;
    senders.at(camera).on_nack(nack, 2 * one_way, loop.now(), repeats);
    for (const auto& each : repeats)
      send([&](std::uint16_t number, Bytes& out) {
        return senders[camera].write_rtx(each.sequence, number, loop.now(), out);
      });
  }

  FakeLoop loop;
  rtp::WallOffset wall{loop.now(), loop.clock().wall()};
  h264::Random random{3};
  h264::Packetizer packetizer;
  std::vector<rtp::TrackSender> senders;
  rtp::TwccSender twcc;
  std::array<bool, cameras> keyframe_wanted{true, true};
  std::map<std::pair<std::size_t, std::uint32_t>, Timestamp> shot;
  std::vector<Subscription> under_way;

  int sent = 0, delivered = 0, repaired = 0, with_time = 0, numbered = 0, told = 0, feedbacks = 0;
  std::vector<Nanos> rtts, added;
  Receiving receiving{loop, agreed(), "viewer",
                      [this](BytesView out) { travel([this, bytes = Bytes(out.begin(), out.end())] { hear(bytes); }); },
                      *this};
};

TEST_F(PathTest, BothCamerasAreSeenAndTheSenderKnowsItsPath) {
  film(1'800);
  EXPECT_GE(delivered, sent * 98 / 100);
  EXPECT_GT(repaired, 200);
  EXPECT_GE(with_time, delivered - 100);
  std::ranges::sort(added);
  EXPECT_LE(added[added.size() / 2], 1ms) << "what is not lost is not held";
  EXPECT_LE(added[added.size() * 99 / 100], 5 * one_way + interval);

  ASSERT_THAT(rtts, SizeIs(testing::Gt(50u)));
  for (const Nanos rtt : rtts) EXPECT_NEAR(to_millis(rtt), to_millis(2 * one_way), 1);
  EXPECT_NEAR(to_millis(*receiving.rtt()), to_millis(2 * one_way), 5);
  // All but what was lost, and what was told in feedback that was lost.
  EXPECT_GT(told, numbered * 94 / 100);
  EXPECT_LE(feedbacks, 62 * 40);
  for (std::size_t camera = 0; camera < cameras; ++camera) {
    EXPECT_NEAR(receiving.figures(camera).loss_ratio, 0, 0.2);
    EXPECT_NEAR(senders[camera].stats().lost, static_cast<int>(senders[camera].stats().packets / 50), 120);
  }
  EXPECT_LE(receiving.strangers(), 10u);
}

}  // namespace
}  // namespace bigfoot::view
