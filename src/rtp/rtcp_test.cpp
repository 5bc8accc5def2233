#include "rtp/rtcp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::rtp {
namespace {

using h264::Random;

Bytes write(const RtcpPacket& packet) {
  Bytes out;
  append_rtcp(packet, out);
  return out;
}

template <class Packet>
void expect_round_trip(const Packet& packet) {
  const Bytes wire = write(packet);
  EXPECT_EQ(wire.size() % 4, 0u);
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed) << parsed.error().text();
  ASSERT_EQ(parsed->size(), 1u);
  EXPECT_EQ(std::get<Packet>(parsed->front()), packet);
}

ReportBlock some_block(Random& random) {
  return {.ssrc = random.below(1u << 24),
          .fraction_lost = static_cast<std::uint8_t>(random.below(256)),
          .cumulative_lost = static_cast<std::int32_t>(random.below(1u << 24)) - (1 << 23),
          .highest_sequence = random.below(1u << 24),
          .jitter = random.below(1000),
          .last_sr = random.below(1u << 24),
          .delay_since_sr = random.below(1u << 20)};
}

TEST(Rtcp, EveryKindReadsBack) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    SenderReport sr{
        .ssrc = 1, .ntp = 0x0102030405060708, .rtp_timestamp = 9, .packets = 10, .octets = 11, .reports = {}};
    ReceiverReport rr{.ssrc = 2, .reports = {}};
    for (auto blocks = random.below(32); blocks > 0; --blocks) sr.reports.push_back(some_block(random));
    for (auto blocks = random.below(32); blocks > 0; --blocks) rr.reports.push_back(some_block(random));
    expect_round_trip(sr);
    expect_round_trip(rr);
    SourceDescription sdes;
    for (auto chunks = random.below(5); chunks > 0; --chunks)
      sdes.chunks.push_back({random.below(99), std::string(random.below(256), 'c')});
    expect_round_trip(sdes);
    expect_round_trip(Bye{.ssrcs = {1, 2, 3}, .reason = std::string(random.below(256), 'r')});
    Nack nack{.sender_ssrc = 1, .media_ssrc = 2, .lost = {}};
    std::uint16_t next = static_cast<std::uint16_t>(65'500 + random.below(30));
    for (auto lost = random.below(60); lost > 0; --lost)
      nack.lost.push_back(next = static_cast<std::uint16_t>(next + 1 + random.below(25)));
    expect_round_trip(nack);
    expect_round_trip(Pli{7, 8});
    expect_round_trip(Fir{.sender_ssrc = 7, .requests = {{8, 255}, {9, 0}}});
    expect_round_trip(Remb{.sender_ssrc = 7,
                           .bitrate = Bitrate{std::int64_t{random.below(1u << 18)} << random.below(20)},
                           .ssrcs = {8, 9}});
  }
}

// RFC 3550 6.4.2, laid out by hand.
TEST(Rtcp, AReceiverReportByteForByte) {
  const Bytes wire{0x81, 201, 0, 7, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x40, 0xff, 0xff, 0xfe,
                   0,    1,   0, 2, 0, 0, 0, 3, 0,    0,    0,    4,    0,    0,    0,    5};
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed);
  const auto& report = std::get<ReceiverReport>(parsed->at(0));
  EXPECT_EQ(report.reports.at(0), (ReportBlock{.ssrc = 0x11223344,
                                               .fraction_lost = 0x40,
                                               .cumulative_lost = -2,
                                               .highest_sequence = 0x10002,
                                               .jitter = 3,
                                               .last_sr = 4,
                                               .delay_since_sr = 5}));
  EXPECT_EQ(write(report), wire);
}

