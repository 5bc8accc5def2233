#pragma once
// How long a viewer's latest pictures of one camera took until they left.

#include <algorithm>
#include <array>
#include <vector>

#include "h264/access_unit.hpp"
#include "latency/stage_message.hpp"

namespace bigfoot::robot {

/// Pure.
class StageTimes {
 public:
  /// Two seconds of a usual camera.
  static constexpr std::size_t pictures_max = 64;

  static Nanos capture_of(const h264::AccessUnit& unit) { return unit.encoded - unit.encode_time - unit.captured; }

  /// The kernel is given the first packet of a picture.
  void add(const h264::AccessUnit& unit, Timestamp now) {
    latest_[count_++ % pictures_max] = {capture_of(unit), unit.encode_time, now - unit.encoded};
  }
  bool empty() const { return count_ == 0; }
  latency::SenderStages stages(std::uint8_t m_line) const {
    return {m_line, spread(&Picture::capture), spread(&Picture::encode), spread(&Picture::send)};
  }

 private:
  struct Picture {
    Nanos capture{0}, encode{0}, send{0};
  };
  /// By nearest rank.
  latency::StageTime spread(Nanos Picture::*stage) const {
    std::vector<Nanos> values;
    for (std::size_t i = 0; i < std::min(count_, pictures_max); ++i) values.push_back(latest_[i].*stage);
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    return {values[(values.size() - 1) / 2], values[(values.size() * 19 + 19) / 20 - 1]};
  }

  std::array<Picture, pictures_max> latest_;
  std::size_t count_ = 0;
};

}  // namespace bigfoot::robot
