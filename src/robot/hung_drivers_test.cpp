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

struct HungDrivers : RobotLab {
  Nanos age = 1h;
};

TEST_F(HungDrivers, ACameraThatHangsForGoodEndsTheProgram) {
  add_camera("front");
  add_camera("rear");
  EXPECT_EQ(hung_camera(rungs, age), nullptr);
  cameras[1]->hung = hung_at_most;
  EXPECT_EQ(hung_camera(rungs, age), nullptr) << "it may come back";
  cameras[1]->hung = hung_at_most + 1s;
  EXPECT_EQ(hung_camera(rungs, age), rungs[1].get());
}

TEST_F(HungDrivers, NotWhileSomebodySeesByAnotherCamera) {
  add_camera("front");
  add_camera("rear");
  Looker looker;
  cameras[1]->hung = 1h;
  cameras[1]->trouble = "still hangs in its driver";
  rungs[0]->subscribe(looker, 0);
  EXPECT_EQ(hung_camera(rungs, age), nullptr);
  rungs[0]->unsubscribe(looker);
  EXPECT_EQ(hung_camera(rungs, age), rungs[1].get());
  rungs[1]->subscribe(looker, 0);
  EXPECT_EQ(hung_camera(rungs, age), rungs[1].get()) << "a placeholder is nothing to drive by";
  rungs[1]->unsubscribe(looker);
}

TEST_F(HungDrivers, WhoDrivesIsNotStoppedByAMomentWithoutAPicture) {
  add_camera("front");
  add_camera("rear");
  Looker looker;
  rungs[0]->subscribe(looker, 0);
  cameras[1]->hung = 1h;
  cameras[0]->trouble = "no picture from the camera for 0.2 s";
  EXPECT_EQ(hung_camera(rungs, age), nullptr);
  cameras[0]->trouble = "still hangs in its driver";
  cameras[0]->hung = 1s;
  EXPECT_NE(hung_camera(rungs, age), nullptr) << "nobody sees anything";
  rungs[0]->unsubscribe(looker);
}

TEST_F(HungDrivers, OneThatNeverGaveAPictureEndsTheProgramSeldom) {
  add_camera("front");
  cameras[0]->hung = 1h;
  age = ends_apart - 1s;
  EXPECT_EQ(hung_camera(rungs, age), nullptr) << "it hung from the start: the next process would hang as well";
  age = ends_apart;
  EXPECT_EQ(hung_camera(rungs, age), rungs[0].get());
  age = 1min;
  cameras[0]->captured = 1;
  EXPECT_EQ(hung_camera(rungs, age), rungs[0].get()) << "it worked in this one";
}

TEST_F(HungDrivers, JobsThatWereOverdueAreCounted) {
  add_camera("front");
  cameras[0]->overdue_jobs = 3;
  rungs[0]->report();
  EXPECT_NE(metrics.exposition().find("bigfoot_overdue_jobs_total{camera=\"front\",robot=\"rover-7\"} 3"),
            std::string::npos)
      << metrics.exposition();
}

}  // namespace
}  // namespace bigfoot::robot
