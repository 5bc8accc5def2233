#include "media/slow_modes.hpp"

#include <algorithm>

namespace bigfoot::media {
namespace {

constexpr Nanos remembered = 10min;
constexpr double worth_changing = 1.1;

}  // namespace

std::optional<V4l2Choice> SlowModes::found(const V4l2Choice& mode, double fps, const std::vector<V4l2Choice>& modes,
                                           Timestamp now) {
  std::erase_if(measured_, [&mode](const Measured& one) { return one.mode.mode == mode; });
  measured_.push_back({{mode, fps}, now});
  const V4l2Choice best = pick_v4l2_mode(modes, all());
  const auto known =
      std::find_if(measured_.begin(), measured_.end(), [&best](const Measured& one) { return one.mode.mode == best; });
  if (known != measured_.end() && known->mode.fps < fps * worth_changing) return std::nullopt;
  return best;
}

std::vector<V4l2RuledOut> SlowModes::ruled_out(Timestamp now) {
  std::erase_if(measured_, [now](const Measured& one) { return now - one.at >= remembered; });
  return all();
}

std::vector<V4l2RuledOut> SlowModes::all() const {
  std::vector<V4l2RuledOut> modes;
  modes.reserve(measured_.size());
  for (const Measured& one : measured_) modes.push_back(one.mode);
  return modes;
}

}  // namespace bigfoot::media
