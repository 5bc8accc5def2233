#include "media/passing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "h264/testing.hpp"
#include "media/gst/pipeline.hpp"

namespace bigfoot::media {
namespace {

/// Constrained baseline, level 3.1, 1280x720, as x264enc writes it.
const Bytes sps{0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xec, 0x05, 0xa8, 0x08, 0x08, 0x0a,
                0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00, 0x03, 0x00, 0x79, 0x1e, 0x30, 0x65, 0x40};
const Bytes keyframe = h264::annex_b({sps, {0x68, 0xce, 0x3c, 0x80}, {0x65, 0x88, 0x80, 0x10}});
const Bytes picture = h264::annex_b({{0x41, 0x9a, 0x20, 0x10}});

struct PassingTest : testing::Test {
  static void SetUpTestSuite() { ASSERT_TRUE(gst::start()); }
  PassingTest() { control->awake = true; }
  Passing passing(bool prove_first) {
    return {h264::PassRules{{1280, 720}, {0x42, 0xe0, 52}, 2s, prove_first},
            Passing::Links{std::make_shared<Feed>(control, ledger), ledger, junction}};
  }
  void give(Passing& to, const Bytes& unit) {
    const auto buffer = gst::adopt(gst_buffer_new_memdup(unit.data(), unit.size()));
    to.take(buffer.get(), now += 33ms);
  }

  Timestamp now{1h};
  std::size_t sent = 0;
  std::shared_ptr<CameraControl> control = std::make_shared<CameraControl>();
  std::shared_ptr<FrameLedger> ledger = std::make_shared<FrameLedger>();
  std::shared_ptr<Junction> junction = std::make_shared<Junction>(control, [this](const h264::AccessUnit&) { ++sent; });
};

TEST_F(PassingTest, AStreamIsOneThatPassesFromItsFirstKeyFrame) {
  Passing stream = passing(false);
  give(stream, picture);
  EXPECT_EQ(stream.profile_level_id(), "");
  EXPECT_NE(stream.last_came(), Timestamp{}) << "it came all the same";
  EXPECT_EQ(sent, 0u);
  give(stream, keyframe);
  give(stream, picture);
  EXPECT_EQ(stream.profile_level_id(), "42c01f");
  EXPECT_EQ(sent, 2u);
  EXPECT_EQ(ledger->counts().passed, 2u);
}

TEST_F(PassingTest, OneThatHasToProveItselfIsNotSaidToPassBeforeItDoes) {
  Passing stream = passing(true);
  give(stream, keyframe);
  EXPECT_EQ(stream.profile_level_id(), "");
  EXPECT_EQ(sent, 0u);
  EXPECT_EQ(stream.why(), std::nullopt);
  give(stream, keyframe);
  EXPECT_EQ(stream.profile_level_id(), "42c01f");
  EXPECT_EQ(sent, 1u);
}

TEST_F(PassingTest, NothingGoesThroughWhenItIsClosed) {
  Passing stream = passing(false);
  stream.close();
  give(stream, keyframe);
  EXPECT_EQ(sent, 0u);
}

}  // namespace
}  // namespace bigfoot::media
