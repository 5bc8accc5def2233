#include "view/picture_reports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bigfoot::view {
namespace {

using protocol::ViewerStage;
using testing::ElementsAre;
using testing::Pair;

constexpr latency::SenderStages sender{0, {1ms, 9ms}, {4ms, 5ms}, {500us, 1ms}};

ShownPicture picture(Timestamp captured, Nanos network) {
  const Timestamp arrived = captured + 5500us + network;
  ShownPicture picture{captured, arrived, arrived + 2ms, arrived + 3ms, arrived + 5ms, arrived + 6ms, {}};
  picture.delay = latency::Delay{picture.shown - captured, 1ms, false};
  return picture;
}

TEST(PictureReports, TheMedianOfThePicturesAndWhereItWent) {
  PictureReports reports;
  EXPECT_FALSE(reports.take(sender));
  for (const Nanos network : {Nanos{30ms}, Nanos{31ms}, Nanos{300ms}}) reports.shown(picture(Timestamp{1h}, network));
  const auto report = reports.take(sender);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->delay, (latency::Delay{42'500us, 1ms, false}));
  EXPECT_THAT(report->stages, ElementsAre(Pair(ViewerStage::network, 31ms), Pair(ViewerStage::reassembly, 2ms),
                                          Pair(ViewerStage::wait, 1ms), Pair(ViewerStage::decode, 2ms),
                                          Pair(ViewerStage::display, 1ms)));
  EXPECT_FALSE(reports.take(sender)) << "told once";
}

TEST(PictureReports, WhatTheSenderKeepsToItselfIsNotTheNetworks) {
  PictureReports reports;
  reports.shown(picture(Timestamp{1h}, 30ms));
  const auto report = reports.take(std::nullopt);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->stages.contains(ViewerStage::network));
  EXPECT_TRUE(report->stages.contains(ViewerStage::decode));
}

TEST(PictureReports, WithoutADelayThereIsNothingToTellAndNothingKeptForLater) {
  PictureReports reports;
  ShownPicture unknown = picture(Timestamp{1h}, 30ms);
  unknown.captured.reset();
  unknown.delay.reset();
  reports.shown(unknown);
  EXPECT_FALSE(reports.take(sender));
  reports.shown(picture(Timestamp{1h}, 0ms));
  EXPECT_EQ(reports.take(sender)->stages.at(ViewerStage::decode), Nanos(2ms));
}

TEST(PictureReports, WhatNoReportCanSayIsLeftOut) {
  PictureReports reports;
  ShownPicture odd = picture(Timestamp{1h}, 0ms);  // the sender's part alone is more than the whole
  odd.captured = odd.first_arrival - 1ms;
  odd.decoded = odd.fed + protocol::report_delay_max + 1ns;
  odd.shown = odd.decoded - 1us;
  reports.shown(odd);
  const auto report = reports.take(sender);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->stages.at(ViewerStage::network), Nanos{0});
  EXPECT_EQ(report->stages.at(ViewerStage::display), Nanos{0});
  EXPECT_FALSE(report->stages.contains(ViewerStage::decode));
}

}  // namespace
}  // namespace bigfoot::view
