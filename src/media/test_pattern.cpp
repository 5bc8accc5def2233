#include "media/test_pattern.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace bigfoot::media {
namespace {

constexpr std::uint8_t panel_luma = 30, ink = 232, dim_ink = 150;
constexpr const char* clock_signs = "0123456789:.";
constexpr std::size_t name_shown_max = 18;

double unit_of(Size size) { return std::min(size.height / 720.0, size.width / 1280.0); }

std::string clock_text(StampTime now) {
  const std::int64_t millis = std::chrono::floor<Millis>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(millis / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(millis % 1000));
  return text;
}

std::string mode_text(Size size, FrameRate fps) {
  char text[48];
  std::snprintf(text, sizeof text, "%d*%d  %.4g FPS  UTC", size.width, size.height, fps.fps());
  return text;
}

Mask rounded_box(int width, int height, double radius) {
  Mask mask{width, height, Bytes(static_cast<std::size_t>(width) * height)};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double dx = std::max({radius - x - 0.5, x + 0.5 - (width - radius), 0.0});
      const double dy = std::max({radius - y - 0.5, y + 0.5 - (height - radius), 0.0});
      mask.alpha[static_cast<std::size_t>(y) * width + x] =
          static_cast<std::uint8_t>(255 * std::clamp(radius - std::hypot(dx, dy) + 0.5, 0.0, 1.0));
    }
  return mask;
}

}  // namespace

TestPicture::TestPicture(TestPattern pattern, Size size, FrameRate fps, const std::string& name)
    : size_(size),
      name_(name.substr(0, name_shown_max)),
      mode_(mode_text(size, fps)),
      camera_(stamp_camera_hash(name)),
      scene_(pattern == TestPattern::rover ? std::make_unique<Scene>(size) : nullptr),
      clock_face_(52 * unit_of(size), std::max(1.6, 7.5 * unit_of(size)), clock_signs),
      label_face_(20 * unit_of(size), std::max(1.2, 2.9 * unit_of(size))) {
  const double unit = unit_of(size);
  const auto px = [unit](double at720) { return static_cast<int>(std::lround(at720 * unit / 2)) * 2; };
  panel_.pad = px(24);
  const int inner = std::max({clock_face_.width("00:00:00.000"),
                              label_face_.width(name_) + label_face_.width(" 0000000"), label_face_.width(mode_)});
  panel_.x = px(32);
  panel_.width = (inner + 2 * panel_.pad) / 2 * 2;
  panel_.height = px(176);
  panel_.y = size.height - panel_.height - px(32);
  panel_.clock_y = panel_.y + px(62);
  panel_.small_y = panel_.y + px(136);
  panel_mask_ = rounded_box(panel_.width, panel_.height, 18 * unit);
}

void TestPicture::draw_scene(const Picture& picture, Nanos time) const {
  if (scene_) {
    scene_->draw(picture, time);
  } else {
    for (int y = 0; y < size_.height; ++y) std::memset(picture.y_row(y), 96, size_.width);
    for (int y = 0; y < size_.height / 2; ++y) {
      std::memset(picture.u_row(y), 128, size_.width / 2);
      std::memset(picture.v_row(y), 128, size_.width / 2);
    }
  }
  for (int y = 0; y < (stamp_rows(size_.width) + 1) / 2 && y < size_.height / 2; ++y) {
    std::memset(picture.u_row(y), 128, size_.width / 2);
    std::memset(picture.v_row(y), 128, size_.width / 2);
  }
  draw_panel(picture);
}

void TestPicture::draw_panel(const Picture& picture) const {
  if (panel_.x + panel_.width > size_.width || panel_.y < 0) return;  // a picture of a few pixels
  blend(picture, panel_.x, panel_.y, panel_mask_, panel_luma);
  for (int row = 0; row < panel_.height; row += 2) {  // chroma follows the round corners
    const std::uint8_t* alpha = &panel_mask_.alpha[static_cast<std::size_t>(row) * panel_mask_.width];
    const auto inset = std::find_if(alpha, alpha + panel_.width, [](std::uint8_t a) { return a > 127; }) - alpha;
    const int y = (panel_.y + row) / 2, from = (panel_.x + static_cast<int>(inset)) / 2,
              count = panel_.width / 2 - static_cast<int>(inset);
    std::memset(picture.u_row(y) + from, 132, count);
    std::memset(picture.v_row(y) + from, 124, count);
  }
  const int left = panel_.x + panel_.pad, label = static_cast<int>(24 * unit_of(size_));
  label_face_.draw(picture, left, panel_.y + label, name_, ink);
  label_face_.draw(picture, left, panel_.small_y, mode_, dim_ink);
}

void TestPicture::draw_time(const Picture& picture, std::uint32_t frame, StampTime now) const {
  if (panel_.x + panel_.width <= size_.width && panel_.y >= 0) {
    clock_face_.draw(picture, panel_.x + panel_.pad, panel_.clock_y, clock_text(now), ink);
    const std::string number = std::to_string(frame);
    label_face_.draw(picture, panel_.x + panel_.width - panel_.pad - label_face_.width(number),
                     panel_.y + static_cast<int>(24 * unit_of(size_)), number, dim_ink);
  }
  draw_stamp({frame, now, camera_}, picture.y, picture.y_stride, picture.size);
}

}  // namespace bigfoot::media
