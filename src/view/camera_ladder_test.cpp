#include "view/camera_ladder.hpp"

#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

constexpr CameraSight live{.fresh = true}, dark{}, fed{.fed = true};

/// A camera in a session, looked at every 50 ms.
class Camera {
 public:
  Camera() : life(in_new_session({}, now)) {}
  CameraStep look(const CameraSight& sight) {
    now += 50ms;
    CameraStep next = step(life, sight, now);
    life = next.life;
    return next;
  }
  /// For how long until something is tried, or it is stuck; `most`: nothing was.
  Nanos until(const CameraSight& sight, Nanos most, Remedy remedy) {
    const Timestamp from = now;
    while (now - from < most) {
      const CameraStep next = look(sight);
      EXPECT_TRUE(next.tried == Remedy::none || next.tried == remedy) << to_string(next.tried);
      if (remedy == Remedy::session ? next.stuck : next.tried == remedy) return now - from;
    }
    return most;
  }
  void another_session() { life = in_new_session(life, now); }

  Timestamp now{1h};
  CameraLife life;
};

TEST(CameraLadder, AFreezeAsksForAKeyFrameOnceAndIsTimed) {
  Camera camera;
  camera.look(live);
  EXPECT_EQ(camera.look({.age = 300ms}).tried, Remedy::keyframe);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(camera.look(dark).tried, Remedy::none) << "nothing reaches its decoder";
  const CameraStep again = camera.look(live);
  ASSERT_TRUE(again.recovered);
  EXPECT_EQ(again.recovered->by, Remedy::keyframe);
  EXPECT_EQ(again.recovered->took, Nanos(300ms + 201 * 50ms)) << "from the last picture on";
}

TEST(CameraLadder, ADecoderThatIsFedAndGivesNothingIsReplacedThenItIsStuck) {
  Camera camera;
  camera.look(live);
  EXPECT_EQ(camera.look(fed).tried, Remedy::keyframe);
  EXPECT_EQ(camera.until(fed, 10s, Remedy::decoder), Nanos(decoder_after));
  EXPECT_EQ(camera.until(fed, 10s, Remedy::session), Nanos(stuck_after));
  EXPECT_EQ(camera.look(live).recovered->by, Remedy::decoder);
}

TEST(CameraLadder, ADecoderThatWasReplacedInAFreezeIsNotReplacedAgain) {
  Camera camera;
  camera.life = with_another_decoder(camera.life, camera.now);
  camera.look(live);
  EXPECT_FALSE(camera.look(live).recovered) << "there was no freeze";
  EXPECT_EQ(camera.look(fed).tried, Remedy::keyframe);
  camera.look(fed);
  camera.life = with_another_decoder(camera.life, camera.now);
  EXPECT_EQ(camera.until(fed, 10s, Remedy::session), Nanos(stuck_after));
}

TEST(CameraLadder, WithoutAPictureForItsNewDecoderItIsNotStuck) {
  Camera camera;
  camera.look(live);
  camera.look(fed);
  camera.until(fed, 10s, Remedy::decoder);
  EXPECT_EQ(camera.until(dark, 2min, Remedy::session), Nanos(2min)) << "a robot that says nothing of it";
}

TEST(CameraLadder, ADecoderHasItsTimeFromWhenPicturesReachIt) {
  Camera camera;
  camera.look(live);
  EXPECT_EQ(camera.look(dark).tried, Remedy::keyframe);
  EXPECT_EQ(camera.until(dark, 3s, Remedy::decoder), Nanos(3s)) << "the way is lost";
  EXPECT_EQ(camera.look(fed).tried, Remedy::none) << "the first picture after it is under way in the decoder";
  EXPECT_EQ(camera.look(live).recovered->by, Remedy::keyframe);

  camera.look(dark);
  camera.until(dark, 3s, Remedy::decoder);
  camera.look(fed);
  EXPECT_EQ(camera.until(fed, 10s, Remedy::decoder), Nanos(decoder_after)) << "this one is at fault";
  camera.until(dark, 10s, Remedy::session);
  camera.look(fed);
  EXPECT_EQ(camera.until(fed, 10s, Remedy::session), Nanos(stuck_after));
}

TEST(CameraLadder, SessionsThatDoNotHelpAreFurtherAndFurtherApart) {
  Camera camera;
  camera.look(live);
  Nanos before{0};
  for (const Nanos wait : {4s, 8s, 16s, 32s, 60s, 60s}) {
    camera.until(fed, 10s, Remedy::keyframe);
    camera.until(fed, 10s, Remedy::decoder);
    EXPECT_EQ(camera.until(fed, 2min, Remedy::session), wait);
    EXPECT_GE(wait, before);
    before = wait;
    camera.another_session();
  }
  camera.look(live);
  camera.look(fed);
  camera.until(fed, 10s, Remedy::decoder);
  EXPECT_EQ(camera.until(fed, 2min, Remedy::session), Nanos(stuck_after)) << "it gave a picture since";
}

TEST(CameraLadder, ACameraOfFewPicturesASecondCostsFewKeyFrames) {
  Camera camera;
  int asked = 0;
  for (int i = 0; i < 20 * 60; ++i)  // a minute of two pictures a second
    asked += camera.look({.fresh = i % 10 < 6}).tried == Remedy::keyframe ? 1 : 0;
  EXPECT_GE(asked, 15);
  EXPECT_LE(asked, 30);
}

TEST(CameraLadder, TheFirstKeyFrameOfASessionIsTheSendersOwnToGive) {
  Camera camera;
  EXPECT_EQ(camera.until(dark, 10s, Remedy::keyframe), Nanos(first_keyframe_after));
  EXPECT_FALSE(camera.look(live).recovered) << "the first picture is no recovery";
}

TEST(CameraLadder, APictureInTheNextSessionIsNoRecoveryOfWhatWasTriedInTheLast) {
  Camera camera;
  camera.look(live);
  EXPECT_EQ(camera.look(dark).tried, Remedy::keyframe);
  camera.another_session();
  EXPECT_FALSE(camera.look(live).recovered);
}

}  // namespace
}  // namespace bigfoot::view
