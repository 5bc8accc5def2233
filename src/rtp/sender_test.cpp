#include "rtp/sender.hpp"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

#include "h264/depacketizer.hpp"
#include "h264/testing.hpp"
#include "rtp/testing.hpp"

namespace bigfoot::rtp {
namespace {

constexpr ExtensionIds ids{.transport_cc = 3, .playout_delay = 4, .abs_capture_time = 5, .mid = 1};

TrackConfig config() {
  return {.ssrc = 0x1111,
          .rtx_ssrc = 0x2222,
          .payload_type = 102,
          .rtx_payload_type = 103,
          .extensions = ids,
          .mid = "0",
          .cname = "robot",
          .playout_delay = PlayoutDelay{0ms, 0ms},
          .first_sequence = 32'760,
          .first_rtx_sequence = 7,
          .timestamp_offset = 1000,
          .history = {}};
}

class SenderTest : public ::testing::Test {
 protected:
  h264::FramePtr frame(std::size_t bytes, bool key = false) {
    using namespace h264;
    std::vector<Bytes> nals{nal_of(key ? 0x65 : 0x41, bytes, ++number_)};
    if (key) nals.insert(nals.begin(), {nal_of(0x67, 20, 1), nal_of(0x68, 5, 2)});
    return *packetizer_.packetize(make_unit(annex_b(nals), number_, clock_.now()));
  }
  /// Writes the whole frame; returns the packets.
  std::vector<Bytes> send(const h264::FramePtr& frame) {
    std::vector<Bytes> packets;
    for (std::size_t i = 0; i < frame->count(); ++i) {
      Bytes out(packet_bytes_max);
      out.resize(sender_.write(frame, i, transport_++, clock_.now(), out));
      packets.push_back(std::move(out));
    }
    return packets;
  }
  std::optional<Nanos> report(std::uint16_t highest, std::uint32_t last_sr = 0, std::uint32_t delay = 0) {
    return sender_.on_report({.ssrc = 0x1111,
                              .fraction_lost = 64,
                              .highest_sequence = highest,
                              .jitter = 90,
                              .last_sr = last_sr,
                              .delay_since_sr = delay},
                             clock_.now());
  }
  /// Its first packet, parsed; the bytes live as long as the test.
  Packet first_of(const h264::FramePtr& frame) { return parse(kept_.emplace_back(send(frame).front())); }
  static Packet parse(const Bytes&&) = delete;  // a Packet refers to its bytes
  static Packet parse(const Bytes& packet) {
    auto parsed = parse_packet(packet);
    EXPECT_TRUE(parsed);
    return *parsed;
  }

