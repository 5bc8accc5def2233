#pragma once
// What a sender is told of its pictures' age: gathered from picture to picture, taken every two seconds. The page's
// counterpart is web/js/report.js.

#include <optional>

#include "latency/delay.hpp"
#include "latency/stage_message.hpp"
#include "protocol/message.hpp"
#include "view/stats.hpp"

namespace bigfoot::view {

struct PictureReport {
  latency::Delay delay;  ///< the median of the pictures, as sure as that of the last one
  protocol::ViewerStages stages;
};

/// Of one camera. Pure.
class PictureReports {
 public:
  void shown(const ShownPicture& picture);
  /// Of what was shown since the last call; nothing where no delay is known. `sender`: what it says of its own part,
  /// without which nobody knows what the network's is.
  [[nodiscard]] std::optional<PictureReport> take(const std::optional<latency::SenderStages>& sender);

 private:
  Samples delays_;
  StageSamples stages_;
  std::optional<latency::Delay> newest_;
};

}  // namespace bigfoot::view
