#pragma once
// From the content of a stage to the one picture that a window shows: the decoder's own where nothing is to be added,
// else ours, with the cameras side by side and what is written over them.

#include <memory>
#include <vector>

#include "media/gst/handle.hpp"
#include "media/overlay.hpp"
#include "media/stage.hpp"

namespace bigfoot::media {

/// One thread's.
class Painter {
 public:
  Painter();
  ~Painter();
  Painter(const Painter&) = delete;
  Painter& operator=(const Painter&) = delete;

  /// The whole picture; of the size of the window where its sink does not scale by itself. Nothing where no memory is
  /// left.
  ImagePtr paint(const Stage::Content& content, Timestamp now, std::optional<Size> window = {});

  /// How so many cells lie in the least square of cells that holds them.
  static std::vector<Area> grid(std::size_t cells, Size cell);
  /// Of a camera in a grid.
  static constexpr Size cell{640, 360};
  /// Where no picture came yet.
  static constexpr Size usual{1280, 720};

 private:
  class Fitter;
  class Pool;
  static Size cell_of(const Stage::Content& content, std::optional<Size> window);
  void draw(const Picture& picture, const Stage::Content& content, const std::vector<Area>& areas, Timestamp now);
  bool fit(std::size_t tile, const Tile& what, Size size);

  struct Fitted {
    std::shared_ptr<Fitter> fitter;
    ImagePtr of;                  ///< what was fitted last
    gst::Handle<GstBuffer> made;  ///< in cells, of the size asked for
    Size size;
  };
  std::vector<Fitted> fitted_;
  std::unique_ptr<Pool> pool_;
  OverlayPainter overlay_;
};

}  // namespace bigfoot::media