  FakeClock clock_;
  h264::Packetizer packetizer_;
  std::uint32_t number_ = 0;
  std::deque<Bytes> kept_;
  std::uint16_t transport_ = 65'534;
  TrackSender sender_{config(), WallOffset(clock_.now(), clock_.wall())};
};

TEST_F(SenderTest, AFrameIsOneTimestampRisingNumbersAndAMarker) {
  const auto packets = send(frame(4000));
  ASSERT_EQ(packets.size(), 4u);
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const Packet packet = parse(packets[i]);
    EXPECT_EQ(packet.header.ssrc, 0x1111u);
    EXPECT_EQ(packet.header.payload_type, 102);
    EXPECT_EQ(packet.header.sequence, 32'760 + i);
    EXPECT_EQ(packet.header.marker, i == 3);
    EXPECT_EQ(packet.header.timestamp, parse(packets[0]).header.timestamp);
    EXPECT_EQ(parse_transport_cc(*packet.extension(3)), static_cast<std::uint16_t>(65'534 + i));
  }
}

TEST_F(SenderTest, WhatTheViewerGetsIsTheAccessUnit) {
  h264::Depacketizer depacketizer;
  for (int i = 0; i < 40; ++i) {
    clock_.advance(33ms);
    const auto sent = frame(500 + 700u * static_cast<unsigned>(i % 8), i % 10 == 0);
    for (const Bytes& bytes : send(sent)) {
      const Packet packet = parse(bytes);
      ASSERT_TRUE(
          depacketizer.push(packet.header.sequence, packet.header.timestamp, packet.header.marker, packet.payload));
    }
    const auto unit = depacketizer.take();
    ASSERT_TRUE(unit);
    EXPECT_FALSE(unit->damaged || unit->lost_before);
    EXPECT_TRUE(std::ranges::equal(unit->bytes, sent->unit.bytes));
  }
}

TEST_F(SenderTest, TheTimestampIsTheCaptureTimeAt90kHz) {
  const std::uint32_t first = first_of(frame(100)).header.timestamp;
  clock_.step_wall(1h);  // nobody's business
  clock_.advance(1s);
  EXPECT_EQ(first_of(frame(100)).header.timestamp - first, 90'000u);
}

TEST_F(SenderTest, PacketsOfAFrameAreOfOneSizeForGso) {
  for (int i = 0; i < 10; ++i, clock_.advance(33ms)) {
    const auto packets = send(frame(8000));
    if (i == 3) report(32'770);
    for (std::size_t p = 0; p + 2 < packets.size(); ++p) EXPECT_EQ(packets[p].size(), packets[p + 1].size());
    EXPECT_LE(packets.back().size(), packets.front().size());
  }
}

TEST_F(SenderTest, PlayoutDelayAndMidStopWhenTheViewerHasThem) {
  const Packet first = first_of(frame(100));
  EXPECT_EQ(parse_playout_delay(*first.extension(4)), (PlayoutDelay{0ms, 0ms}));
  EXPECT_EQ(first.extension(1)->front(), '0');
  report(32'759);  // says nothing about a packet that carried them
  EXPECT_TRUE(first_of(frame(100)).extension(4));
  report(32'761);
  const Packet later = first_of(frame(100));
  EXPECT_FALSE(later.extension(4));
  EXPECT_FALSE(later.extension(1));
  EXPECT_TRUE(later.extension(3));
}

TEST_F(SenderTest, CaptureTimeComesOnceASecondAndOnKeyFrames) {
  int carried = 0;
  for (int i = 0; i < 91; ++i, clock_.advance(33'333us)) {
    const auto packets = send(frame(2000));
    const auto value = parse(packets[0]).extension(5);
    carried += value.has_value() ? 1 : 0;
    for (const Bytes& packet : packets) EXPECT_EQ(parse(packet).extension(5).has_value(), value.has_value());
    if (!value) continue;
    EXPECT_LT(std::chrono::abs(from_ntp(parse_abs_capture_time(*value)->capture_ntp) - clock_.wall()), 1us);
  }
  EXPECT_EQ(carried, 3);
  EXPECT_TRUE(first_of(frame(2000, true)).extension(5));
}

TEST_F(SenderTest, IdsAbove14TakeTheTwoByteForm) {
  auto high = config();
  high.extensions.transport_cc = 20;
  TrackSender sender(high, WallOffset());
  Bytes out(packet_bytes_max);
  out.resize(sender.write(frame(100), 0, 77, clock_.now(), out));
  EXPECT_EQ(parse_transport_cc(*parse(out).extension(20)), 77);
  EXPECT_TRUE(parse(out).extension(4));
}

TEST_F(SenderTest, WithoutNegotiatedExtensionsTheHeaderIsBare) {
  auto bare = config();
  bare.extensions = {};
  TrackSender sender(bare, WallOffset());
  Bytes out(packet_bytes_max);
  EXPECT_EQ(sender.write(frame(100), 0, 0, clock_.now(), out), 12u + 100u);
}

TEST_F(SenderTest, NothingEverPasses1200Bytes) {
  auto worst = config();
  worst.extensions.mid = 15;
  worst.mid = std::string(32, 'm');
  TrackSender sender(worst, WallOffset(clock_.now(), clock_.wall()));
  const auto sent = frame(50'000, true);
  Bytes out(packet_bytes_max);
  for (std::size_t i = 0; i < sent->count(); ++i) {
    const std::size_t size = sender.write(sent, i, 0, clock_.now(), out);
    EXPECT_GT(size, 0u);
    EXPECT_LE(size, packet_bytes_max);
  }
  for (const Bytes& packet : send(sent)) EXPECT_LE(packet.size(), 1100u + 36u);  // DESIGN 5's budget with usual ids
}

TEST_F(SenderTest, ALostPacketComesAgainAsRtx) {
  const auto sent = send(frame(4000));
  std::vector<TrackSender::Repeat> repeats;
  sender_.on_nack({.media_ssrc = 0x1111, .lost = {32'761, 32'763, 40'000}}, 100ms, clock_.now(), repeats);
  ASSERT_EQ(repeats.size(), 2u);
  EXPECT_EQ(sender_.stats().nacked, 3u);
  EXPECT_EQ(sender_.stats().nacked_gone, 1u);
  for (std::size_t i = 0; i < 2; ++i) {
    Bytes out(packet_bytes_max);
    out.resize(sender_.write_rtx(repeats[i].sequence, 500, clock_.now(), out));
    const Packet packet = parse(out), original = parse(sent[repeats[i].sequence - 32'760]);
    EXPECT_EQ(packet.header, (Header{original.header.marker, 103, static_cast<std::uint16_t>(7 + i),
                                     original.header.timestamp, 0x2222}));
    EXPECT_EQ(load_be16(packet.payload.data()), repeats[i].sequence);  // RFC 4588 4: OSN, then the payload as it was
    EXPECT_TRUE(std::ranges::equal(packet.payload.subspan(2), original.payload));
    EXPECT_EQ(parse_transport_cc(*packet.extension(3)), 500);
    EXPECT_GE(repeats[i].size + 10, out.size());
  }
  repeats.clear();
  sender_.on_nack({.media_ssrc = 0x1111, .lost = {32'761}}, 100ms, clock_.now() + 99ms, repeats);
  EXPECT_TRUE(repeats.empty());  // the repair may still be on its way
  sender_.on_nack({.media_ssrc = 0x1111, .lost = {32'761}}, 100ms, clock_.now() + 100ms, repeats);
  EXPECT_EQ(repeats.size(), 1u);
}

TEST_F(SenderTest, OneNackIsAnsweredForSoManyPackets) {
  std::vector<std::uint16_t> lost;
  while (lost.size() < 1000)
    for (std::size_t i = send(frame(30'000)).size(); i > 0; --i)
      lost.push_back(static_cast<std::uint16_t>(32'760 + lost.size()));
  std::vector<TrackSender::Repeat> repeats;
  sender_.on_nack({.media_ssrc = 0x1111, .lost = lost}, 100ms, clock_.now(), repeats);
  ASSERT_EQ(repeats.size(), nack_max);
  EXPECT_EQ(repeats.back().sequence, lost[nack_max - 1]);
  EXPECT_EQ(sender_.stats().nacked, nack_max);
}

TEST_F(SenderTest, ARepeatThatHasLeftTheHistoryIsNotWritten) {
  send(frame(4000));
  std::vector<TrackSender::Repeat> repeats;
  sender_.on_nack({.media_ssrc = 0x1111, .lost = {32'760}}, 100ms, clock_.now(), repeats);
  clock_.advance(1500ms);
  Bytes out(packet_bytes_max);
  EXPECT_EQ(sender_.write_rtx(repeats.at(0).sequence, 1, clock_.now(), out), 0u);
}

// A number twice under SRTP is a nonce twice (RFC 7714 8.1): without RTX there is no repair.
TEST_F(SenderTest, WithoutRtxNothingIsRepeated) {
  auto plain = config();
  plain.rtx_ssrc = 0;
  TrackSender sender(plain, WallOffset());
  Bytes out(packet_bytes_max);
  ASSERT_GT(sender.write(frame(100), 0, 0, clock_.now(), out), 0u);
  std::vector<TrackSender::Repeat> repeats;
  sender.on_nack({.media_ssrc = 0x1111, .lost = {32'760}}, 100ms, clock_.now(), repeats);
  EXPECT_TRUE(repeats.empty());
  EXPECT_EQ(sender.write_rtx(32'760, 0, clock_.now(), out), 0u);
}

TEST_F(SenderTest, ReportsCarryCountsAndTheSameInstantTwice) {
  clock_.advance(10s);
  const auto packets = send(frame(4000, true));
  std::size_t octets = 0;
  for (const Bytes& packet : packets) octets += parse(packet).payload.size();
  Bytes wire;
  sender_.append_report(clock_.now(), wire);
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed);
  const auto& sr = std::get<SenderReport>(parsed->at(0));
  EXPECT_EQ(sr.ssrc, 0x1111u);
  EXPECT_EQ(sr.packets, packets.size());
  EXPECT_EQ(sr.octets, octets);
  EXPECT_EQ(sr.rtp_timestamp, parse(packets[0]).header.timestamp);  // captured just now
  EXPECT_LT(std::chrono::abs(from_ntp(sr.ntp) - clock_.wall()), 1us);
  EXPECT_EQ(std::get<SourceDescription>(parsed->at(1)), (SourceDescription{{{0x1111, "robot"}}}));
}

TEST_F(SenderTest, RttIsWhatIsLeftOfTheTimeSinceTheReport) {
  send(frame(100));
  Bytes wire;
  sender_.append_report(clock_.now(), wire);
  const std::uint64_t ntp = std::get<SenderReport>(parse_rtcp(wire)->at(0)).ntp;
  clock_.advance(580ms);  // 500 at the viewer, 80 under way
  const auto rtt = report(32'760, compact_ntp(ntp), 65'536 / 2);
  ASSERT_TRUE(rtt);
  EXPECT_NEAR(to_millis(*rtt), 80, 0.1);
  EXPECT_DOUBLE_EQ(sender_.stats().loss_ratio, 0.25);
  EXPECT_EQ(sender_.stats().jitter, 1ms);
  EXPECT_FALSE(report(32'760));                                       // no SR seen yet
  EXPECT_FALSE(report(32'760, compact_ntp(ntp) + 65'536 * 3600, 0));  // nonsense
  EXPECT_FALSE(sender_.on_report({.ssrc = 0x9999, .last_sr = compact_ntp(ntp)}, clock_.now()));
}

TEST_F(SenderTest, ClocksThatDriftALittleGiveZeroNotNonsense) {
  send(frame(100));
  Bytes wire;
  sender_.append_report(clock_.now(), wire);
  const std::uint64_t ntp = std::get<SenderReport>(parse_rtcp(wire)->at(0)).ntp;
  clock_.advance(100ms);
  EXPECT_EQ(report(32'760, compact_ntp(ntp), 65'536 * 101 / 1000), Nanos{0});
}

}  // namespace
}  // namespace bigfoot::rtp
