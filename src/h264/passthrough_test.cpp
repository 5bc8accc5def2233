#include "h264/passthrough.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"

namespace bigfoot::h264 {
namespace {

using testing::HasSubstr;
using Verdict = PassThrough::Verdict;

Bytes from_hex(std::string_view hex) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

// Written by GStreamer 1.22's x264enc for 1280x720 at 30 fps, 1920x1080 and 640x360.
constexpr const char* baseline_720p30 = "6742c01fda014016ec05a808080a000003000200000300791e306540";
constexpr const char* high_1080p = "67640028acd940780227e5c05a808080a000007d20001d4c11e30632c0";
constexpr const char* main_360p = "674d4016eca05017fcb80b5060606a50000003001000000301e8f162d960";

// ue(0) ue(slice_type): the first bits of a slice.
const Bytes idr_slice{0x65, 0x88, 0x80, 0x10};  // 1 0001000: I
const Bytes p_slice{0x41, 0x9a, 0x20, 0x10};    // 1 00110: P
const Bytes b_slice{0x01, 0x9e, 0x20, 0x10};    // 1 00111: B
const Bytes sp_slice{0x01, 0x92, 0x20, 0x10};   // 1 00100: SP
const Bytes pps{0x68, 0xce, 0x3c, 0x80};

const PassRules rules{{1280, 720}, {0x42, 0xe0, 52}};

Bytes key(const char* sps = baseline_720p30) { return annex_b({from_hex(sps), pps, idr_slice}); }

/// 30 pictures a second, a key frame where `keyframe` says so, until the verdict is `until` or `at_most` passed.
struct Stream {
  explicit Stream(const PassRules& the_rules = rules) : judge(the_rules) {}
  Verdict give(const Bytes& unit) {
    now += interval;
    return judge.step(unit, now);
  }
  Verdict group(Nanos length) {
    Verdict verdict = give(key());
    for (Nanos at = interval; at < length; at += interval) verdict = give(annex_b({p_slice}));
    return verdict;
  }
  static constexpr Nanos interval{33'333'333};
  PassThrough judge;
  Timestamp now{};
};

TEST(PassThrough, WaitsForAKeyFrameAndThenPasses) {
  Stream stream;
  EXPECT_EQ(stream.give(annex_b({p_slice})), Verdict::waits);
  EXPECT_EQ(stream.give(annex_b({idr_slice})), Verdict::waits) << "nobody can decode it without parameter sets";
  EXPECT_FALSE(stream.judge.keyframe());
  EXPECT_EQ(stream.give(key()), Verdict::passes);
  EXPECT_TRUE(stream.judge.keyframe());
  EXPECT_EQ(stream.judge.sps()->profile.text(), "42c01f");
  EXPECT_EQ(stream.give(annex_b({p_slice})), Verdict::passes);
  EXPECT_FALSE(stream.judge.keyframe());
}

TEST(PassThrough, KeyFramesEveryTwoSecondsPassForEver) {
  Stream stream;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(stream.group(2s), Verdict::passes) << i;
  EXPECT_FALSE(stream.judge.why());
}

TEST(PassThrough, KeyFramesEveryThreeSecondsDoNot) {
  Stream stream;
  EXPECT_EQ(stream.group(3s), Verdict::refused) << "before the second";
  EXPECT_THAT(stream.judge.why()->what, HasSubstr("key frames are more than 2.0 s apart"));
  EXPECT_THAT(stream.judge.why()->fix, HasSubstr("(GOP) to 1.0 s"));
}

TEST(PassThrough, AStreamWithoutKeyFramesIsNotWaitedForLongerThanTheyMayTake) {
  Stream stream;
  Verdict verdict = Verdict::waits;
  for (Nanos at{0}; at < 2s; at += Stream::interval)
    EXPECT_EQ(verdict = stream.give(annex_b({p_slice})), Verdict::waits);
  for (Nanos at{0}; at < 500ms; at += Stream::interval) verdict = stream.give(annex_b({p_slice}));
  EXPECT_EQ(verdict, Verdict::refused);
}

TEST(PassThrough, OneKeyFrameThatWasLostOnTheWayIsForgivenAStreamThatHasProvenItself) {
  Stream stream;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(stream.group(2s), Verdict::passes);
    EXPECT_EQ(stream.group(2s), Verdict::passes);
    EXPECT_EQ(stream.group(4s), Verdict::passes) << "one is missing";
  }
  EXPECT_EQ(stream.group(2s), Verdict::passes);
  EXPECT_EQ(stream.group(4s), Verdict::passes);
  EXPECT_EQ(stream.group(4s), Verdict::refused) << "and another: its interval is longer now";
}

TEST(PassThrough, WhatFailedBeforeIsAskedForProof) {
  PassRules strict = rules;
  strict.prove_first = true;
  Stream stream(strict);
  EXPECT_EQ(stream.group(1s), Verdict::waits);
  EXPECT_EQ(stream.group(1s), Verdict::passes) << "from the second key frame on";
  Stream few(strict);
  EXPECT_EQ(few.group(3s), Verdict::refused);
}

TEST(PassThrough, ACameraThatFellSilentIsNotTakenForOneWithFewKeyFrames) {
  Stream stream;
  EXPECT_EQ(stream.group(1s), Verdict::passes);
  stream.now += 1h;
  EXPECT_EQ(stream.give(annex_b({p_slice})), Verdict::passes);
  stream.now -= 2h;
  EXPECT_EQ(stream.give(annex_b({p_slice})), Verdict::passes);
  EXPECT_EQ(stream.group(1s), Verdict::passes);
}

struct Refusal {
  const char* name;
  Bytes unit;
  PassRules rules;
  const char* what;
  const char* fix;
};

TEST(PassThrough, WhatDoesNotFitIsNamedWithTheWayOut) {
  const PassRules main_allowed{{640, 360}, {0x4d, 0x00, 52}};
  for (const Refusal& refusal : {
           Refusal{"High", key(high_1080p), rules,
                   "H.264 high level 4 (640028), viewers are promised constrained baseline up to 5.2",
                   "set the camera to the constrained baseline profile"},
           Refusal{"Main", key(main_360p), rules, "H.264 main level 2.2", "constrained baseline profile"},
           Refusal{"order", key(main_360p), main_allowed, "may be out of order", "switch B-frames off"},
           Refusal{"level", key(), {{1280, 720}, {0x42, 0xe0, 30}}, "level 3.1 (42c01f)", "level 3 or lower"},
           Refusal{"size",
                   key(),
                   {{640, 360}, {0x42, 0xe0, 52}},
                   "its pictures are 1280x720 and 640x360 is wanted",
                   "set size=1280x720"},
           Refusal{"B-frames", annex_b({from_hex(baseline_720p30), pps, idr_slice, b_slice}), rules, "it has B-frames",
                   "switch B-frames off"},
           Refusal{"switching", annex_b({sp_slice}), rules, "switching slices", "baseline profile"},
           Refusal{"broken", annex_b({{0x67, 0x42}, pps, idr_slice}), rules, "H.264 SPS: cut short", "MJPEG"},
       }) {
    PassThrough judge(refusal.rules);
    EXPECT_EQ(judge.step(refusal.unit, Timestamp{}), Verdict::refused) << refusal.name;
    EXPECT_FALSE(judge.keyframe()) << refusal.name;
    ASSERT_TRUE(judge.why()) << refusal.name;
    EXPECT_THAT(judge.why()->what, HasSubstr(refusal.what)) << refusal.name;
    EXPECT_THAT(judge.why()->fix, HasSubstr(refusal.fix)) << refusal.name;
    EXPECT_EQ(judge.step(key(), Timestamp{}), Verdict::refused) << refusal.name << ": for good";
  }
}

TEST(PassThrough, AStreamThatBecomesAnotherIsRefusedThen) {
  Stream stream;
  EXPECT_EQ(stream.group(1s), Verdict::passes);
  EXPECT_EQ(stream.give(annex_b({b_slice})), Verdict::refused);
}

}  // namespace
}  // namespace bigfoot::h264
