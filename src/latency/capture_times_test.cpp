#include "latency/capture_times.hpp"

#include <gtest/gtest.h>

#include "rtp/ntp.hpp"

namespace bigfoot::latency {
namespace {

const WallTime base{Seconds(1'800'000'000)};

rtp::AbsCaptureTime captured(Nanos since) { return {rtp::to_ntp(base + since), std::nullopt}; }
rtp::SenderReport report(Nanos since, std::uint32_t timestamp) {
  rtp::SenderReport report;
  report.ntp = rtp::to_ntp(base + since);
  report.rtp_timestamp = timestamp;
  return report;
}
/// Since base, in microseconds rounded down: RTP's ticks are of 11 µs.
std::optional<std::int64_t> micros(const CaptureTimes& times, std::uint32_t timestamp) {
  const auto at = times.of(timestamp);
  if (!at) return std::nullopt;
  return std::chrono::floor<Micros>(*at - to_peer_time(base) + 500ns).count();
}

TEST(CaptureTimes, NothingIsKnownAtFirst) { EXPECT_FALSE(CaptureTimes().of(0)); }

TEST(CaptureTimes, AFrameThatCarriesItsTimeHasIt) {
  CaptureTimes times;
  times.on_capture_time(1'000'000, captured(1'234'567us));
  EXPECT_EQ(micros(times, 1'000'000), 1'234'567);
}

TEST(CaptureTimes, TheTimestampCarriesItToOthersBothWaysAndAroundTheWrap) {
  CaptureTimes times;
  times.on_capture_time(0xffff'ffff - 3000 + 1, captured(10s));
  EXPECT_EQ(micros(times, 0), 10'033'333);
  EXPECT_EQ(micros(times, 87'000), 11'000'000);
  EXPECT_EQ(micros(times, 0xffff'ffff - 93'000 + 1), 9'000'000);
}

TEST(CaptureTimes, ASenderReportDoesWhereNoFrameCarriesItsTime) {
  CaptureTimes times;
  times.on_report(report(5s, 90'000));
  EXPECT_EQ(micros(times, 180'000), 6'000'000);
  times.on_capture_time(180'000, captured(6'001ms));
  EXPECT_EQ(micros(times, 180'000), 6'001'000) << "the frame's own time is the better";
  times.on_report(report(7s, 270'000));
  EXPECT_EQ(micros(times, 270'000), 7'001'000);
}

TEST(CaptureTimes, ReportsThatDisagreeAreNotBelievedUntilTwoAgree) {
  CaptureTimes times;
  times.on_report(report(5s, 0));
  EXPECT_TRUE(times.of(0));
  times.on_report(report(6s, 2 * 90'000));  // as webrtcbin's do: twice as fast as its clock
  EXPECT_FALSE(times.of(2 * 90'000));
  times.on_report(report(7s, 4 * 90'000));
  EXPECT_FALSE(times.of(4 * 90'000));
  times.on_report(report(8s, 5 * 90'000));
  EXPECT_EQ(micros(times, 5 * 90'000), 8'000'000);
  times.on_report(report(18s, 6 * 90'000));
  EXPECT_FALSE(times.of(6 * 90'000)) << "its clock was set";
  times.on_report(report(19s + 50ms, 7 * 90'000));
  EXPECT_EQ(micros(times, 7 * 90'000), 19'050'000);
}

TEST(CaptureTimes, AReportWithoutTimeSaysNothing) {
  CaptureTimes times;
  rtp::SenderReport none;
  none.rtp_timestamp = 90'000;
  times.on_report(none);
  EXPECT_FALSE(times.of(90'000));
}

TEST(CaptureTimes, ATimeThatIsFarAwaySaysNothing) {
  CaptureTimes times;
  times.on_capture_time(0, captured(0s));
  EXPECT_TRUE(times.of(60 * 90'000));
  EXPECT_FALSE(times.of(60 * 90'000 + 1));
  EXPECT_FALSE(times.of(0x8000'0000));
  times.on_report(report(100s, 100 * 90'000));
  EXPECT_EQ(micros(times, 101 * 90'000), 101'000'000);
}

TEST(CaptureTimes, ATimeOfAnotherMachineIsTakenOverToTheSendersClock) {
  CaptureTimes times;
  rtp::AbsCaptureTime time = captured(1s);
  time.clock_offset = -(std::int64_t{3} << 31);  // -1.5 s
  times.on_capture_time(0, time);
  EXPECT_EQ(micros(times, 0), 2'500'000) << "the camera's clock is behind";
  time.clock_offset = std::int64_t{3} << 31;
  times.on_capture_time(0, time);
  EXPECT_EQ(micros(times, 0), -500'000);
}

TEST(CaptureTimes, NoTimeThatAPeerCanWriteOverflows) {
  for (const std::uint64_t ntp :
       {std::uint64_t{0}, std::uint64_t{1} << 63, ~std::uint64_t{0}, (std::uint64_t{1} << 63) - 1}) {
    for (const std::int64_t offset : {std::int64_t{0}, INT64_MIN, INT64_MAX}) {
      CaptureTimes times;
      times.on_capture_time(0, {ntp, offset});
      ASSERT_TRUE(times.of(60 * 90'000));
      EXPECT_LT(std::chrono::abs(times.of(0)->time_since_epoch()), std::chrono::hours(24 * 366 * 203));
    }
  }
}

}  // namespace
}  // namespace bigfoot::latency