// RFC 4585 6.2.1: PID 100, BLP bits 0 and 15 are 101 and 116.
TEST(Rtcp, ANackFoldsIntoMasks) {
  const Bytes wire{0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 100, 0x80, 0x01, 0xff, 0xff, 0, 1};
  const Nack nack{.sender_ssrc = 1, .media_ssrc = 2, .lost = {100, 101, 116, 65'535, 0}};
  EXPECT_EQ(write(nack), wire);
  EXPECT_EQ(std::get<Nack>(parse_rtcp(wire)->at(0)), nack);
}

TEST(Rtcp, PliAndFirByteForByte) {
  EXPECT_EQ(write(Pli{1, 2}), (Bytes{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2}));
  EXPECT_EQ(write(Fir{.sender_ssrc = 1, .requests = {{2, 7}}}),
            (Bytes{0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 7, 0, 0, 0}));
}

// draft-alvestrand-rmcat-remb-03 2.2: mantissa 18 bits, exponent 6.
TEST(Rtcp, RembMantissaAndExponent) {
  EXPECT_EQ(write(Remb{.sender_ssrc = 1, .bitrate = Bitrate{1'000'000}, .ssrcs = {2}}),
            (Bytes{0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1, 0x0b, 0xd0, 0x90, 0, 0, 0, 2}));
  const Bytes endless{0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 0, 0xff, 0xff, 0xff};
  EXPECT_GT(std::get<Remb>(parse_rtcp(endless)->at(0)).bitrate.bps, 1'000'000'000'000);
}

TEST(Rtcp, SdesChunksArePaddedSeparately) {
  const SourceDescription sdes{{{1, "abc"}, {2, "ab"}, {3, ""}}};
  EXPECT_EQ(write(sdes), (Bytes{0x83, 202, 0, 8, 0,   0,   0, 1, 1, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0,
                                0,    2,   1, 2, 'a', 'b', 0, 0, 0, 0, 0,   0,   0,   3, 1, 0, 0, 0}));
  expect_round_trip(sdes);
}

TEST(Rtcp, CompoundAndReducedSizeAndUnknown) {
  Bytes wire = write(ReceiverReport{.ssrc = 1, .reports = {}});
  const Bytes unknown{0x80, 207, 0, 1, 9, 9, 9, 9};  // XR
  wire.insert(wire.end(), unknown.begin(), unknown.end());
  append_rtcp(Pli{1, 2}, wire);
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_TRUE(std::holds_alternative<ReceiverReport>(parsed->at(0)));
  EXPECT_TRUE(std::holds_alternative<Pli>(parsed->at(1)));
  EXPECT_TRUE(parse_rtcp(write(Pli{1, 2})));  // RFC 5506: no report in front
}

TEST(Rtcp, MalformedDatagramsAreRefusedWhole) {
  const Bytes good = write(SenderReport{.ssrc = 1, .reports = {ReportBlock{}, ReportBlock{}}});
  for (std::size_t size = 1; size < good.size(); ++size) EXPECT_FALSE(parse_rtcp(BytesView(good).first(size))) << size;
  Bytes more_blocks_than_bytes = good;
  more_blocks_than_bytes[0] = 0x80 | 3;
  EXPECT_FALSE(parse_rtcp(more_blocks_than_bytes));
  EXPECT_FALSE(parse_rtcp(Bytes{0x40, 201, 0, 0}));
  EXPECT_FALSE(parse_rtcp(Bytes{0xa0, 201, 0, 1, 0, 0, 0, 0}));  // padding of zero
  EXPECT_FALSE(parse_rtcp(Bytes{0xa0, 201, 0, 1, 0, 0, 0, 9}));  // larger than the packet
  Bytes many;
  for (std::size_t i = 0; i <= rtcp_packets_max; ++i) append_rtcp(Pli{1, 2}, many);
  EXPECT_FALSE(parse_rtcp(many));
}

TEST(Rtcp, PaddingOfTheLastPacketIsTakenOff) {
  Bytes wire = write(Nack{.sender_ssrc = 1, .media_ssrc = 2, .lost = {3}});
  wire.insert(wire.end(), {0, 0, 0, 4});
  wire[0] |= 0x20;
  wire[3] = static_cast<std::uint8_t>(wire[3] + 1);
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<Nack>(parsed->at(0)).lost, std::vector<std::uint16_t>{3});
}

// draft-holmer-rmcat-transport-wide-cc-extensions-01 3.1: a run of small deltas, then a vector of two-bit symbols with
// one large negative delta.
TEST(Rtcp, TransportFeedbackByteForByte) {
  const Bytes wire{0x8f, 205,  0, 7, 0,    0,    0,    1, 0, 0, 0, 2,  //
                   0xff, 0xfe, 0, 9, 0xff, 0xff, 0xff, 5,              // base 65534, 9 packets, reference -1
                   0x20, 0x03,                                         // 3 × received, small
                   0xc6, 0x04,                                         // 0 1 2 0 0 1 0 (two-bit symbols)
                   1,    2,    3, 4, 0xff, 0xfe, 5,    0};
  const auto parsed = parse_rtcp(wire);
  ASSERT_TRUE(parsed) << parsed.error().text();
  const auto& feedback = std::get<TransportFeedback>(parsed->at(0));
  EXPECT_EQ(feedback.base, 65'534);
  EXPECT_EQ(feedback.count, 9);
  EXPECT_EQ(feedback.reference, -1);
  EXPECT_EQ(feedback.number, 5);
  EXPECT_EQ(feedback.received,
            (std::vector<TransportFeedback::Arrival>{{65'534, 1}, {65'535, 3}, {0, 6}, {2, 10}, {3, 8}, {6, 13}}));
}

TEST(Rtcp, TransportFeedbackReadsBack) {
  Random random(2);
  for (int round = 0; round < 500; ++round) {
    TransportFeedback feedback{.sender_ssrc = 1,
                               .media_ssrc = 2,
                               .base = static_cast<std::uint16_t>(random.below(65'536)),
                               .count = static_cast<std::uint16_t>(1 + random.below(400)),
                               .reference = static_cast<std::int32_t>(random.below(1u << 24)) - (1 << 23),
                               .number = static_cast<std::uint8_t>(random.below(256)),
                               .received = {}};
    const std::uint32_t lossy = 1 + random.below(20);
    const std::uint32_t jittery = 1 + random.below(20);
    std::int64_t ticks = 0;
    for (std::uint16_t i = 0; i < feedback.count; ++i) {
      if (random.below(lossy) == 0 && lossy > 1) continue;
      ticks +=
          random.below(jittery) == 0 ? static_cast<std::int64_t>(random.below(60'000)) - 30'000 : random.below(256);
      feedback.received.push_back({static_cast<std::uint16_t>(feedback.base + i), ticks});
    }
    expect_round_trip(feedback);
  }
}

TEST(Rtcp, TransportFeedbackThatLiesIsRefused) {
  const auto feedback = [](std::initializer_list<std::uint8_t> body) {
    Bytes wire{0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2};
    wire.insert(wire.end(), body);
    wire[3] = static_cast<std::uint8_t>(wire.size() / 4 - 1);
    return parse_rtcp(wire);
  };
  EXPECT_FALSE(feedback({0, 1, 0, 0, 0, 0, 0, 0}));                          // no packets
  EXPECT_FALSE(feedback({0, 1, 0, 9, 0, 0, 0, 0, 0x20, 9, 1, 2}));           // nine deltas promised, two there
  EXPECT_FALSE(feedback({0, 1, 0xff, 0xff, 0, 0, 0, 0, 0x3f, 0xff, 0, 0}));  // 8191 received in four bytes
  EXPECT_FALSE(feedback({0, 1, 0, 9, 0, 0, 0, 0, 0x60, 9, 1, 2}));           // symbol 3 is reserved
  EXPECT_FALSE(feedback({0, 1, 0, 9, 0, 0, 0, 0, 0x20, 0, 0x20, 0}));        // empty runs
}

}  // namespace
}  // namespace bigfoot::rtp
