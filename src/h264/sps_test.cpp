#include "h264/sps.hpp"

#include <bit>

#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

/// Writes the bits of an RBSP, and the emulation prevention bytes of a NAL unit.
class BitWriter {
 public:
  void bits(std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bits_.push_back((value >> i & 1) != 0);
  }
  void ue(std::uint32_t value) {
    const int width = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value) + 1));
    bits(0, width - 1);
    bits(value + 1, width);
  }
  Bytes nal(std::uint8_t header) const {
    Bytes out{header};
    int zeros = 0;
    for (std::size_t i = 0; i < bits_.size() + 1; i += 8) {
      std::uint8_t byte = 0;
      for (std::size_t b = i; b < i + 8; ++b)
        byte = static_cast<std::uint8_t>(byte << 1 | (b < bits_.size() ? bits_[b] : b == bits_.size()));
      if (zeros == 2 && byte <= 3) {
        out.push_back(3);
        zeros = 0;
      }
      zeros = byte == 0 ? zeros + 1 : 0;
      out.push_back(byte);
    }
    return out;
  }

 private:
  std::vector<bool> bits_;
};

// Written by GStreamer 1.22's x264enc and openh264enc for the caps in the comments.
constexpr const char* x264_baseline_720p30 = "6742c01fda014016ec05a808080a000003000200000300791e306540";
constexpr const char* x264_high_1080p2997 = "67640028acd940780227e5c05a808080a000007d20001d4c11e30632c0";
constexpr const char* openh264_854x480 = "6742c01e8c8d406c1ef3700f08846a";
constexpr const char* x264_main_640x360 = "674d4016eca05017fcb80b5060606a50000003001000000301e8f162d960";

TEST(Sps, ReadsWhatX264SaysOf720p30) {
  const auto sps = parse_sps(from_hex(x264_baseline_720p30));
  ASSERT_TRUE(sps) << sps.error().text();
  EXPECT_EQ(sps->profile.text(), "42c01f");
  EXPECT_EQ(sps->size, (Size{1280, 720}));
  EXPECT_EQ(sps->rate, (FrameRate{30, 1}));
  EXPECT_EQ(sps->reorder_frames, 0u);
  EXPECT_FALSE(sps->interlaced);
  EXPECT_FALSE(sps->may_reorder());
}

TEST(Sps, ReadsHighProfileWithCroppingAndFractionalRate) {
  const auto sps = parse_sps(from_hex(x264_high_1080p2997));
  ASSERT_TRUE(sps) << sps.error().text();
  EXPECT_EQ(sps->profile.text(), "640028");
  EXPECT_EQ(sps->size, (Size{1920, 1080}));
  EXPECT_NEAR(sps->rate->fps(), 29.97, 0.001);
  EXPECT_EQ(sps->bit_depth, 8u);
  EXPECT_TRUE(sps->may_reorder());
}

TEST(Sps, ReadsOpenh264WithAWidthThatIsNoMultipleOf16) {
  const auto sps = parse_sps(from_hex(openh264_854x480));
  ASSERT_TRUE(sps) << sps.error().text();
  EXPECT_EQ(sps->size, (Size{854, 480}));
  EXPECT_FALSE(sps->may_reorder());
}

TEST(Sps, SeesReordering) {
  const auto sps = parse_sps(from_hex(x264_main_640x360));
  ASSERT_TRUE(sps) << sps.error().text();
  EXPECT_EQ(sps->size, (Size{640, 360}));
  EXPECT_EQ(sps->rate, (FrameRate{15, 1}));
  EXPECT_TRUE(sps->may_reorder());
}

TEST(Sps, EveryTruncationIsAnError) {
  for (const char* hex : {x264_baseline_720p30, x264_high_1080p2997, x264_main_640x360}) {
    const Bytes whole = from_hex(hex);
    for (std::size_t size = 0; size + 2 < whole.size(); ++size)
      EXPECT_FALSE(parse_sps(BytesView(whole).first(size))) << size;
  }
  EXPECT_FALSE(parse_sps(from_hex("68ce3c80")));
}

TEST(Sps, ImpossibleSizesAreErrors) {
  BitWriter huge;
  huge.bits(0x42c01f, 24);
  huge.ue(0);       // id
  huge.ue(0);       // frame num
  huge.ue(2);       // picture order
  huge.ue(1);       // references
  huge.bits(0, 1);  // gaps
  huge.ue(5000);
  huge.ue(5000);
  huge.bits(0x80, 8);
  EXPECT_FALSE(parse_sps(huge.nal(0x67)));
  BitWriter cropped_away;
  cropped_away.bits(0x42c01f, 24);
  for (const std::uint32_t value : {0u, 0u, 2u, 1u}) cropped_away.ue(value);
  cropped_away.bits(0, 1);
  cropped_away.ue(1);
  cropped_away.ue(1);
  cropped_away.bits(0b111, 3);  // frames only, direct 8x8, cropping
  for (const std::uint32_t value : {8u, 8u, 0u, 0u}) cropped_away.ue(value);
  cropped_away.bits(0, 1);
  EXPECT_FALSE(parse_sps(cropped_away.nal(0x67)));
}

