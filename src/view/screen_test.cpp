#include "view/screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

const Timestamp now{1h};

ViewLife in(ViewState state, bool ever_live) {
  ViewLife life;
  life.state = state;
  life.ever_live = ever_live;
  return life;
}

TEST(ScreenNotice, ANewPictureHasNoneAndAnOldOneIsCalledFrozen) {
  EXPECT_FALSE(notice_of(in(ViewState::live, true), "live", "rover-7", 299ms, now));
  const auto frozen = notice_of(in(ViewState::live, true), "live", "rover-7", 300ms, now);
  ASSERT_TRUE(frozen);
  EXPECT_EQ(frozen->title, "FROZEN");
  EXPECT_EQ(frozen->advice, "No new picture. Do not steer by this one.");
  EXPECT_EQ(frozen->tone, media::Tone::alarm);
  EXPECT_EQ(frozen->since, now - 300ms);
}

TEST(ScreenNotice, WithoutAWayItSaysWhatIsWaitedForHoweverNewThePictureIs) {
  const auto lost = notice_of(in(ViewState::recovering, true), "looking for another way", "rover-7", 10ms, now);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->title, "Reconnecting");
  EXPECT_EQ(lost->advice, "looking for another way");
  EXPECT_EQ(notice_of(in(ViewState::robot, false), "w", "rover-7", {}, now)->title, "rover-7 is offline");
  EXPECT_EQ(notice_of(in(ViewState::offer, false), "w", "rover-7", {}, now)->title, "Connecting");
}

TEST(ScreenNotice, AnOldPictureIsCalledFrozenWhateverIsWaitedFor) {
  for (const ViewState state : {ViewState::recovering, ViewState::robot, ViewState::server, ViewState::refused}) {
    const auto lost = notice_of(in(state, true), "looking for another way", "rover-7", 2s, now);
    ASSERT_TRUE(lost);
    EXPECT_EQ(lost->title, "FROZEN");
    EXPECT_EQ(lost->advice, "No new picture. Do not steer by this one. looking for another way.");
    EXPECT_EQ(lost->tone, media::Tone::alarm);
    EXPECT_EQ(lost->since, now - 2s);
  }
}

TEST(ScreenNotice, ACameraOfSeveralWithoutAPictureYetWaitsForItsFirst) {
  EXPECT_EQ(notice_of(in(ViewState::live, true), "live", "rover-7", {}, now)->title, "Waiting for the first picture");
}

TEST(ScreenLines, TheDelayIsColoured) {
  ViewSecond second;
  second.state = ViewState::live;
  second.cameras.resize(2);
  second.cameras[0].newest_delay = latency::Delay{84ms, 1ms, false};
  second.cameras[1].newest_delay = latency::Delay{251ms, 1ms, false};
  std::vector<std::pair<std::string, media::Tone>> delays;
  for (const CameraSecond& camera : second.cameras)
    for (const media::OverlayLine& line : lines_of(camera, second))
      if (line.text.starts_with("Delay")) delays.emplace_back(line.text, line.tone);
  EXPECT_EQ(delays, (std::vector<std::pair<std::string, media::Tone>>{{"Delay 84 ms", media::Tone::plain},
                                                                      {"Delay 251 ms", media::Tone::alarm}}));
}

}  // namespace
}  // namespace bigfoot::view
