#pragma once
// Whether a source gives as many pictures as it promised: a camera in the dark or on a full USB bus gives fewer. Pure.

#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/units.hpp"

namespace bigfoot::media {

/// What came of a source since it was opened.
struct Taken {
  std::uint64_t pictures = 0;
  Nanos age{0};  ///< of all pictures together, each between its capture and its coming
};

/// Judges windows of three seconds. One in which this process stood still is not judged, nor one whose pictures came
/// old: then they waited for us in the driver, and were lost because we were slow.
class RateJudge {
 public:
  explicit RateJudge(FrameRate promised) : promised_(promised) {}

  /// To be called every 50 ms or so. The rate, each time that two windows in a row were clearly below what was
  /// promised; else nothing. `attentive_since` as of Attention.
  std::optional<double> look(Timestamp now, const Taken& taken, Timestamp attentive_since);

 private:
  void begin(Timestamp at, const Taken& taken);

  const FrameRate promised_;
  std::optional<Timestamp> since_;  ///< of this window; none before the first picture
  Taken before_;                    ///< at its begin
  std::optional<double> slow_;      ///< what the window before gave, where that was too little
};

}  // namespace bigfoot::media
