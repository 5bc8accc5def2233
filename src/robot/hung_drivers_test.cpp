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

using HungDrivers = RobotLab;

TEST_F(HungDrivers, ACameraThatHangsForGoodEndsTheProgram) {
  add_camera("front");
  add_camera("rear");
  EXPECT_EQ(hung_camera(rungs), nullptr);
  cameras[1]->hung = hung_at_most;
  EXPECT_EQ(hung_camera(rungs), nullptr) << "it may come back";
  cameras[1]->hung = hung_at_most + 1s;
  EXPECT_EQ(hung_camera(rungs), rungs[1].get());
}

TEST_F(HungDrivers, NotWhileSomebodySeesByAnotherCamera) {
  add_camera("front");
  add_camera("rear");
  Looker looker;
  cameras[1]->hung = 1h;
  cameras[1]->trouble = "still hangs in its driver";
  rungs[0]->subscribe(looker, 0);
  EXPECT_EQ(hung_camera(rungs), nullptr);
  rungs[0]->unsubscribe(looker);
  EXPECT_EQ(hung_camera(rungs), rungs[1].get());
  rungs[1]->subscribe(looker, 0);
  EXPECT_EQ(hung_camera(rungs), rungs[1].get()) << "a placeholder is nothing to drive by";
  rungs[1]->unsubscribe(looker);
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
