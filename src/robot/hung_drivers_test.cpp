#include "robot/hung_drivers.hpp"

#include <gtest/gtest.h>

#include "robot/testing.hpp"

namespace bigfoot::robot {
namespace {

class Looker final : public RungSubscriber {
 public:
  void on_frame(std::size_t, const h264::FramePtr&) override {}
  Nanos rtt() const override { return Nanos{0}; }
  void on_settings() override {}
};

struct HungDriversTest : RobotLab {
  /// Cameras that gave pictures, in a robot that has run for a minute.
  HungDriversTest() {
    for (const char* name : {"front", "rear"}) add_camera(name);
    for (FakeCamera* camera : cameras) camera->captured = 1;
    pass(1min);
  }
  /// What each second's look says in the end.
  const Rung* pass(Nanos span) {
    const Rung* hung = nullptr;
    for (; span > Nanos{0}; span -= 1s) {
      loop.advance(1s);
      hung = drivers.look(rungs, loop.now());
    }
    return hung;
  }

  HungDrivers drivers{loop.now()};
  Looker looker;
};

TEST_F(HungDriversTest, ACameraThatHangsForGoodEndsTheProgram) {
  EXPECT_EQ(pass(1s), nullptr);
  cameras[1]->hung = hung_at_most;
  EXPECT_EQ(pass(1s), nullptr) << "it may come back";
  cameras[1]->hung = hung_at_most + 1s;
  EXPECT_EQ(pass(1s), rungs[1].get());
}

TEST_F(HungDriversTest, NotWhileSomebodySeesByAnotherCamera) {
  cameras[1]->hung = 1h;
  cameras[1]->trouble = "still hangs in its driver";
  rungs[0]->subscribe(looker, 0);
  EXPECT_EQ(pass(1min), nullptr);
  rungs[0]->unsubscribe(looker);
  EXPECT_EQ(pass(back_within), rungs[1].get());
  rungs[1]->subscribe(looker, 0);
  EXPECT_EQ(pass(1s), rungs[1].get()) << "a placeholder is nothing to drive by";
  rungs[1]->unsubscribe(looker);
}

TEST_F(HungDriversTest, WhoReloadsThePageOrTakesAnotherSizeIsWaitedFor) {
  cameras[1]->hung = 1h;
  for (int i = 0; i < 3; ++i) {
    rungs[0]->subscribe(looker, 0);
    EXPECT_EQ(pass(1s), nullptr);
    rungs[0]->unsubscribe(looker);
    EXPECT_EQ(pass(back_within - 1s), nullptr) << "the one who drives comes back";
  }
  EXPECT_EQ(pass(1s), rungs[1].get());
}

TEST_F(HungDriversTest, WhoDrivesIsNotStoppedByAMomentWithoutAPicture) {
  rungs[0]->subscribe(looker, 0);
  cameras[1]->hung = 1h;
  cameras[0]->trouble = "no picture from the camera for 0.2 s";
  EXPECT_EQ(pass(1min), nullptr);
  cameras[0]->trouble = "still hangs in its driver";
  cameras[0]->hung = 1s;
  EXPECT_NE(pass(back_within), nullptr) << "nobody sees anything";
  rungs[0]->unsubscribe(looker);
}

TEST_F(HungDriversTest, OneThatNeverGaveAPictureEndsTheProgramSeldom) {
  cameras[0]->hung = 1h;
  cameras[0]->captured = 0;
  EXPECT_EQ(pass(ends_apart - 1min - 1s), nullptr) << "it hung from the start: the next process would hang as well";
  EXPECT_EQ(pass(1s), rungs[0].get());
}

TEST_F(HungDriversTest, JobsThatWereOverdueAreCounted) {
  cameras[0]->overdue_jobs = 3;
  rungs[0]->report();
  EXPECT_NE(metrics.exposition().find("bigfoot_overdue_jobs_total{camera=\"front\",robot=\"rover-7\"} 3"),
            std::string::npos)
      << metrics.exposition();
}

}  // namespace
}  // namespace bigfoot::robot