struct Wanted {
  std::uint32_t wide, high, right, bottom, references, ticks, scale, reorder;
  bool scaling, hrd, high_profile, fields;
};

Bytes write_sps(const Wanted& wanted) {
  BitWriter out;
  out.bits(wanted.high_profile ? 0x640032 : 0x4d0032, 24);
  out.ue(3);
  if (wanted.high_profile) {
    out.ue(1);
    out.ue(0);
    out.ue(0);
    out.bits(0, 1);
    out.bits(wanted.scaling ? 1 : 0, 1);
    for (int list = 0; wanted.scaling && list < 8; ++list) {
      out.bits(1, 1);
      const int size = list < 6 ? 16 : 64;
      for (int i = 0; i < size; ++i) out.ue(static_cast<std::uint32_t>(i % 3));  // deltas 0, 1, -1: never ends the list
    }
  }
  out.ue(4);
  out.ue(0);
  out.ue(2);
  out.ue(wanted.references);
  out.bits(0, 1);
  out.ue(wanted.wide - 1);
  out.ue(wanted.high - 1);
  if (wanted.fields)
    out.bits(0b0111, 4);  // frames only 0, adaptive, direct 8x8, cropping
  else
    out.bits(0b111, 3);
  for (const std::uint32_t value : {0u, wanted.right, 0u, wanted.bottom}) out.ue(value);
  out.bits(1, 1);       // VUI
  out.bits(0b0000, 4);  // no aspect, overscan, signal type, chroma location
  out.bits(1, 1);
  out.bits(wanted.ticks, 32);
  out.bits(wanted.scale, 32);
  out.bits(1, 1);
  out.bits(wanted.hrd ? 1 : 0, 1);
  if (wanted.hrd) {
    out.ue(1);
    out.bits(0x12, 8);
    for (int i = 0; i < 2; ++i) {
      out.ue(1000);
      out.ue(2000);
      out.bits(0, 1);
    }
    out.bits(0xabcde, 20);
  }
  out.bits(0, 1);
  if (wanted.hrd) out.bits(0, 1);
  out.bits(0, 1);
  out.bits(1, 1);  // bitstream restriction
  out.bits(1, 1);
  for (const std::uint32_t value : {0u, 0u, 10u, 10u, wanted.reorder, 4u}) out.ue(value);
  return out.nal(0x67);
}

TEST(Sps, RandomParameterSetsReadBack) {
  Random random(3);
  for (int round = 0; round < 500; ++round) {
    const Wanted wanted{.wide = random.below(200) + 2,
                        .high = random.below(200) + 2,
                        .right = random.below(8),
                        .bottom = random.below(8),
                        .references = random.below(5),
                        .ticks = random.coin() ? 1u : 1001u,
                        .scale = (random.below(120) + 1) * 1000,
                        .reorder = random.below(3),
                        .scaling = random.coin(),
                        .hrd = random.coin(),
                        .high_profile = random.coin(),
                        .fields = random.coin()};
    const auto sps = parse_sps(write_sps(wanted));
    ASSERT_TRUE(sps) << sps.error().text();
    EXPECT_EQ(sps->id, 3u);
    const std::uint32_t rows = wanted.fields ? 2 : 1;
    EXPECT_EQ(sps->size.width, static_cast<int>(wanted.wide * 16 - wanted.right * 2));
    EXPECT_EQ(sps->size.height, static_cast<int>((wanted.high * 16 - wanted.bottom * 2) * rows));
    EXPECT_EQ(sps->interlaced, wanted.fields);
    EXPECT_EQ(sps->reference_frames, wanted.references);
    EXPECT_EQ(sps->reorder_frames, wanted.reorder);
    EXPECT_EQ(sps->may_reorder(), wanted.reorder != 0);
    ASSERT_TRUE(sps->rate);
    EXPECT_NEAR(sps->rate->fps(), wanted.scale / 2.0 / wanted.ticks, 1e-6);
  }
}

TEST(Sps, ParameterSetIds) {
  EXPECT_EQ(parameter_set_id(from_hex(x264_baseline_720p30)), 0u);
  EXPECT_EQ(parameter_set_id(write_sps({.wide = 2, .high = 2, .scale = 1000})), 3u);
  EXPECT_EQ(parameter_set_id(from_hex("68ce3c80")), 0u);
  EXPECT_EQ(parameter_set_id(from_hex("6850")), 1u);
  EXPECT_EQ(parameter_set_id(from_hex("68")), std::nullopt);
  EXPECT_EQ(parameter_set_id(from_hex("680000")), std::nullopt);
}

}  // namespace
}  // namespace bigfoot::h264
