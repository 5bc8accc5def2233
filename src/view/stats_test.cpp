#include "view/stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

const Timestamp start{1h};

TEST(Samples, NearestRankAndForgottenWhenTaken) {
  Samples samples;
  EXPECT_FALSE(samples.take());
  for (int i = 1; i <= 20; ++i) samples.add(Millis(i));
  const auto spread = samples.take();
  EXPECT_EQ(spread->p50, Nanos(10ms));
  EXPECT_EQ(spread->p95, Nanos(19ms));
  EXPECT_FALSE(samples.take());
  samples.add(5ms);
  EXPECT_EQ(samples.take()->p95, Nanos(5ms));
}

ShownPicture picture(Timestamp captured) {
  return {captured,
          captured + 10ms,
          captured + 12ms,
          captured + 13ms,
          captured + 15ms,
          captured + 16ms,
          latency::Delay{16ms, 1ms, false}};
}

TEST(CameraStats, StagesAddUpToTheDelay) {
  CameraStats stats;
  CameraSecond first, second;
  stats.take(first, start);
  for (int i = 0; i < 30; ++i) stats.shown(picture(start + i * 33ms));
  stats.counts().bytes += 100'000;
  stats.take(second, start + 1s);
  EXPECT_DOUBLE_EQ(second.fps, 30);
  EXPECT_EQ(second.bitrate.bps, 800'000);
  EXPECT_EQ(second.delay->p50, Nanos(16ms));
  Nanos sum{0};
  for (const Stage stage : all_stages) sum += second.stages.at(stage).p50;
  EXPECT_EQ(sum, Nanos(16ms));
  CameraSecond third;
  stats.take(third, start + 2s);
  EXPECT_DOUBLE_EQ(third.fps, 0);
  EXPECT_FALSE(third.delay);
  EXPECT_TRUE(third.stages.empty());
  EXPECT_EQ(third.counts.shown, 30u);
}

TEST(CameraStats, WithoutTheRobotsClockThereIsNoArrivalStage) {
  CameraStats stats;
  ShownPicture shown = picture(start);
  shown.captured.reset();
  shown.delay.reset();
  stats.shown(shown);
  CameraSecond second;
  stats.take(second, start + 1s);
  EXPECT_FALSE(second.stages.contains(Stage::arrival));
  EXPECT_TRUE(second.stages.contains(Stage::decode));
  EXPECT_FALSE(second.delay);
}

ViewSecond example() {
  ViewSecond second;
  second.at = WallTime(Seconds(1'800'000'000)) + 123ms;
  second.title = "rover-7";
  second.state = ViewState::live;
  second.in_state = 12s;
  second.words = "live: rover-7";
  second.first_picture = 180ms;
  second.sessions = 1;
  second.rtt = 12'300us;
  second.clock_error = 700us;
  second.path = transport::PathInfo{"192.0.2.1:1", "192.0.2.1", "192.0.2.2:2", "host", "srflx", 1};
  second.remedies[Remedy::keyframe] = {2, 1, 600ms};
  CameraSecond camera;
  camera.name = "front";
  camera.size = {1280, 720};
  camera.decoder = "avdec_h264";
  camera.fps = 29.97;
  camera.bitrate = {2'400'000};
  camera.delay = Spread{84ms, 97ms};
  camera.newest_delay = latency::Delay{84ms, 1ms, false};
  camera.stages[Stage::decode] = {2ms, 3ms};
  camera.age = 10ms;
  second.cameras.push_back(camera);
  return second;
}

TEST(Stats, TheLineIsOneJsonObject) {
  const std::string line = json_line(example());
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_THAT(line, HasSubstr(R"("ts":"2027-01-15T08:00:00.123Z")"));
  EXPECT_THAT(line, HasSubstr(R"("rtt_ms":12.300)"));
  EXPECT_THAT(line, HasSubstr(R"("delay":{"p50_ms":84.000,"p95_ms":97.000,"error_ms":1.000,"estimated":false})"));
  EXPECT_THAT(line, HasSubstr(R"("stages":{"decode":{"p50_ms":2.000,"p95_ms":3.000}})"));
  EXPECT_THAT(line, HasSubstr(R"("keyframe":{"tried":2,"recovered":1,"last_took_s":0.6})"));
  EXPECT_THAT(line, HasSubstr(R"("session":{"tried":0,"recovered":0,"last_took_s":null})"));
}

TEST(Stats, WhatTheSenderSaysDividesTheArrival) {
  ViewSecond second = example();
  second.cameras[0].sender = latency::SenderStages{0, {1ms, 9ms}, {4ms, 5ms}, {20us, 90us}};
  EXPECT_THAT(json_line(second), Not(HasSubstr("network"))) << "the arrival is not known";
  second.cameras[0].stages[Stage::arrival] = {10ms, 20ms};
  EXPECT_THAT(json_line(second), HasSubstr(R"("stages":{"capture_wait":{"p50_ms":1.000,"p95_ms":9.000},)"
                                           R"("encode":{"p50_ms":4.000,"p95_ms":5.000},)"
                                           R"("send":{"p50_ms":0.020,"p95_ms":0.090},)"
                                           R"("network":{"p50_ms":4.980,"p95_ms":null},)"
                                           R"("arrival":{"p50_ms":10.000,"p95_ms":20.000},)"));
}

TEST(Stats, WhatIsNotKnownIsNull) {
  ViewSecond second;
  second.cameras.emplace_back();
  const std::string line = json_line(second);
  for (const char* name : {"path", "rtt_ms", "clock", "first_picture_ms", "delay", "age_ms"})
    EXPECT_THAT(line, HasSubstr("\"" + std::string(name) + "\":null")) << name;
}

TEST(Stats, TheOverlaySaysWhatThePageSays) {
  const ViewSecond second = example();
  EXPECT_EQ(overlay_lines(second.cameras[0], second),
            (std::vector<std::string>{"front", "Delay 84 ms", "Frames 30 fps", "Bit rate 2.4 Mbit/s",
                                      "Round trip 12 ms", "Loss 0.0 %", "Picture 1280x720", "Decoder avdec_h264"}));
  ViewSecond waiting;
  waiting.words = "waiting for the server ws://s";
  EXPECT_THAT(overlay_lines({}, waiting), Not(Contains(waiting.words))) << "the notice says it";
  EXPECT_THAT(overlay_lines({}, waiting), Contains("Delay —"));
}

}  // namespace
}  // namespace bigfoot::view
