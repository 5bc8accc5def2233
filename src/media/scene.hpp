#pragma once
// What a rover sees: a dusk sky with mountains that pan, ground that comes nearer, marker poles, a drone. Textured as a
// real picture is, so that it costs an encoder what a camera costs. The expensive parts are made once; a 1280x720 frame
// then draws in about a millisecond. Pure: the picture depends on the time alone.

#include <array>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "media/glyphs.hpp"
#include "media/picture.hpp"

namespace bigfoot::media {

class Scene {
 public:
  explicit Scene(Size size);
  /// Fills the whole picture.
  void draw(const Picture& picture, Nanos time) const;

 private:
  struct Camera;  ///< where the rover is and looks at one moment
  struct GroundRow {
    int level = 0;           ///< of the texture: 0 is the finest
    std::uint32_t step = 0;  ///< texels of that level a pixel, 16.16
    double depth = 0;        ///< texels of level 0
    int fog_scale = 0;       ///< luma = (texel * scale + offset) >> 8
    int fog_offset = 0;
    Colour colour;
  };

  void make_sky();
  void make_ground();
  void draw_sky(const Picture& picture, const Camera& camera) const;
  void draw_ground(const Picture& picture, const Camera& camera) const;
  void draw_poles(const Picture& picture, const Camera& camera) const;
  void draw_drone(const Picture& picture, Nanos time) const;

  Size size_;
  int horizon_;
  double focal_;
  int pan_max_;  ///< pixels the view turns to either side
  int sky_width_;
  Bytes sky_y_, sky_u_, sky_v_;
  std::vector<Bytes> texture_;  ///< square, each level half the one before
  std::vector<GroundRow> rows_;
  Mask drone_;
};

}  // namespace bigfoot::media
