#pragma once
// For measurements (`--measure`, docs/latency.md): a row for each picture, with the times of its stages and, of a
// `test:` camera, the age that its stamp tells. The stamp is by the wall clocks of both machines, the reported delay by
// the robot's clock as pings know it: the judge shares nothing with what it judges. Loop thread.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "media/image.hpp"
#include "media/stamp.hpp"
#include "view/stats.hpp"

namespace bigfoot::view {

/// What the network made of a picture.
struct WholePicture {
  std::uint64_t id = 0;  ///< rises by one a picture
  bool keyframe = false;
  std::size_t packets = 0;
  std::size_t repaired = 0;       ///< of these, came again
  Nanos reassembly{0};            ///< its first packet → its last
  std::optional<Nanos> age = {};  ///< when it was whole, by the robot's clock
};

/// Of one camera.
class PictureRows {
 public:
  void whole(const WholePicture& picture);
  void decoded(std::uint64_t id, const media::Image& image);
  /// As decoded(), for whoever read the stamp. None: the picture has none.
  void stamped(std::uint64_t id, const std::optional<media::Stamp>& stamp);
  /// `wall`: the time of day at `picture.shown`.
  void shown(std::uint64_t id, const ShownPicture& picture, WallTime wall);

  /// A JSON object (docs/view.md): the rows of all pictures up to the newest that was shown, which are forgotten, and
  /// how well the reported delay agrees with the stamp. One that has no times behind its arrival was not shown.
  std::string take();

 private:
  struct Row {
    WholePicture whole;
    std::optional<media::Stamp> stamp;
    std::optional<ShownPicture> shown;
    WallTime shown_at{};
    /// Drawn → shown.
    std::optional<Nanos> stamped() const;
  };
  static constexpr std::size_t rows_max = 1024;  ///< a frozen screen: the oldest are forgotten

  Row* find(std::uint64_t id);
  static std::string json_of(const Row& row);

  std::deque<Row> rows_;
  std::uint64_t newest_shown_ = 0;
};

}  // namespace bigfoot::view
