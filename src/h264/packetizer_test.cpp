#include "h264/packetizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/nal.hpp"
#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Bytes sps{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40};
const Bytes pps{0x68, 0xce, 0x3c, 0x80};

FramePtr packetize(Packetizer& packetizer, const std::vector<Bytes>& nals) {
  auto frame = packetizer.packetize(make_unit(annex_b(nals)));
  EXPECT_TRUE(frame) << frame.error().text();
  return frame ? *frame : nullptr;
}

Bytes bytes_of(const Payload& payload) {
  Bytes out(payload.size());
  payload.write(out.data());
  return out;
}

TEST(Packetizer, AKeyFrameIsOneStapAThenTheSliceWithTheMarker) {
  Packetizer packetizer;
  const auto frame = packetize(packetizer, {{9, 0x10}, sps, pps, {12, 0xff, 0xff, 0x80}, {0x65, 1, 2, 3}});
  ASSERT_EQ(frame->count(), 2u);
  EXPECT_EQ(bytes_of(frame->payloads[0]),
            (Bytes{0x78, 0, 7, 0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0, 4, 0x68, 0xce, 0x3c, 0x80}));
  EXPECT_FALSE(frame->payloads[0].marker);  // or Chromium takes it for a frame without slices and asks again for ever
  EXPECT_EQ(bytes_of(frame->payloads[1]), (Bytes{0x65, 1, 2, 3}));
  EXPECT_TRUE(frame->payloads[1].marker);
  EXPECT_TRUE(frame->keyframe);
  EXPECT_EQ(frame->bytes, 16u + 4u);
}

TEST(Packetizer, ALargeSliceBecomesFragmentsOfEqualSize) {
  Packetizer packetizer;
  const auto frame = packetize(packetizer, {nal_of(0x41, 2500, 1)});
  ASSERT_EQ(frame->count(), 3u);
  EXPECT_THAT((std::vector{frame->payloads[0].size(), frame->payloads[1].size(), frame->payloads[2].size()}),
              ElementsAre(835u, 835u, 835u));
  EXPECT_THAT(frame->payloads[0].header, ElementsAre(0x5c, 0x81));
  EXPECT_THAT(frame->payloads[1].header, ElementsAre(0x5c, 0x01));
  EXPECT_THAT(frame->payloads[2].header, ElementsAre(0x5c, 0x41));
  EXPECT_FALSE(frame->keyframe);
}

TEST(Packetizer, PayloadsReferToTheAccessUnitAndKeepItAlive) {
  Packetizer packetizer;
  AccessUnit unit = make_unit(annex_b({nal_of(0x41, 3000, 1)}));
  const std::uint8_t* begin = unit.bytes.data();
  const std::weak_ptr<const void> owner = unit.owner;
  auto frame = *packetizer.packetize(std::move(unit));
  for (const Payload& payload : frame->payloads) {
    EXPECT_GE(payload.body.data(), begin);
    EXPECT_LT(payload.body.data(), begin + 3010);
  }
  EXPECT_FALSE(owner.expired());
  frame.reset();
  EXPECT_TRUE(owner.expired());
}

TEST(Packetizer, ParameterSetsSeenOnceComeWithEveryKeyFrame) {
  Packetizer packetizer;
  const auto first = packetize(packetizer, {sps, pps, {0x65, 1}});
  const auto later = packetize(packetizer, {{0x65, 2}});
  ASSERT_EQ(later->count(), 2u);
  EXPECT_EQ(bytes_of(later->payloads[0]), bytes_of(first->payloads[0]));
  const auto without_pps = packetize(packetizer, {sps, {0x65, 3}});
  EXPECT_EQ(bytes_of(without_pps->payloads[0]), bytes_of(first->payloads[0]));
  const auto without_sps = packetize(packetizer, {pps, {0x65, 3}});
  EXPECT_EQ(bytes_of(without_sps->payloads[0]), bytes_of(first->payloads[0]));
  EXPECT_EQ(packetize(packetizer, {{0x41, 4}})->count(), 1u);
}

TEST(Packetizer, ANewSpsReplacesTheOldOne) {
  Packetizer packetizer;
  packetize(packetizer, {sps, pps, {0x65, 1}});
  Bytes larger = sps;
  larger.push_back(0x55);
  packetize(packetizer, {larger, pps, {0x65, 1}});
  EXPECT_EQ(Bytes(packetizer.sps().begin(), packetizer.sps().end()), larger);
  const auto frame = packetize(packetizer, {{0x65, 2}});
  EXPECT_EQ(frame->payloads[0].size(), 1 + 2 + larger.size() + 2 + pps.size());
}

TEST(Packetizer, ParameterSetsAloneAreRememberedButAreNoFrame) {
  Packetizer packetizer;
  const auto headers = packetizer.packetize(make_unit(annex_b({sps, pps})));
  ASSERT_TRUE(headers);
  EXPECT_EQ(*headers, nullptr);
  EXPECT_EQ(packetize(packetizer, {{0x65, 2}})->count(), 2u);
}

TEST(Packetizer, ParameterSetsThatDoNotFitTogetherGoOneByOne) {
  Packetizer packetizer(100);
  Bytes big_sps = sps;
  big_sps.resize(95, 0x55);
  const auto frame = packetize(packetizer, {big_sps, pps, {0x65, 1}});
  ASSERT_EQ(frame->count(), 3u);
  EXPECT_EQ(bytes_of(frame->payloads[0]), big_sps);
  EXPECT_EQ(bytes_of(frame->payloads[1]), pps);
}

TEST(Packetizer, WhatCannotBeSentSaysWhy) {
  Packetizer packetizer;
  const auto text = [&](Bytes bytes) { return packetizer.packetize(make_unit(std::move(bytes))).error().text(); };
  EXPECT_THAT(text({}), HasSubstr("no start code"));
  EXPECT_THAT(text({0, 0, 0, 4, 0x65, 1, 2, 3}), HasSubstr("byte-stream"));  // AVC length prefix
  EXPECT_THAT(text(annex_b({{0x65, 1}})), HasSubstr("before any SPS and PPS"));
  EXPECT_THAT(text(Bytes(access_unit_bytes_max + 1)), HasSubstr("larger than 8 MiB"));
}

TEST(Packetizer, RandomAccessUnitsKeepTheLimitsThatGsoNeeds) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    const std::size_t payload_max = 64 + random.below(1200);
    Packetizer packetizer(payload_max);
    std::vector<Bytes> nals{sps, pps};
    for (auto slices = random.below(4) + 1; slices > 0; --slices)
      nals.push_back(nal_of(0x65, random.below(6000) + 1, random.below(1u << 20)));
    const auto frame = packetize(packetizer, nals);
    for (std::size_t i = 0; i < frame->count(); ++i) {
      const Payload& payload = frame->payloads[i];
      EXPECT_LE(payload.size(), payload_max);
      EXPECT_EQ(payload.marker, i + 1 == frame->count());
      const bool fragment = payload.header_size == 2;
      if (!fragment || (payload.header[1] & 0x40) != 0) continue;
      // Within a fragmented NAL unit all but the last are of one size, and the last is not larger.
      const Payload& following = frame->payloads[i + 1];
      const bool last = (following.header[1] & 0x40) != 0;
      EXPECT_TRUE(last ? following.size() <= payload.size() : following.size() == payload.size());
    }
  }
}

}  // namespace
}  // namespace bigfoot::h264
