#include "view/picture_reports.hpp"

#include <algorithm>

namespace bigfoot::view {
namespace {

using protocol::ViewerStage;

std::optional<ViewerStage> told_as(Stage stage) {
  switch (stage) {
    case Stage::arrival: return std::nullopt;  // the sender's part is in it, too
    case Stage::reassembly: return ViewerStage::reassembly;
    case Stage::wait: return ViewerStage::wait;
    case Stage::decode: return ViewerStage::decode;
    case Stage::display: return ViewerStage::display;
  }
  return std::nullopt;
}

/// What cannot be said at all, a minute and more, is no report's.
void tell(protocol::ViewerStages& stages, ViewerStage stage, Nanos time) {
  if (time <= protocol::report_delay_max) stages[stage] = std::max(time, Nanos{0});
}

}  // namespace

void PictureReports::shown(const ShownPicture& picture) {
  newest_ = picture.delay;
  if (picture.delay) delays_.add(picture.delay->value);
  stages_.add(picture);
}

std::optional<PictureReport> PictureReports::take(const std::optional<latency::SenderStages>& sender) {
  const auto spread = delays_.take();
  const std::map<Stage, Spread> stages = stages_.take();
  if (!spread || !newest_) return std::nullopt;
  PictureReport report{*newest_, {}};
  report.delay.value = spread->p50;
  for (const auto& [stage, time] : stages)
    if (const auto told = told_as(stage)) tell(report.stages, *told, time.p50);
  const auto arrival = stages.find(Stage::arrival);
  if (sender && arrival != stages.end())
    tell(report.stages, ViewerStage::network, network_of(arrival->second, *sender));
  return report;
}

}  // namespace bigfoot::view
