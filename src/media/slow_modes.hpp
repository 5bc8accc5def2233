#pragma once
// The modes of a camera that gave clearly fewer pictures than they promised, and which to open instead. Pure.

#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "media/v4l2_mode.hpp"

namespace bigfoot::media {

class SlowModes {
 public:
  /// `mode`, one of `modes` (v4l2_modes), gave that many pictures a second. What to open instead (pick_v4l2_mode): one
  /// that has not been measured, or the one that gave the most; nothing where that is hardly more than this one gives,
  /// since changing costs pictures.
  [[nodiscard]] std::optional<V4l2Choice> found(const V4l2Choice& mode, double fps,
                                                const std::vector<V4l2Choice>& modes, Timestamp now);
  /// For the next opening. What was measured ten minutes ago is forgotten: by then there may be light.
  [[nodiscard]] std::vector<V4l2RuledOut> ruled_out(Timestamp now);
  void forget() { measured_.clear(); }

 private:
  struct Measured {
    V4l2RuledOut mode;
    Timestamp at;
  };
  std::vector<V4l2RuledOut> all() const;

  std::vector<Measured> measured_;
};

}  // namespace bigfoot::media
