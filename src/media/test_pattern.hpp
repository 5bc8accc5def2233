#pragma once
// The picture of a `test:` camera: the scene, a clock that a person can read, the camera's name, and the stamp that a
// machine can read. Pure: what is drawn depends on the arguments alone.

#include <memory>
#include <string>

#include "media/glyphs.hpp"
#include "media/scene.hpp"
#include "media/source_uri.hpp"
#include "media/stamp.hpp"

namespace bigfoot::media {

class TestPicture {
 public:
  /// Takes some 100 ms at 1280x720: call it off the loop.
  TestPicture(TestPattern pattern, Size size, FrameRate fps, const std::string& name);

  /// Everything but the clock and the stamp, as it is at `time` (any origin). About 1 ms at 1280x720.
  void draw_scene(const Picture& picture, Nanos time) const;
  /// The clock and the stamp: last, so that their time is the time the picture is finished.
  void draw_time(const Picture& picture, std::uint32_t frame, StampTime now) const;

 private:
  struct Panel {
    int x = 0, y = 0, width = 0, height = 0, pad = 0;
    int clock_y = 0, small_y = 0;
  };
  void draw_panel(const Picture& picture) const;

  Size size_;
  std::string name_;
  std::string mode_;
  std::uint8_t camera_;
  std::unique_ptr<Scene> scene_;  ///< none for the plain pattern
  Typeface clock_face_;
  Typeface label_face_;
  Panel panel_;
  Mask panel_mask_;
};

}  // namespace bigfoot::media
